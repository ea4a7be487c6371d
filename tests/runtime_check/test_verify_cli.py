"""The command and its reports. Most results here are made by hand; the child has its own tests."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from trtlint import session
from trtlint.cli import main
from trtlint.errors import LoadFailed
from trtlint.findings import FileReport, Finding, Severity, Span
from trtlint.report import Report
from trtlint.reporters import verify_json, verify_text
from trtlint.runtime_check import api
from trtlint.runtime_check.result import (
    BackendInfo,
    BuildResult,
    Case,
    Failure,
    InputInfo,
    LevelResult,
    LineCost,
    OutputComparison,
    SourceLine,
    VerifyResult,
)

INFINITE = float("inf")
AT = SourceLine("net.py", 7, "y[:, 0] = x  # [not markup]")


def result(passed=True, build=True):
    outputs = (
        OutputComparison("logits", True, True, elements=4),
        OutputComparison("boxes", passed, False, INFINITE, 0.5, (0, 3), "" if passed else "bad"),
    )
    levels = {
        "eager": LevelResult("passed", 0.5),
        "export": LevelResult("passed", 1.5),
        "onnx": LevelResult(
            "passed" if passed else "failed", cases=(Case({"x": (1, 3)}, outputs),)
        ),
        "build": LevelResult(
            "passed", build=BuildResult("rtx", 3, {"SCATTER": 2, "CAST": 1}, engine_bytes=2048)
        )
        if build
        else LevelResult("skipped", reason="no TensorRT is installed"),
        "network": LevelResult("skipped", reason="not part of this version"),
    }
    failures = () if passed else (Failure("onnx", "output 'boxes' is [off]", "node_1", AT, "r-1"),)
    return VerifyResult(
        "net.py:Net",
        "dynamo",
        (InputInfo("x", (1, 3), "float32"),),
        BackendInfo("tensorrt-rtx", "1.7", "8.9"),
        levels,
        failures,
        (LineCost(AT, 3, {"SCATTER": 2}),),
        ("a note",),
    )


def text_of(verified, width=90, **settings):
    stream = StringIO()
    verify_text.render(verified, Console(file=stream, width=width, **settings))
    return stream.getvalue()


def test_json_has_the_documented_shape():
    document = json.loads(verify_json.render(result(passed=False)))
    assert document["version"] == 1
    assert (document["model"], document["route"], document["exporter"]) == (
        "net.py:Net",
        "onnx",
        "dynamo",
    )
    assert document["inputs"] == [{"name": "x", "shape": [1, 3], "dtype": "float32"}]
    assert document["backend"] == {
        "name": "tensorrt-rtx",
        "version": "1.7",
        "device": "none",
        "compute_capability": "8.9",
    }
    assert list(document["levels"]) == ["eager", "export", "onnx", "build", "network"]
    assert document["levels"]["eager"] == {"status": "passed", "seconds": 0.5}
    (case,) = document["levels"]["onnx"]["cases"]
    assert case["shapes"] == {"x": [1, 3]}
    assert {"name", "max_abs", "max_rel", "index", "equal"} <= set(case["outputs"][0])
    assert case["outputs"][1]["max_abs"] is None
    build = document["levels"]["build"]
    assert (build["layers"], build["engine_bytes"]) == (3, 2048)
    assert build["layer_kinds"] == {"SCATTER": 2, "CAST": 1}
    assert document["levels"]["network"]["reason"] == "not part of this version"
    assert document["failures"] == [
        {
            "stage": "onnx",
            "message": "output 'boxes' is [off]",
            "node": "node_1",
            "path": "net.py",
            "line": 7,
            "source": AT.source,
            "rule": "r-1",
        }
    ]
    (cost,) = document["lines"]
    assert (cost["path"], cost["line"], cost["layers"]) == ("net.py", 7, 3)
    assert cost["costly"] == {"SCATTER": 2}
    assert document["passed"] is False


def test_text_of_a_pass():
    text = text_of(result())
    assert text.splitlines()[0].startswith("net.py:Net (x 1x3 float32; dynamo, tensorrt-rtx 1.7")
    assert text.splitlines()[-1] == "passed"
    assert "3 layers" in text
    assert "2 SCATTER" in text
    assert "net.py:7" in text
    assert "note: a note" in text
    assert "failures" not in text


def test_text_of_a_failure_shows_the_source_line_as_it_is():
    text = text_of(result(passed=False))
    assert text.splitlines()[-1] == "failed"
    unseen = replace(result(), levels={"build": LevelResult("passed")})
    assert text_of(unseen).splitlines()[-1] == "no verdict: no numbers were compared"
    assert "onnx: output 'boxes' is [off]" in text
    assert "net.py:7  y[:, 0] = x  # [not markup]" in text
    assert "rule r-1" in text
    assert "differs" in text


@pytest.mark.parametrize("width", [40, 72, 200])
def test_text_keeps_to_the_width(width):
    lines = text_of(result(passed=False), width).splitlines()
    assert all(len(line) <= width for line in lines[1:])  # the first may be copied: not folded


def test_text_without_colour_has_no_escapes():
    assert "\x1b" not in text_of(result(passed=False), no_color=True)
    assert "\x1b" in text_of(result(passed=False), force_terminal=True)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the command on a made-up verification; what it was asked is in ``run.calls``."""
    (tmp_path / "net.py").touch()
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments, reply=None):
        def verify_spec(model, inputs, **settings):
            invoke.calls.append((model, inputs, settings))
            if isinstance(reply, Exception):
                raise reply
            return reply or result()

        monkeypatch.setattr(api, "verify_spec", verify_spec)
        return CliRunner().invoke(main, ["verify", *arguments])

    invoke.calls = []
    return invoke


def test_exit_codes(run):
    assert run("net.py:Net").exit_code == 0
    assert run("net.py:Net", reply=result(passed=False)).exit_code == 1
    nothing = VerifyResult("net.py:Net", "dynamo", levels={"eager": LevelResult("passed")})
    assert run("net.py:Net", reply=nothing).exit_code == 2
    assert run("net.py:Net", reply=LoadFailed("it broke", "mend it")).exit_code == 2


def test_an_error_is_one_line_and_a_hint(run):
    done = run("net.py:Net", reply=LoadFailed("it broke", "mend it"))
    assert "it broke" in done.stderr
    assert "mend it" in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_an_error_as_json(run):
    done = run("net.py:Net", "--output-format", "json", reply=LoadFailed("it broke", "mend it"))
    document = json.loads(done.stdout)
    assert document["errors"] == [{"kind": "load-failed", "message": "it broke", "hint": "mend it"}]
    assert document["passed"] is False


def test_flags_reach_the_run(run):
    run(
        *("net.py:Net", "--input", "1x3", "--input", "b=2:int64", "--exporter", "torchscript"),
        *("--dim", "batch=1:2:3", "--atol", "0.5", "--seed", "7", "--time-limit", "9"),
        *("--memory-limit", "2", "--compute-capability", "8.6", "--save-engine", "net.engine"),
    )
    ((model, inputs, settings),) = run.calls
    options, limits = settings["options"], settings["limits"]
    assert (model, inputs) == ("net.py:Net", ("1x3", "b=2:int64"))
    assert (options.exporter, options.atol, options.rtol) == ("torchscript", 0.5, None)
    assert (options.seed, options.compute_capability) == (7, "8.6")
    assert options.dim.sizes == (2, 1, 3)
    assert options.save_engine == Path("net.engine").resolve()
    assert (limits.seconds, limits.memory_gib) == (9.0, 2.0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["net.py:Net", "--dim", "batch"],
        ["net.py:Net", "--compute-capability", "sm89"],
        ["net.py:Net", "--exporter", "none"],
        ["net.py:Net", "--time-limit", "0"],
        ["--input", "1x3"],
        [],
    ],
)
def test_usage_errors_end_with_two(run, arguments):
    done = run(*arguments)
    assert done.exit_code == 2
    assert run.calls == []
    assert done.stderr


def test_a_missing_file_is_said_without_a_child():
    done = CliRunner().invoke(main, ["verify", "nowhere.py:Net"])
    assert done.exit_code == 2
    assert "nowhere.py: no such file" in done.stderr


def test_the_models_of_the_configuration(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.trtlint]\nmodels = [{spec = "net.py:A", inputs = ["1x3"]},\n'
        '  {spec = "net.py:B", inputs = ["4x3"], dims = ["batch=1:4:8"]}]\n'
    )
    done = run("--output-format", "json")
    assert [call[:2] for call in run.calls] == [("net.py:A", ("1x3",)), ("net.py:B", ("4x3",))]
    assert run.calls[1][2]["options"].dim.largest == 8
    assert run.calls[1][2]["root"] == tmp_path
    document = json.loads(done.stdout)
    assert len(document["models"]) == 2
    assert document["passed"] is True


def finding(rule, severity, line, path="net.py"):
    return Finding(rule, "f", severity, Path(path), Span(line, 1, line + 1, 9), "", "", "", {})


def test_a_failure_names_the_rule_that_finds_fault_with_its_line(run, monkeypatch):
    findings = (
        finding("advice-here", Severity.ADVICE, 7),
        finding("error-here", Severity.ERROR, 6),
        finding("error-elsewhere", Severity.ERROR, 9),
        finding("error-in-another-file", Severity.ERROR, 7, "other.py"),
    )
    asked = []

    def check(request):
        asked.append(request.paths)
        return Report(request.action, files=(FileReport(Path("net.py"), findings),))

    monkeypatch.setattr(session, "run", check)
    broken = replace(result(passed=False), failures=(Failure("onnx", "off", at=AT),))
    document = json.loads(run("net.py:Net", "--output-format", "json", reply=broken).stdout)
    assert document["failures"][0]["rule"] == "error-here"
    assert asked == [(Path.cwd() / "net.py",)]
    assert run("net.py:Net", reply=result()).exit_code == 0
    assert len(asked) == 1  # nothing failed: nothing is asked
