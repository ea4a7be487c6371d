"""A stand-in for engine and catalogue: findings by words in the source, so that tests of the
rooms around them say exactly what they mean.

    BAD     slice-assign, an error with a safe fix: GOOD
    ODD     dtype-cast, a warning with an unsafe fix: EVEN
    SLOW    baked-batch, advice, for which the rewrite declines
    CRASH   the engine dies
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trtlint.catalogue import RewriteRow, RuleInfo, VerdictRow
from trtlint.errors import UnparsableSource
from trtlint.findings import (
    Edit,
    FileReport,
    Finding,
    Fix,
    Safety,
    Severity,
    Span,
    VerdictKind,
)
from trtlint.source import Source, split_lines
from trtlint.suppression import Suppressions

FAMILIES = {"assign": ("slice-assign",), "cast": ("dtype-cast",), "batch": ("baked-batch",)}
RULES = tuple(name for names in FAMILIES.values() for name in names)
MINDS = {
    "tensorrt-rtx-1.7": VerdictKind.COSTLY,
    "tensorrt-11.4": VerdictKind.FINE,
    "torch2trt-0.5": VerdictKind.WRONG,
}


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    rules: tuple[str, ...]
    targets: tuple[str, ...]
    root: Path
    dynamic_batch: bool = False
    unsafe: bool = False
    with_edits: bool = False
    asked: frozenset[str] | None = None
    withheld: frozenset[tuple[Path, str]] = frozenset()


class Fake:
    """Records how it was called."""

    def __init__(self) -> None:
        self.settings: EngineSettings | None = None
        self.selected: list[Path] = []
        self.context: list[Path] = []
        self.calls = 0

    def check(
        self,
        selected: Sequence[Source],
        context: Sequence[Source],
        settings: EngineSettings,
        memory: object = None,
        jobs: int = 1,
        begun: object = None,
    ) -> Iterator[FileReport]:
        self._record(selected, context, settings)
        for source in selected:
            yield self._report(source, settings)

    def fix(
        self,
        selected: Sequence[Source],
        context: Sequence[Source],
        settings: EngineSettings,
        memory: object = None,
        jobs: int = 1,
        begun: object = None,
    ) -> Iterator[FileReport]:
        self._record(selected, context, settings)
        for source in selected:
            report = self._report(source, settings)
            findings, text = [], source.text
            for finding in report.findings:
                fix = finding.fix
                held = (source.path, finding.rule) in settings.withheld
                if fix is None or held or (fix.safety is Safety.UNSAFE and not settings.unsafe):
                    findings.append(finding)
                else:
                    text = text.replace("BAD" if finding.rule == RULES[0] else "ODD", fix.title)
                    findings.append(finding.with_fixed())
            new = text if text != source.text else None
            yield FileReport(
                source.path, tuple(findings), report.errors, 1, source.text if new else None, new
            )

    def _record(self, selected: Any, context: Any, settings: EngineSettings) -> None:
        self.calls += 1
        self.settings = settings
        self.selected = [source.path for source in selected]
        self.context = [source.path for source in context]

    def _report(self, source: Source, settings: EngineSettings) -> FileReport:
        if "CRASH" in source.text:
            raise RuntimeError("boom")
        try:
            ast.parse(source.text)
        except SyntaxError as error:
            at = {"line": error.lineno or 0, "column": error.offset or 0}
            broken = UnparsableSource(error.msg, path=source.path, hint="repair it", **at)
            return FileReport(source.path, errors=(broken,))
        suppressions = Suppressions.parse(source.text)
        found = []
        for number, line in enumerate(split_lines(source.text), 1):
            for word, rule in zip(("BAD", "ODD", "SLOW"), RULES, strict=True):
                at_column = line.find(word)
                if at_column < 0 or rule not in settings.rules:
                    continue
                if not suppressions.covers(rule, number, number):
                    span = Span(number, at_column + 1, number, at_column + 1 + len(word))
                    found.append(finding(source.path, rule, span, edits=settings.with_edits))
        return FileReport(source.path, tuple(found), traced_functions=1)


def finding(
    path: Path, rule: str = "slice-assign", span: Span | None = None, **more: Any
) -> Finding:
    """A finding as the fake engine makes it."""
    span = span or Span(1, 1, 1, 4)
    edits = more.pop("edits", False)
    fixes = {"slice-assign": (Safety.SAFE, "GOOD"), "dtype-cast": (Safety.UNSAFE, "EVEN")}
    fix = None
    if rule in fixes:
        safety, text = fixes[rule]
        fix = Fix(safety, text, (Edit(span, text),) if edits else ())
    severities = dict(zip(RULES, Severity, strict=True))
    family = next(name for name, rules in FAMILIES.items() if rule in rules)
    values: dict[str, Any] = {
        "severity": severities[rule],
        "symbol": "Net.forward",
        "message": f"{rule} is minded",
        "hint": "write it otherwise",
        "verdicts": MINDS,
        "fix": fix,
        "declined": None if fix else "the shape is unknown",
    }
    return Finding(rule=rule, family=family, path=path, span=span, **{**values, **more})


def find_rule(name: str) -> RuleInfo:
    """What the catalogue says of a rule."""
    like = finding(Path("x.py"), name)
    rows = [VerdictRow("strided", t, kind, "measured | 2") for t, kind in MINDS.items()]
    if name == "baked-batch":
        rows.append(VerdictRow("view", "tensorrt-8.6", VerdictKind.FINE, "", VerdictKind.REJECTED))
        rows.append(VerdictRow("view", "torch2trt-0.5", VerdictKind.FINE, ""))
    rewrites: tuple[RewriteRow, ...] = ()
    if like.fix is not None:
        row = RewriteRow("SayGood", like.fix.safety.value, ("torch2trt",), "Say it well.")
        rewrites = (row,)
    doc = f"Flag {name}.\n\n**Why it matters**: it is slow [always]."
    return RuleInfo(name, like.family, f"Flag {name}.", doc, tuple(rows), rewrites)


def install(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put the stand-ins where engine and catalogue are imported from."""
    fake = Fake()
    engine, catalogue = ModuleType("trtlint.engine"), ModuleType("trtlint.catalogue")
    vars(engine).update(EngineSettings=EngineSettings, check=fake.check, fix=fake.fix)
    vars(catalogue).update(
        VerdictRow=VerdictRow,
        rule_names=lambda: RULES,
        families=lambda: FAMILIES,
        find_rule=find_rule,
        RuleInfo=RuleInfo,
    )
    monkeypatch.setitem(sys.modules, "trtlint.engine", engine)
    monkeypatch.setitem(sys.modules, "trtlint.catalogue", catalogue)
    return fake


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files with exactly this text; folders come into being."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder
