"""Writes docs/rules/ from the rules themselves: run ``./scripts/docs`` after changing one.

The examples are fixtures of the tests; they are written to ``trtlint/examples.json`` as well, from
where ``trtlint rule NAME`` has them. ``tests/test_docs.py`` holds what is committed to what this
writes.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trtlint import catalogue
from trtlint.catalogue import RuleInfo
from trtlint.pages import kinds, page, table
from trtlint.targets import TYPICAL_TARGETS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "rules"
EXAMPLES = ROOT / "trtlint" / "examples.json"
FIXTURES = ROOT / "tests" / "fixtures"

NOTE = "<!-- Written by scripts/docs from the rule's own file; change that instead. -->"
# The fixture that shows a rule best, where that is not the first one.
SHOWN = {"free-function": "haar", "slice-assign": "interleave", "tensor-creation": "device"}


def examples() -> Mapping[str, str]:
    """An example of every rule, by name."""
    return {name: _example(name) for name in catalogue.rule_names()}


def pages() -> Mapping[str, str]:
    """File name -> text, for every page there should be."""
    shown = examples()
    infos = [
        replace(catalogue.find_rule(name), example=shown[name]) for name in catalogue.rule_names()
    ]
    return {"index.md": index(infos), **{f"{info.name}.md": _noted(info) for info in infos}}


def index(infos: Sequence[RuleInfo]) -> str:
    """The list of rules, with what each target does with their pattern."""
    rows = []
    for info in infos:
        safety = ", ".join(dict.fromkeys(rewrite.safety for rewrite in info.rewrites)) or "no"
        summary = info.summary.removesuffix(".")
        link = f"[`{info.name}`]({info.name}.md)"
        cells = [kinds(info, target) for target in TYPICAL_TARGETS]
        rows.append((link, info.family, summary, safety, *cells))
    parts = [
        "# Rules",
        NOTE,
        table(("rule", "family", "", "fix", *TYPICAL_TARGETS), rows),
        "Where patterns of one rule fare differently, the worst comes first; the rule's page has "
        "each of them.\nA verdict is `rejected` (the conversion fails), `wrong` (it converts, and "
        "the numbers differ), `costly`\n(it converts, at a price), `fine` or `unknown`.",
    ]
    return "\n\n".join(parts) + "\n"


def _noted(info: RuleInfo) -> str:
    head, _, rest = page(info).partition("\n\n")
    return f"{head}\n\n{NOTE}\n\n{rest}\n[All rules](index.md)\n"


def _example(rule: str) -> str:
    """What the fix does with one fixture, as a diff; without a fix, what the rule points at."""
    folder = FIXTURES / rule.replace("-", "_")
    names = sorted(path.name.split(".")[0] for path in folder.glob("*.before.py"))
    names = [name for name in names if (folder / f"{name}.after.py").exists()]
    if not names:
        return _pointed(folder)
    name = SHOWN.get(rule, names[0])
    before, after = (folder / f"{name}.{kind}.py" for kind in ("before", "after"))
    lines = difflib.unified_diff(
        _lines(before), _lines(after), "before.py", "after.py", n=4, lineterm=""
    )
    on_request = any(rewrite.on_request for rewrite in catalogue.rewrites().get(rule, ()))
    command = f"trtlint fix --rule {rule}" if on_request else "trtlint fix"
    shown = "\n".join(lines)
    return f"What `{command}` makes of a model:\n\n```diff\n{shown}\n```"


def _pointed(folder: Path) -> str:
    """The classes of a fixture that is kept as it is, with a mark at what is found."""
    kept = sorted(folder.glob("*.kept.py"))
    if not kept:
        return ""
    text = re.sub(r"[ \t]*# expect: .*", "  # found here", kept[0].read_text(encoding="utf-8"))
    parts = re.findall(r"(?ms)^(?:@|class |def ).*?(?=^(?![ \t\n)\]]|class |def )|\Z)", text)
    shown = "\n\n".join(part.strip("\n") for part in parts)
    return f"```python\n{shown}\n```"


def _lines(path: Path) -> list[str]:
    """A fixture's lines without their ends, and without what only the tests read."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\A(?:#.*\n)+", "", text)
    return re.sub(r"(?m)[ \t]*# expect: .*$", "", text).splitlines()


def main() -> int:
    """Write every page, and remove pages of rules that are gone."""
    EXAMPLES.write_text(json.dumps(examples(), indent=1) + "\n", encoding="utf-8", newline="\n")
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
