"""The page of a rule in Markdown: what ``trtlint rule NAME`` prints and docs/rules/ holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trtlint.catalogue import RuleInfo, VerdictRow
from trtlint.targets import TYPICAL_TARGETS

WORST_FIRST = ("rejected", "wrong", "costly", "fine", "unknown")
_MANY = 12  # variants from which on each is one line
_GITHUB = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>\d+)")


def page(info: RuleInfo) -> str:
    """The whole page."""
    parts = [
        f"# {info.name}",
        f"Family: `{info.family}`",
        # a blank line after each heading, as Markdown has it
        re.sub(r"(?m)^(##.*)\n(?=\S)", r"\1\n\n", info.doc.strip()),
        "## What each target does with it",
        *_verdicts(info),
        "## Rewrites",
        _rewrites(info),
    ]
    if info.why_not:
        left = [f"- {what}: {reason}." for what, reason in info.why_not.items()]
        parts += ["No rewrite is there for:", "\n".join(left)]
    if info.example:
        parts += ["## Example", info.example]
    if info.references:
        parts += ["## References", "\n".join(f"- {_link(one)}" for one in info.references)]
    return "\n\n".join(parts) + "\n"


def kinds(info: RuleInfo, target: str) -> str:
    """What a target does with the rule's patterns, the worst first."""
    found = {kind.value for kind in info.kinds(target)} or {"unknown"}
    return ", ".join(kind for kind in WORST_FIRST if kind in found)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [list(titles), ["---"] * len(titles)]
    lines += [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _verdicts(info: RuleInfo) -> list[str]:
    variants = list(dict.fromkeys(row.variant for row in info.verdicts))
    if len(variants) > _MANY:
        return [_overview(info, variants)]
    parts = []
    for variant in variants:
        rows = [row for row in info.verdicts if row.variant == variant]
        if len(variants) > 1:
            parts.append(f"### {variant}")
        parts.append(_rows(rows))
    return parts


def _rows(rows: Sequence[VerdictRow]) -> str:
    titles = ["target", "verdict", "with a dynamic batch", "how it is known"]
    cells = [
        [
            f"`{row.target}`",
            row.kind.value,
            row.dynamic.value if row.dynamic is not None else "the same",
            row.evidence,
        ]
        for row in rows
    ]
    if not any(row.dynamic is not None for row in rows):
        titles.pop(2)
        for line in cells:
            line.pop(2)
    return table(titles, cells)


def _overview(info: RuleInfo, variants: Sequence[str]) -> str:
    """One line a variant."""
    lines = []
    for variant in variants:
        one = info.only(variant)
        cells = [kinds(one, target) for target in TYPICAL_TARGETS]
        lines.append([f"`{variant}`", *cells, one.verdicts[0].evidence])
    return table(["pattern", *TYPICAL_TARGETS, "how it is known"], lines)


def _rewrites(info: RuleInfo) -> str:
    lines = []
    for row in info.rewrites:
        routes = f", for {' and '.join(row.routes)}" if row.routes else ""
        asked = "; only where a selected target minds, or with `--rule`" if row.on_request else ""
        lines.append(f"- **{row.title or row.name}** ({row.safety}{routes}{asked}). {row.summary}")
    return "\n".join(lines) or "None: this one is for you to change."


def _link(reference: str) -> str:
    """A GitHub thread as a link; anything else as it is."""
    return _GITHUB.sub(r"[\g<0>](https://github.com/\g<repository>/issues/\g<number>)", reference)
