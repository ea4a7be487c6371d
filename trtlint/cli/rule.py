"""``trtlint rule NAME`` explains one rule; ``trtlint rules`` lists them all."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import click

from trtlint.cli.options import color_option

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from trtlint.catalogue import RuleInfo

PAGE, TABLE = 100, 1000  # columns of prose, and of a table, where there is no terminal
_KIND_STYLES = {
    "rejected": "bold red",
    "wrong": "bold red",
    "costly": "yellow",
    "fine": "green",
    "unknown": "dim",
}


@click.command()
@click.argument("name")
@color_option
def rule(name: str, color: str) -> None:
    """Explain one rule.

    Why it matters, what each target does with its pattern and how that is known, and what its
    rewrites write instead.
    """
    from rich.markdown import Markdown

    from trtlint.catalogue import families, find_rule, rule_names
    from trtlint.errors import UsageError
    from trtlint.pages import page

    known = rule_names()
    if name in families() and name not in known:
        raise UsageError(f"{name!r} is a family", f"its rules: {', '.join(families()[name])}")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"unknown rule {name!r}", f"{guess}`trtlint rules` lists them")
    text = page(find_rule(name))
    console = _console(color)
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        console.print(text.rstrip(), markup=False, highlight=False, soft_wrap=True)


@click.command()
@color_option
def rules(color: str) -> None:
    """List the rules and what each target does with their pattern.

    Fixable: safe with `trtlint fix`, unsafe with `trtlint fix --unsafe`; manual is only shown.
    """
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    from trtlint.catalogue import find_rule, rule_names
    from trtlint.targets import TYPICAL_TARGETS

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("rule", "family", "fixable", *TYPICAL_TARGETS):
        table.add_column(title, no_wrap=True)
    blocks = []
    for name in rule_names():
        info = find_rule(name)
        fixable = ", ".join(dict.fromkeys(rewrite.safety for rewrite in info.rewrites)) or "no"
        cells = [_kinds(info, target) for target in TYPICAL_TARGETS]
        table.add_row(name, info.family, fixable, *cells)
        block = Text().append(name, "bold").append(f"  {info.family}, fixable: {fixable}")
        for target, cell in zip(TYPICAL_TARGETS, cells, strict=True):
            block.append(f"\n  {target}  ").append(cell)
        blocks.append(block)
    console = _console(color, wide=True)
    free = console.options.update(max_width=TABLE)
    if Measurement.get(console, free, table).maximum <= console.width:
        console.print(table)
    else:
        console.print(*blocks, sep="\n\n")


def _kinds(info: RuleInfo, target: str) -> Text:
    """What a target does with the pattern; with several variants of it, the worst first."""
    from rich.text import Text

    found = {kind.value for kind in info.kinds(target)} or {"unknown"}
    cell = Text()
    for kind, style in _KIND_STYLES.items():
        if kind in found:
            cell.append("/" if cell.plain else "").append(kind, style=style)
    return cell


def _console(color: str, *, wide: bool = False) -> Console:
    from rich.console import Console

    from trtlint.cli.output import style_for

    colors = style_for(color).colors
    terminal = sys.stdout.isatty()
    width = None if terminal else (TABLE if wide else PAGE)
    return Console(
        file=sys.stdout, force_terminal=colors or terminal, no_color=not colors, width=width
    )
