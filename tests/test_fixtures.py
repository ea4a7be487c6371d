"""What each fixture promises, one parametrised test a promise: ids like ``slice_assign/decode``.

``pytest --update-fixtures`` rewrites the *after* files with what the fix makes of *before*.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from fixture_runs import convert, differences, differs, run_all
from fixture_support import (
    Fixture,
    FixtureFile,
    comments,
    describe,
    fixtures,
    of_kind,
    variants,
)

from trtlint import catalogue
from trtlint.errors import BackendMissing
from trtlint.findings import FileReport, VerdictKind
from trtlint.verdicts import Verdict, expand

EXECUTED_TARGETS = {
    "dynamo": "tensorrt-rtx-1.7",
    "torchscript": "tensorrt-rtx-1.7+torchscript",
}
ALL_TARGETS = {"onnx": ("tensorrt-rtx-1.7", "tensorrt-8.6"), "torch2trt": ("torch2trt-0.5",)}

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed: nothing can be run"
)


def each(*kinds: str) -> Callable[[Any], Any]:
    """Parametrise over the files of these kinds."""
    found = [f for f in fixtures() if any(kind in f.files for kind in kinds)]
    cases = [
        pytest.param(fixture.files[kind], id=f"{fixture.id}{'' if len(kinds) == 1 else '.' + kind}")
        for fixture in found
        for kind in kinds
        if kind in fixture.files
    ]
    return pytest.mark.parametrize("file", cases)


def pairs() -> Callable[[Any], Any]:
    """Parametrise over the fixtures with a *before*."""
    cases = [pytest.param(fixture, id=fixture.id) for fixture in of_kind("before")]
    return pytest.mark.parametrize("fixture", cases)


def both(fixture: Fixture) -> tuple[FixtureFile, FixtureFile]:
    """The *before* and the *after* of a fixture."""
    assert "after" in fixture.files, "no .after.py; `pytest --update-fixtures` writes it"
    return fixture.files["before"], fixture.files["after"]


def assert_flagged(file: FixtureFile, report: FileReport) -> None:
    """The findings are those that the markers promise."""
    assert not report.errors, report.errors
    found = sorted((f.span.line, f.rule) for f in report.findings)
    promised = sorted((e.line, e.rule) for e in file.expected)
    assert found == promised, describe(report.findings)


# -- 1: flagged on exactly the marked lines -----------------------------------------------------


@each("before", "kept")
def test_flagged(file: FixtureFile) -> None:
    assert file.expected, "no line carries a marker"
    assert_flagged(file, file.check())


@each("ok")
def test_silent(file: FixtureFile) -> None:
    assert not file.expected, "an ok file carries no markers"
    assert_flagged(file, file.check())


# -- 2 to 4: the text --------------------------------------------------------------------------


@pairs()
def test_fixed(fixture: Fixture, request: pytest.FixtureRequest) -> None:
    before = fixture.files["before"]
    report = before.fix()
    assert not report.errors, report.errors
    assert report.new_text is not None, describe(report.findings)
    after = before.path.with_name(f"{fixture.name}.after.py")
    if request.config.getoption("--update-fixtures"):
        after.write_text(report.new_text, encoding="utf-8")
    assert after.exists(), "no .after.py; `pytest --update-fixtures` writes it"
    assert report.new_text == after.read_text(encoding="utf-8")


@pairs()
def test_fix_is_settled(fixture: Fixture) -> None:
    _, after = both(fixture)
    assert after.text == after.raw, "an after file carries no markers"
    assert after.fix().new_text is None
    assert not after.check().findings, describe(after.check().findings)


@pairs()
def test_comments_stay(fixture: Fixture) -> None:
    before, after = both(fixture)
    kept = comments(after.text)
    for comment in comments(before.text):
        assert comment in kept
        kept.remove(comment)


# -- 5: the numbers ----------------------------------------------------------------------------


@needs_torch
@pairs()
def test_same_numbers(fixture: Fixture) -> None:
    before, after = both(fixture)
    runs = run_all(before), run_all(after)
    assert not differences(*runs, before.tolerance, inputs=before.compares_inputs)


@needs_torch
@pytest.mark.parametrize("route", ALL_TARGETS)
@each("before", "kept", "same", "ok", "todo")
def test_any_fix_keeps_numbers(file: FixtureFile, route: str) -> None:
    """Whatever all rules together make of a file, for either route: the model does the same."""
    settings = replace(file.settings, rules=catalogue.rule_names(), targets=ALL_TARGETS[route])
    report = file.fix(settings=settings)
    assert not report.errors, report.errors
    if report.new_text is not None:
        found = differences(
            run_all(file, file.text),
            run_all(file, report.new_text),
            max(file.tolerance, 0.0),
            inputs=file.compares_inputs,
        )
        assert not found, f"{found[:3]}\n{report.new_text}"


# -- 6: the real TensorRT ------------------------------------------------------------------------


def verdicts_of(file: FixtureFile, exporter: str) -> list[Verdict]:
    """The verdicts of TensorRT-RTX on the file's matches that are called executed."""
    rule = catalogue.rules()[file.rule]
    tables = [expand(rule.verdicts[variant]) for variant in variants(file)]
    found = [table.get(EXECUTED_TARGETS[exporter]) for table in tables]
    return [verdict for verdict in found if verdict is not None and verdict.executed]


def told(file: FixtureFile, exporter: str) -> tuple[set[VerdictKind], set[str]]:
    """What those verdicts say, and the layers that they name."""
    verdicts = verdicts_of(file, exporter)
    if not verdicts:
        pytest.skip("no verdict is called executed")
    kinds = {verdict.when(file.dynamic) for verdict in verdicts}
    layers = {layer for verdict in verdicts for layer in verdict.layers}
    return kinds, layers if VerdictKind.COSTLY in kinds else set()


def converted(file: FixtureFile, exporter: str) -> Any:
    """What TensorRT makes of the file, or a skip with the reason."""
    asked = file.directives.get("tensorrt", "")
    if asked.startswith("skip"):
        pytest.skip(asked)
    try:
        return convert(file, exporter)
    except BackendMissing as missing:
        pytest.skip(missing.message)


def assert_as_told(file: FixtureFile, exporter: str) -> None:
    """TensorRT does with the file what the verdicts say."""
    kinds, layers = told(file, exporter)
    found = converted(file, exporter)
    if VerdictKind.REJECTED in kinds:
        assert found.refused, f"converted: {found.kinds}"
        return
    assert not found.refused, found.refused
    for layer in layers:
        assert layer in found.kinds, found.kinds
    if VerdictKind.WRONG in kinds:
        assert differs(file, exporter), "the exported graph computes the same"


@needs_torch
@pytest.mark.parametrize("exporter", EXECUTED_TARGETS)
@pairs()
def test_tensorrt_agrees(fixture: Fixture, exporter: str) -> None:
    before, after = both(fixture)
    new = converted(after, exporter)
    assert not new.refused, new.refused
    assert_as_told(before, exporter)
    for layer in told(before, exporter)[1]:
        assert layer not in new.kinds, new.kinds


@needs_torch
@pytest.mark.parametrize("exporter", EXECUTED_TARGETS)
@pytest.mark.parametrize(
    "file",
    [
        pytest.param(fixture.files["kept"], id=fixture.id)
        for fixture in of_kind("kept")
        if fixture.files["kept"].directives.get("tensorrt") == "run"
    ],
)
def test_tensorrt_agrees_on_kept(file: FixtureFile, exporter: str) -> None:
    """A variant that is never rewritten has a *kept* file that says `# tensorrt: run`."""
    assert_as_told(file, exporter)


def test_executed_verdicts_are_executed() -> None:
    """Each variant whose verdict is called executed has a file that shows it to TensorRT."""
    asked = [
        file
        for fixture in fixtures()
        for file in fixture.files.values()
        if (file.kind == "before" and "tensorrt" not in file.directives)
        or (file.kind == "kept" and file.directives.get("tensorrt") == "run")
    ]
    shown = {(f.rule, variant) for f in asked for variant in variants(f)}
    shown_dynamic = {(f.rule, variant) for f in asked if f.dynamic for variant in variants(f)}
    missing = []
    for name, rule in catalogue.rules().items():
        for variant, table in rule.verdicts.items():
            found = expand(table)
            verdicts = [found[t] for t in EXECUTED_TARGETS.values() if t in found]
            if not any(verdict.executed for verdict in verdicts):
                continue
            if (name, variant) not in shown:
                missing.append(f"{name} ({variant})")
            dynamic = any(verdict.dynamic is not None for verdict in verdicts)
            if dynamic and (name, variant) not in shown_dynamic:
                missing.append(f"{name} ({variant}, dynamic batch)")
    assert not missing, f"called executed, but no file shows it: {', '.join(missing)}"


# -- 7: kept ------------------------------------------------------------------------------------


@each("kept")
def test_declined(file: FixtureFile) -> None:
    report = file.check()
    for expected in file.expected:
        reasons = [
            finding.declined
            for finding in report.findings
            if finding.span.line == expected.line and finding.rule == expected.rule
        ]
        assert reasons, f"line {expected.line} is not flagged"
        for reason in reasons:
            assert reason, f"line {expected.line} would be fixed"
            assert (expected.reason or "") in reason
    assert file.fix().new_text is None


@needs_torch
@each("kept", "ok")
def test_runs(file: FixtureFile) -> None:
    assert run_all(file)


# -- 9: known gaps ------------------------------------------------------------------------------


def todo_cases() -> Sequence[Any]:
    """Files of known gaps, each expected to fail for the reason it names."""
    return [
        pytest.param(
            fixture.files["todo"],
            id=fixture.id,
            marks=pytest.mark.xfail(
                strict=True, reason=fixture.files["todo"].directives.get("todo", "a known gap")
            ),
        )
        for fixture in of_kind("todo")
    ]


@pytest.mark.parametrize("file", todo_cases())
def test_known_gap(file: FixtureFile) -> None:
    """What is wanted: exactly the marked lines are flagged, and the fix repairs them all."""
    assert_flagged(file, file.check())
    assert not file.expected or not [f for f in file.fix().findings if not f.fixed]


# -- the folder itself --------------------------------------------------------------------------


def test_every_file_belongs() -> None:
    for fixture in fixtures():
        assert fixture.rule in catalogue.rule_names(), f"no rule of the name {fixture.rule}"
        if "after" in fixture.files:
            assert "before" in fixture.files, f"{fixture.id}.after.py has no before"
        if "todo" in fixture.files:
            assert "todo" in fixture.files["todo"].directives, f"{fixture.id}: no `# todo:` reason"
