"""Reports for people, machines and patch."""

from __future__ import annotations

import json as stdlib_json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import finding

from trtlint.errors import ConfigError, RuleCrashed, UnparsableSource, UsageError
from trtlint.findings import FileReport, Finding, Fix, Safety, Span
from trtlint.report import Action, Report
from trtlint.reporters import diff, json, text
from trtlint.reporters.style import Style, clip, printable, width
from trtlint.source import Source

NET = Path("models/net.py")


def report(code: str, *found: Finding, **more: Any) -> Report:
    values: dict[str, Any] = {"action": Action.CHECK, "targets": ("tensorrt-rtx-1.7",)}
    file = FileReport(NET, found, traced_functions=2)
    return Report(**{**values, "files": (file,), "sources": {NET: Source(NET, code)}, **more})


def at(line: int, column: int, end: int, end_line: int = 0, **more: Any) -> Finding:
    return finding(NET, span=Span(line, column, end_line or line, end), **more)


def excerpt(code: str, found: Finding) -> list[str]:
    return text.render(report(code, found)).split("\n")[2:4]


def test_full_text() -> None:
    code = "def f(h, y):\n    h[:, 0] = y\n    z = 1\n"
    declined = at(3, 9, 10, rule="baked-batch")
    assert text.render(report(code, at(2, 5, 12), declined)) == (
        "models/net.py:2:5: error[slice-assign] slice-assign is minded\n"
        "  |\n"
        "2 |     h[:, 0] = y\n"
        "  |     ^^^^^^^\n"
        "  = targets: tensorrt-rtx-1.7 costly\n"
        "  = not selected: torch2trt-0.5 wrong\n"
        "  = hint: write it otherwise\n"
        "  = fix: safe, `trtlint fix`: GOOD\n"
        "\n"
        "models/net.py:3:9: advice[baked-batch] baked-batch is minded\n"
        "  |\n"
        "3 |     z = 1\n"
        "  |         ^\n"
        "  = targets: tensorrt-rtx-1.7 costly\n"
        "  = not selected: torch2trt-0.5 wrong\n"
        "  = hint: write it otherwise\n"
        "  = no fix: the shape is unknown\n"
        "\n"
        "Found 2 findings (1 error, 1 advice) in 1 file; 1 fixable with `trtlint fix`.\n"
    )


def test_concise_and_quiet() -> None:
    found = report("x", at(1, 1, 2), at(1, 2, 3, rule="dtype-cast"))
    assert text.render(found, concise=True, quiet=True) == (
        "models/net.py:1:1: error[slice-assign] slice-assign is minded\n"
        "models/net.py:1:2: warning[dtype-cast] dtype-cast is minded\n"
    )


@pytest.mark.parametrize(
    ("code", "span", "line", "carets"),
    [
        ("\th[0] = y", (2, 6), "1 |     h[0] = y", "  |     ^^^^"),
        ("h['世界'] = y", (1, 8), "1 | h['世界'] = y", "  | ^^^^^^^^^"),
        ("f('世界', h[0])", (9, 13), "1 | f('世界', h[0])", "  |           ^^^^"),
        ("e\u0301 = h[0]", (6, 10), "1 | e\u0301 = h[0]", "  |     ^^^^"),
        ("x = h[0] \x1b[31m", (5, 9), "1 | x = h[0] \ufffd[31m", "  |     ^^^^"),
        ("x", (9, 9), "1 | x", "  |  ^"),
    ],
)
def test_carets_stand_below_what_they_mean(
    code: str, span: tuple[int, int], line: str, carets: str
) -> None:
    assert excerpt(code, at(1, *span)) == [line, carets]


def test_several_lines() -> None:
    assert excerpt("y = f(  \n    1,\n)\n", at(1, 5, 2, end_line=3)) == [
        "1 | y = f(",
        "  |     ^^ to line 3",
    ]


@pytest.mark.parametrize("start", [1, 60, 110, 119, 125, 400, 780])
def test_long_lines_are_cut_around_the_flagged_part(start: int) -> None:
    line = "".join(chr(ord("a") + i % 26) for i in range(800))
    shown, carets = excerpt(line, at(1, start, start + 9))
    assert width(shown) <= len("1 | ") + text.COLUMNS
    first, last = carets.index("^"), carets.rindex("^")
    assert shown[first : last + 1] == line[start - 1 : start + 8]


def test_a_flagged_part_that_is_itself_too_long() -> None:
    shown, carets = excerpt("x" * 500, at(1, 1, 500))
    assert width(shown) == width(carets) + 1 == len("1 | ") + text.COLUMNS


def test_clip_of_wide_text() -> None:
    cut, before, marked = clip("世" * 100, (50, 52), 40)
    assert width(cut) <= 40
    assert (cut[0], cut[-1]) == ("…", "…")
    assert marked == 4
    assert before % 2 == 1


def test_printable_takes_the_sting_out() -> None:
    assert printable("a\tb\x1b[0m\r\u202e") == "a    b\ufffd[0m\ufffd\ufffd"


def test_a_finding_beyond_the_file_shows_no_line() -> None:
    assert "|" not in text.render(report("", at(7, 1, 2)))


def test_colours_only_where_asked_for() -> None:
    found = report("x\n", at(1, 1, 2))
    assert "\x1b[" not in text.render(found)
    colored = text.render(found, Style(True))
    assert "\x1b[31;1merror\x1b[0m[slice-assign]" in colored


@pytest.mark.parametrize(
    ("found", "more", "line"),
    [
        ([], {}, "No findings in 1 file."),
        ([], {"files": (), "sources": {}}, "No findings in 0 files."),
        (
            ["dtype-cast"],
            {},
            "Found 1 finding (1 warning) in 1 file; 1 with `trtlint fix --unsafe`.",
        ),
        (
            ["dtype-cast", "slice-assign"],
            {},
            "Found 2 findings (1 error, 1 warning) in 1 file; "
            "1 fixable with `trtlint fix`, 1 more with `trtlint fix --unsafe`.",
        ),
        (["baked-batch"], {}, "Found 1 finding (1 advice) in 1 file."),
    ],
)
def test_summaries(found: list[str], more: dict[str, Any], line: str) -> None:
    findings = [at(1, 1, 2, rule=rule) for rule in found]
    assert text.summary(report("x", *findings, **more)) == line


def fixed_report(action: Action, *rest: Finding, **more: Any) -> Report:
    done = at(2, 1, 4).with_fixed()
    file = FileReport(NET, (done, *rest), (), 1, "a\nBAD\n", "a\nGOOD\n")
    return report("a\nBAD\n", action=action, files=(file,), **more)


def test_fix_says_what_was_done_what_remains_and_why() -> None:
    assert text.render(fixed_report(Action.FIX, at(2, 1, 5, rule="baked-batch"))) == (
        "models/net.py:2:1: fixed[slice-assign] GOOD\n"
        "\n"
        "models/net.py:2:1: advice[baked-batch] baked-batch is minded\n"
        "  |\n"
        "2 | GOOD\n"
        "  | ^^^^\n"
        "  = targets: tensorrt-rtx-1.7 costly\n"
        "  = not selected: torch2trt-0.5 wrong\n"
        "  = hint: write it otherwise\n"
        "  = no fix: the shape is unknown\n"
        "\n"
        "Fixed 1 finding in 1 file; 1 remains (1 advice).\n"
    )
    assert text.summary(fixed_report(Action.FIX)) == "Fixed 1 finding in 1 file; none remain."
    assert text.summary(fixed_report(Action.DIFF)).startswith("Would fix 1 finding in 1 file;")


def test_reasons_beside_a_diff() -> None:
    found = fixed_report(Action.DIFF, at(2, 1, 5, rule="baked-batch"))
    assert text.findings_and_reasons(found) == (
        "models/net.py:2:1: advice[baked-batch] baked-batch is minded\n"
        "  = no fix: the shape is unknown\n"
    )


def test_a_manual_fix_is_not_counted_as_fixable() -> None:
    found = replace(at(1, 1, 2), fix=Fix(Safety.MANUAL, "reshape it yourself"))
    shown = text.render(report("x", found))
    assert "= fix: by hand: reshape it yourself" in shown
    assert "fixable" not in shown


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (UsageError("no such thing", "look"), "error: no such thing\nhint: look\n"),
        (
            UnparsableSource("bad", path=NET, line=3, column=4),
            "error: models/net.py:3:4: bad\n",
        ),
        (
            ConfigError("line 2: bad", path=Path("p.toml"), wanted="a list"),
            "error: p.toml: line 2: bad\nhint: wanted a list\n",
        ),
        (ValueError("odd"), "error: ValueError: odd\n"),
    ],
)
def test_errors(error: Exception, shown: str) -> None:
    assert text.render_error(error) == shown


def test_tracebacks_of_our_own_bugs_on_request() -> None:
    error = RuleCrashed("ZeroDivisionError", unit="slice-assign", path=NET)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as cause:
        error.__cause__ = cause
    assert "Traceback" not in text.render_error(error)
    assert "Traceback" in text.render_error(error, verbose=True)


def test_json_of_a_check() -> None:
    found = report("x\n", at(1, 1, 2, edits=True), at(1, 2, 3, rule="baked-batch"), seconds=0.12345)
    data = stdlib_json.loads(json.render(found))
    first, second = data["findings"]
    assert first == {
        "rule": "slice-assign",
        "family": "assign",
        "severity": "error",
        "path": "models/net.py",
        "line": 1,
        "column": 1,
        "end_line": 1,
        "end_column": 2,
        "symbol": "Net.forward",
        "message": "slice-assign is minded",
        "hint": "write it otherwise",
        "verdicts": {
            "tensorrt-rtx-1.7": "costly",
            "tensorrt-11.4": "fine",
            "torch2trt-0.5": "wrong",
        },
        "fix": {
            "safety": "safe",
            "title": "GOOD",
            "edits": [{"line": 1, "column": 1, "end_line": 1, "end_column": 2, "text": "GOOD"}],
        },
        "declined": None,
    }
    assert (second["fix"], second["declined"]) == (None, "the shape is unknown")
    assert data["version"] == 1
    assert data["tool"]["name"] == "trtlint"
    assert data["targets"] == ["tensorrt-rtx-1.7"]
    assert data["errors"] == []
    assert data["summary"] == {
        "files": 1,
        "traced_functions": 2,
        "findings": 2,
        "by_rule": {"baked-batch": 1, "slice-assign": 1},
        "by_severity": {"error": 1, "advice": 1},
        "fixed": 0,
        "seconds": 0.123,
    }


def test_json_of_a_fix_marks_what_was_fixed() -> None:
    data = json.to_json(fixed_report(Action.FIX, at(2, 1, 2, rule="baked-batch")))
    assert sorted((f["rule"], f["fixed"]) for f in data["findings"]) == [
        ("baked-batch", False),
        ("slice-assign", True),
    ]
    assert data["summary"]["findings"] == 1
    assert data["summary"]["fixed"] == 1


def test_json_of_errors() -> None:
    broken = UnparsableSource("bad", path=NET, line=3, column=4, hint="h")
    file = FileReport(NET, errors=(broken, KeyError("x")), notes=("line 1: odd",))
    found = report("", files=(file,), run_errors=(UsageError("no", "hint"),), warnings=("w",))
    data = json.to_json(found)
    assert data["errors"] == [
        {
            "path": None,
            "line": None,
            "column": None,
            "kind": "usage-error",
            "message": "no",
            "hint": "hint",
        },
        {
            "path": "models/net.py",
            "line": 3,
            "column": 4,
            "kind": "unparsable-source",
            "message": "bad",
            "hint": "h",
        },
        {
            "path": None,
            "line": None,
            "column": None,
            "kind": "internal-error",
            "message": "KeyError: 'x'",
            "hint": "please report this bug in trtlint",
        },
    ]
    assert data["notes"] == [{"path": "models/net.py", "message": "line 1: odd"}]
    assert data["warnings"] == ["w"]


def test_a_name_that_is_not_utf_8_is_still_json() -> None:
    path = Path("caf\udce9.py")
    file = FileReport(path, (finding(path),))
    stdlib_json.loads(json.render(report("", files=(file,))).encode())
    text.render(report("", files=(file,))).encode()


def test_diff() -> None:
    assert diff.render(fixed_report(Action.DIFF)) == (
        "--- a/models/net.py\n+++ b/models/net.py\n@@ -1,2 +1,2 @@\n a\n-BAD\n+GOOD\n"
    )
    assert "\x1b[32m+GOOD\x1b[0m\n" in diff.render(fixed_report(Action.DIFF), Style(True))
    assert diff.render(report("x", at(1, 1, 2))) == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(
    "data",
    [
        b"a\nBAD\nc\n",
        b"a\r\nBAD\r\nc\r\n",
        b"\xef\xbb\xbfBAD\nb\n",
        b"a\nBAD",
        b"a\x0cb\nBAD\n\x0cd \xe2\x80\xa8\n",
        b"a\nb\r\nBAD\r\nc\rd\n",
    ],
)
def test_the_diff_applies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_bytes(data)
    source = Source.read(Path("net.py"))
    file = FileReport(source.path, new_text=source.text.replace("BAD", "GOOD"))
    patch = diff.render(Report(Action.DIFF, files=(file,), sources={source.path: source}))
    git = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(git, input=patch.encode(), check=True)
    assert Path("net.py").read_bytes() == data.replace(b"BAD", b"GOOD")
