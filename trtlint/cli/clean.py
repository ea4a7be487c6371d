"""``trtlint clean``: the cache."""

from __future__ import annotations

from pathlib import Path

import click

from trtlint.cli.options import cache_dir_option, color_option


@click.command()
@cache_dir_option
@color_option
def clean(cache_dir: Path | None, color: str) -> int:
    """Remove the results that are kept on disk.

    They are those of the project that the current folder is in, unless --cache-dir names a cache.
    """
    from trtlint.cli.output import echo, style_for
    from trtlint.reporters.style import shown
    from trtlint.session import clean as remove

    folder, removed = remove(cache_dir)
    style = style_for(color)
    echo(f"{'Removed' if removed else 'There is no'} {shown(folder)}\n", style)
    return 0
