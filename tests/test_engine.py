"""The core: what a broken rule or rewrite costs, what settles, what is said of suppressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import libcst as cst
import pytest

from trtlint import catalogue, engine
from trtlint.api import Change, Decline, Match, Rewrite, Rule, Safety, Swap, TracedCode
from trtlint.engine import EngineSettings
from trtlint.errors import BrokenRewrite, RuleCrashed, UnparsableSource, UnstableRewrite
from trtlint.findings import Edit, FileReport, Severity
from trtlint.rules.slice_assign import SliceAssign
from trtlint.source import Source

MODEL = """import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        z = self.conv(x)
        y = z.relu()
        y[:, :2] = z[:, 2:]
        return y
"""
SETTINGS = EngineSettings(catalogue.rule_names(), ("tensorrt-rtx-1.7", "tensorrt-11.4"))


def source(text: str, path: str = "net.py") -> Source:
    return Source(Path(path), text)


def checked(text: str, settings: EngineSettings = SETTINGS) -> FileReport:
    (report,) = engine.check([source(text)], [], settings)
    return report


def fixed(text: str, settings: EngineSettings = SETTINGS) -> FileReport:
    (report,) = engine.fix([source(text)], [], settings)
    return report


def test_check_and_fix() -> None:
    found = checked(MODEL)
    assert [(f.rule, f.span.line, f.severity) for f in found.findings] == [
        ("slice-assign", 13, Severity.WARNING)
    ]
    report = fixed(MODEL)
    assert report.new_text is not None
    assert "y = torch.cat((z[:, 2:], y[:, 2:]), dim=1)" in report.new_text
    assert [f.fixed for f in report.findings] == [True]
    again = fixed(report.new_text)
    assert (again.new_text, again.findings) == (None, ())


def test_a_package_from_inside() -> None:
    files = [source("", "__init__.py"), source(MODEL, "net.py")]
    reports = list(engine.check(files, [], SETTINGS))
    assert [len(report.findings) for report in reports] == [0, 1]


def test_a_file_that_does_not_parse_does_not_hide_the_others() -> None:
    files = [source("def f(:\n", "broken.py"), source(MODEL, "net.py")]
    broken, good = engine.fix(files, [], SETTINGS)
    assert [type(error) for error in broken.errors] == [UnparsableSource]
    assert broken.new_text is None
    assert good.new_text is not None


def test_suppressed_findings_are_not_fixed() -> None:
    text = MODEL.replace("z[:, 2:]", "z[:, 2:]  # trtlint: ignore[slice-assign] measured, cheap")
    assert fixed(text).findings == ()
    assert fixed(text).new_text is None


def test_a_suppression_of_nothing_is_a_finding() -> None:
    text = MODEL.replace("return y", "return y  # trtlint: ignore[dtype-cast]")
    (unused,) = [f for f in checked(text).findings if f.rule == "unused-ignore"]
    assert (unused.span.line, unused.severity) == (14, Severity.ADVICE)
    narrow = replace(SETTINGS, rules=("slice-assign",))
    assert [f.rule for f in checked(text, narrow).findings] == ["slice-assign"]


def test_edits_are_the_fix() -> None:
    (finding,) = checked(MODEL, replace(SETTINGS, with_edits=True)).findings
    assert finding.fix is not None
    assert applied(MODEL, finding.fix.edits) == fixed(MODEL).new_text


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        assert (edit.span.column, edit.span.end_column) == (1, 1)
        lines[edit.span.line - 1 : edit.span.end_line - 1] = [edit.text]
    return "".join(lines)


class Odd(Rule[Match]):
    """A rule for these tests: it flags every ``return``."""

    name = "odd-return"
    family = "test"
    message = "odd"
    hint = "none"
    verdicts = SliceAssign.verdicts

    def check(self, code: TracedCode) -> Iterator[Match]:
        for node in code.walk(cst.Return):
            assert node.value is not None
            yield Match(node.value)


class Again(Rewrite[Match]):
    """Never settles."""

    rule = Odd
    title = "again"
    safety = Safety.SAFE
    text = "({})"

    def rewrite(self, found: Match, code: TracedCode) -> Change | Decline:
        old = code.source(found.node)
        return Change((Swap(code.code, found.node, self.text.format(old), bare=True),))


class Garbled(Again):
    """Writes what does not parse."""

    text = "{} +"


class Careful(Again):
    """Has to be asked for."""

    safety = Safety.UNSAFE
    text = "torch.relu({})"


def use(monkeypatch: pytest.MonkeyPatch, rule: Rule[Match], rewrite: Rewrite[Match]) -> None:
    monkeypatch.setattr(catalogue, "rules", lambda: {rule.name: rule})
    monkeypatch.setattr(catalogue, "rewrites", lambda: {rule.name: (rewrite,)})


ODD = EngineSettings(("odd-return",), ("tensorrt-rtx-1.7", "tensorrt-11.4"))


@pytest.mark.parametrize(
    ("rewrite", "error"), [(Again(), UnstableRewrite), (Garbled(), BrokenRewrite)]
)
def test_bad_rewrites_leave_the_file_alone_and_are_named(
    monkeypatch: pytest.MonkeyPatch, rewrite: Rewrite[Match], error: type[Exception]
) -> None:
    use(monkeypatch, Odd(), rewrite)
    report = fixed(MODEL, ODD)
    assert report.new_text is None
    (found,) = report.errors
    assert type(found) is error
    assert type(rewrite).__name__ in str(found)
    assert not any(finding.fixed for finding in report.findings)


def test_unsafe_rewrites_have_to_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Odd(), Careful())
    report = fixed(MODEL, ODD)
    assert report.new_text is None
    assert report.findings[0].fix is not None
    assert report.findings[0].fix.safety is Safety.UNSAFE


def test_a_crashing_rule_is_named_and_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(Odd):
        def check(self, code: TracedCode) -> Iterator[Match]:
            raise KeyError("lost")

    both = {"odd-return": Crash(), "slice-assign": SliceAssign()}
    monkeypatch.setattr(catalogue, "rules", lambda: both)
    report = checked(MODEL, replace(ODD, rules=tuple(both)))
    assert [finding.rule for finding in report.findings] == ["slice-assign"]
    (error,) = report.errors
    assert isinstance(error, RuleCrashed)
    assert "odd-return" in str(error)


def test_moves_of_code_wait_for_a_target_or_for_the_user() -> None:
    text = MODEL.replace("class Net", "def twice(x):\n    return x.relu() * 2\n\n\nclass Net")
    text = text.replace("return y", "return twice(y)")
    quiet = replace(SETTINGS, rules=("free-function",), asked=frozenset())
    (finding,) = fixed(text, quiet).findings
    assert "--rule free-function" in str(finding.declined)
    minded = replace(quiet, targets=("torch2trt-0.1",))
    for settings in (minded, replace(quiet, asked=frozenset({"free-function"}))):
        assert "    @staticmethod\n    def twice" in str(fixed(text, settings).new_text)
