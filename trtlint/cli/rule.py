"""``trtlint rule NAME`` explains one rule; ``trtlint rules`` lists them all."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import click

from trtlint.cli.options import color_option

if TYPE_CHECKING:
    from rich.console import Console

    from trtlint.catalogue import RuleInfo

PAGE = 100  # columns of a page of prose, and of a table where there is no terminal
_KIND_STYLES = {"rejected": "bold red", "wrong": "bold red", "costly": "yellow", "fine": "green"}


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

    known = rule_names()
    if name in families() and name not in known:
        raise UsageError(f"{name!r} is a family", f"its rules: {', '.join(families()[name])}")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"unknown rule {name!r}", f"{guess}`trtlint rules` lists them")
    page = _markdown(find_rule(name))
    console = _console(color)
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        console.print(page, markup=False, highlight=False, soft_wrap=True)


@click.command()
@color_option
def rules(color: str) -> None:
    """List the rules and what each target does with their pattern.

    Fixable: safe with `trtlint fix`, unsafe with `trtlint fix --unsafe`; manual is only shown.
    """
    from rich.table import Table

    from trtlint.catalogue import find_rule, rule_names
    from trtlint.targets import target_names

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("rule", "family", "fixable", *target_names()):
        table.add_column(title, no_wrap=True)
    for name in rule_names():
        info = find_rule(name)
        kinds = {row.target: row.kind.value for row in info.verdicts}
        safeties = sorted({rewrite.safety.value for rewrite in info.rewrites})
        cells = [kinds.get(target, "unknown") for target in target_names()]
        styled = [f"[{_KIND_STYLES.get(kind, 'dim')}]{kind}[/]" for kind in cells]
        table.add_row(name, info.family, ", ".join(safeties) or "no", *styled)
    _console(color, wide=True).print(table)


def _markdown(info: RuleInfo) -> str:
    """The page of a rule."""
    parts = [f"# {info.name}", f"Family: {info.family}", info.doc.strip(), "## Targets"]
    rows = ["| target | verdict | how it is known |", "| --- | --- | --- |"]
    rows += [f"| {row.target} | {row.kind.value} | {row.evidence} |" for row in info.verdicts]
    parts += ["\n".join(rows), "## Rewrites"]
    rewrites = [
        f"- **{rewrite.name}** ({rewrite.safety.value}"
        + (f", for {', '.join(rewrite.targets)}" if rewrite.targets else "")
        + f"): {rewrite.summary}"
        for rewrite in info.rewrites
    ]
    parts.append("\n".join(rewrites) or "None: this one is for you to change.")
    return "\n\n".join(parts)


def _console(color: str, *, wide: bool = False) -> Console:
    from rich.console import Console

    from trtlint.cli.output import style_for

    colors = style_for(color).colors
    terminal = sys.stdout.isatty()
    width = None if terminal else PAGE
    if wide:
        width = max(160, Console().width) if not terminal else None
    console = Console(
        file=sys.stdout, force_terminal=colors or terminal, no_color=not colors, width=width
    )
    return console
