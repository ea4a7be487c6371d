"""``trtlint targets``: what models can be converted with."""

from __future__ import annotations

import click

from trtlint.cli.options import color_option


@click.command()
@color_option
def targets(color: str) -> None:
    """List the conversion routes and versions known.

    A star marks those that count where neither --target nor the settings name one.
    """
    from trtlint.cli.output import echo, style_for
    from trtlint.targets import DEFAULT_TARGETS, TARGETS

    style = style_for(color)
    longest = max(len(target.name) for target in TARGETS)
    for target in TARGETS:
        mark = "*" if target.name in DEFAULT_TARGETS else " "
        name = style("strong", target.name.ljust(longest))
        echo(f"{mark} {name}  {target.summary}\n", style)
    echo("\n* selected by default\n", style)
