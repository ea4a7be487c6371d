"""Writes docs/rules/ from the rules themselves: run ``./scripts/docs`` after changing one.

``tests/test_docs.py`` holds the committed pages to what this writes.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from trtlint import catalogue
from trtlint.catalogue import RuleInfo
from trtlint.targets import TYPICAL_TARGETS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "rules"
FIXTURES = ROOT / "tests" / "fixtures"

NOTE = "<!-- Written by scripts/docs from the rule's own file; change that instead. -->"
WORST_FIRST = ("rejected", "wrong", "costly", "fine", "unknown")
# The fixture that shows a rule best, where that is not the first one.
SHOWN = {"free-function": "haar", "slice-assign": "interleave", "tensor-creation": "device"}


def pages() -> Mapping[str, str]:
    """File name -> text, for every page there should be."""
    infos = [catalogue.find_rule(name) for name in catalogue.rule_names()]
    return {"index.md": index(infos), **{f"{info.name}.md": page(info) for info in infos}}


def index(infos: Sequence[RuleInfo]) -> str:
    """The list of rules, with what each target does with their pattern."""
    rows = []
    for info in infos:
        safety = ", ".join(dict.fromkeys(rewrite.safety for rewrite in info.rewrites)) or "no"
        summary = info.summary.removesuffix(".")
        link = f"[`{info.name}`]({info.name}.md)"
        kinds = [_kinds(info, target) for target in TYPICAL_TARGETS]
        rows.append((link, summary, safety, *kinds))
    parts = [
        "# Rules",
        NOTE,
        _table(("rule", "", "fix", *TYPICAL_TARGETS), rows),
        "Where patterns of one rule fare differently, the worst comes first; the rule's page has "
        "each of them.\nA verdict is `rejected` (the conversion fails), `wrong` (it converts, and "
        "the numbers differ), `costly`\n(it converts, at a price), `fine` or `unknown`.",
    ]
    return "\n\n".join(parts) + "\n"


def page(info: RuleInfo) -> str:
    """The page of one rule."""
    parts = [
        f"# {info.name}",
        NOTE,
        # a blank line after each heading, as Markdown has it
        re.sub(r"(?m)^(##.*)\n(?=\S)", r"\1\n\n", info.doc.strip()),
        "## What each target does with it",
        *_verdicts(info),
        "## Rewrites",
        _rewrites(info),
        *_example(info.name),
        "[All rules](index.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _kinds(info: RuleInfo, target: str) -> str:
    found = {kind.value for kind in info.kinds(target)} or {"unknown"}
    return ", ".join(kind for kind in WORST_FIRST if kind in found)


def _verdicts(info: RuleInfo) -> list[str]:
    variants = list(dict.fromkeys(row.variant for row in info.verdicts))
    parts = []
    for variant in variants:
        rows = [row for row in info.verdicts if row.variant == variant]
        dynamic = any(row.dynamic is not None for row in rows)
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
        if not dynamic:
            titles.pop(2)
            for line in cells:
                line.pop(2)
        if len(variants) > 1:
            parts.append(f"### {variant}")
        parts.append(_table(titles, cells))
    return parts


def _rewrites(info: RuleInfo) -> str:
    lines = []
    for rewrite, row in zip(catalogue.rewrites().get(info.name, ()), info.rewrites, strict=True):
        routes = f", for {' and '.join(row.routes)}" if row.routes else ""
        asked = "; only where a selected target minds, or with `--rule`"
        notes = f"{row.safety}{routes}{asked if rewrite.on_request else ''}"
        lines.append(f"- **{rewrite.title}** ({notes}). {row.summary}")
    return "\n".join(lines) or "None: this one is for you to change."


def _example(rule: str) -> list[str]:
    """What the fix does with one fixture, as a diff."""
    folder = FIXTURES / rule.replace("-", "_")
    names = sorted(path.name.split(".")[0] for path in folder.glob("*.before.py"))
    names = [name for name in names if (folder / f"{name}.after.py").exists()]
    if not names:
        return []
    name = SHOWN.get(rule, names[0])
    before, after = (folder / f"{name}.{kind}.py" for kind in ("before", "after"))
    lines = difflib.unified_diff(
        _lines(before), _lines(after), "before.py", "after.py", n=4, lineterm=""
    )
    on_request = any(rewrite.on_request for rewrite in catalogue.rewrites().get(rule, ()))
    command = f"trtlint fix --rule {rule}" if on_request else "trtlint fix"
    link = f"../../{before.relative_to(ROOT).as_posix()}"
    return [
        "## Example",
        f"What `{command}` makes of [a model of the tests]({link}):",
        "```diff\n" + "\n".join(lines) + "\n```",
    ]


def _lines(path: Path) -> list[str]:
    """A fixture's lines without their ends, and without what only the tests read."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\A(?:#.*\n)+", "", text)
    return re.sub(r"(?m)[ \t]*# expect: .*$", "", text).splitlines()


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(titles), ["---"] * len(titles)]
    lines += [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Write every page, and remove pages of rules that are gone."""
    wanted = pages()
    PAGES.mkdir(exist_ok=True)
    for path in sorted(PAGES.glob("*.md")):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {len(wanted)} pages to {PAGES.relative_to(ROOT).as_posix()}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
