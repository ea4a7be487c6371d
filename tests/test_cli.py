"""The command line: each option once, and each mistake a user makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from fakes import RULES, Fake, install, write
from rich.console import Console

from trtlint import __version__
from trtlint.cli import COMMANDS, main
from trtlint.targets import target_names


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    return install(monkeypatch)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Fake) -> Path:
    """A project with one finding of each severity, which is also the current folder."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, {"a.py": "BAD\n", "pkg/b.py": "ODD\nSLOW\n"})


# click before 8.2 mixes standard error into standard output unless told otherwise
APART: Any = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def trtlint(*args: str) -> Result:
    result = CliRunner(**APART).invoke(main, list(args), prog_name="trtlint", color=True)
    assert "Traceback" not in result.output
    return result


def found(result: Result) -> list[str]:
    """Rules in a text report, in order."""
    return [
        line.split("[")[1].split("]")[0] for line in result.stdout.splitlines() if "py:" in line
    ]


def test_check_of_the_current_folder(here: Path) -> None:
    result = trtlint("check")
    assert found(result) == ["slice-assign", "dtype-cast", "baked-batch"]
    assert result.stdout.splitlines()[0].startswith("a.py:1:1: error[slice-assign] ")
    assert result.stdout.splitlines()[-1].startswith("Found 3 findings (1 error, 1 warning, 1 adv")
    assert result.stderr == ""
    assert result.exit_code == 1


def test_paths(here: Path) -> None:
    assert found(trtlint("check", "pkg", "a.py")) == ["slice-assign", "dtype-cast", "baked-batch"]
    assert found(trtlint("check", "pkg")) == ["dtype-cast", "baked-batch"]


def test_target(here: Path, fake: Fake) -> None:
    result = trtlint("check", "--target", "torch2trt-0.5,tensorrt-8.6", "--target", "torch2trt-0.1")
    assert "targets: torch2trt-0.5 wrong" in result.stdout
    assert fake.settings is not None
    assert fake.settings.targets == ("tensorrt-8.6", "torch2trt-0.5", "torch2trt-0.1")


def test_rule_and_ignore(here: Path) -> None:
    assert found(trtlint("check", "--rule", "assign,baked-batch")) == [RULES[0], RULES[2]]
    assert found(trtlint("check", "--rule", "assign", "--rule", "cast")) == [RULES[0], RULES[1]]
    assert found(trtlint("check", "--ignore", "slice-assign", "--ignore", "batch")) == [RULES[1]]


def test_dynamic_batch(here: Path, fake: Fake) -> None:
    write(here, {"pyproject.toml": "[tool.trtlint]\ndynamic-batch = true\n"})
    for flags, wanted in (([], True), (["--no-dynamic-batch"], False), (["--dynamic-batch"], True)):
        trtlint("check", *flags)
        assert fake.settings is not None
        assert fake.settings.dynamic_batch is wanted


def test_concise(here: Path) -> None:
    result = trtlint("check", "--output-format", "concise")
    assert len(result.stdout.splitlines()) == 4
    assert "|" not in result.stdout


def test_json(here: Path, fake: Fake) -> None:
    write(here, {"broken.py": "x = ("})
    result = trtlint("check", "--output-format", "json", ".", "none")
    data = json.loads(result.stdout)
    assert [finding["rule"] for finding in data["findings"]] == list(RULES)
    assert [error["kind"] for error in data["errors"]] == ["usage-error", "unparsable-source"]
    assert "error: none does not exist" in result.stderr
    assert fake.settings is not None
    assert fake.settings.with_edits
    assert data["findings"][0]["fix"]["edits"][0]["text"] == "GOOD"
    assert result.exit_code == 2


@pytest.mark.parametrize("args", [["--rule", "quux"], ["--config", "none.toml"]])
def test_json_also_where_nothing_could_be_checked(here: Path, args: list[str]) -> None:
    result = trtlint("check", "--output-format", "json", *args)
    data = json.loads(result.stdout)
    assert len(data["errors"]) == 1
    assert data["summary"]["files"] == 0
    assert result.exit_code == 2


@pytest.mark.parametrize("kind", ["text", "json"])
def test_output_file(here: Path, kind: str) -> None:
    result = trtlint("check", "--output-format", kind, "--output-file", "report")
    assert result.stdout == ""
    assert result.exit_code == 1
    text = Path("report").read_text()
    assert "slice-assign" in text
    if kind == "json":
        assert json.loads(text)["version"] == 1


def test_output_file_that_cannot_be_written(here: Path) -> None:
    result = trtlint("check", "--output-file", "no/such/folder")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: cannot write no/such/folder: No such file")


def test_config_and_isolated(here: Path) -> None:
    write(here, {"pyproject.toml": "[tool.trtlint]\nrules = ['cast']\n"})
    write(here, {"other.toml": "[tool.trtlint]\nrules = ['batch']\n"})
    assert found(trtlint("check")) == ["dtype-cast"]
    assert found(trtlint("check", "--config", "other.toml")) == ["baked-batch"]
    assert len(found(trtlint("check", "--isolated"))) == 3
    result = trtlint("check", "--isolated", "--config", "other.toml")
    assert result.exit_code == 2
    assert "--config and --isolated exclude one another" in result.stderr


def test_force_exclude(here: Path) -> None:
    write(here, {"pyproject.toml": "[tool.trtlint]\nexclude = ['pkg']\n"})
    assert len(found(trtlint("check", "a.py", "pkg/b.py"))) == 3
    assert len(found(trtlint("check", "a.py", "pkg/b.py", "--force-exclude"))) == 1


def test_exit_zero_is_for_findings_only(here: Path) -> None:
    assert trtlint("check", "--exit-zero").exit_code == 0
    assert trtlint("check", "--exit-zero", ".", "none").exit_code == 2


def test_quiet(here: Path) -> None:
    write(here, {"docs/x.md": "", "c.py": "x  # trtlint: ignore[quux]\n"})
    paths = ["a.py", "c.py", "pkg", "docs"]
    loud, quiet = trtlint("check", *paths), trtlint("check", "-q", *paths)
    assert "Found 3" in loud.stdout
    assert "Found" not in quiet.stdout
    assert found(loud) == found(quiet)
    assert "warning: no Python files in docs\n" in loud.stderr
    assert "warning: c.py: line 1: suppression of unknown rule 'quux'\n" in loud.stderr
    assert quiet.stderr == ""


def test_verbose_shows_where_we_went_wrong(here: Path) -> None:
    write(here, {"c.py": "CRASH\n"})
    result = trtlint("check")
    assert result.stderr.startswith("error: c.py: engine: crashed: RuntimeError: boom\nhint: this")
    assert result.exit_code == 2
    verbose = CliRunner(**APART).invoke(main, ["check", "-v"])
    assert 'raise RuntimeError("boom")' in verbose.stderr
    assert verbose.exit_code == 2


def test_color(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in trtlint("check").stdout  # not a terminal
    assert "\x1b[" in trtlint("check", "--color", "always").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in trtlint("check").stdout
    assert "\x1b[" not in trtlint("check", "--color", "never").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in trtlint("check").stdout


def test_fix(here: Path) -> None:
    result = trtlint("fix")
    assert "a.py:1:1: fixed[slice-assign] GOOD" in result.stdout
    assert "no fix: the shape is unknown" in result.stdout
    assert result.stdout.endswith(
        "Fixed 1 finding in 1 file; 2 remain (1 warning, 1 advice); "
        "1 with `trtlint fix --unsafe`.\n"
    )
    assert (here / "a.py").read_text() == "GOOD\n"
    assert (here / "pkg" / "b.py").read_text() == "ODD\nSLOW\n"
    assert result.exit_code == 1


def test_fix_unsafe(here: Path) -> None:
    assert trtlint("fix", "--unsafe", "--rule", "cast,assign").exit_code == 0
    assert (here / "pkg" / "b.py").read_text() == "EVEN\nSLOW\n"


def test_fix_no_unsafe_overrides_the_settings(here: Path) -> None:
    write(here, {"pyproject.toml": "[tool.trtlint]\nunsafe = true\n"})
    trtlint("fix", "--no-unsafe")
    assert (here / "pkg" / "b.py").read_text() == "ODD\nSLOW\n"
    trtlint("fix")
    assert (here / "pkg" / "b.py").read_text() == "EVEN\nSLOW\n"


def test_fix_diff(here: Path) -> None:
    result = trtlint("fix", "--diff")
    assert result.stdout == "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-BAD\n+GOOD\n"
    assert "no fix: the shape is unknown" in result.stderr
    assert "Would fix 1 finding in 1 file; 2 remain" in result.stderr
    assert (here / "a.py").read_text() == "BAD\n"
    assert result.exit_code == 1
    assert trtlint("fix", "--diff", "-q").stderr == ""
    assert trtlint("fix", "--diff", "--rule", "assign", "pkg").exit_code == 0


def test_fix_json(here: Path) -> None:
    data = json.loads(trtlint("fix", "--output-format", "json").stdout)
    assert [finding["fixed"] for finding in data["findings"]] == [True, False, False]
    assert data["summary"]["fixed"] == 1


def test_fix_diff_as_json_writes_nothing(here: Path) -> None:
    result = trtlint("fix", "--diff", "--output-format", "json")
    assert json.loads(result.stdout)["summary"]["fixed"] == 1
    assert (here / "a.py").read_text() == "BAD\n"
    assert result.exit_code == 1


def test_rule(here: Path) -> None:
    result = trtlint("rule", "slice-assign")
    assert result.exit_code == 0
    assert result.stdout == (
        "# slice-assign\n\n"
        "Family: assign\n\n"
        "Flag slice-assign.\n\n**Why it matters**: it is slow [always].\n\n"
        "## Targets\n\n"
        "| target | verdict | how it is known |\n"
        "| --- | --- | --- |\n"
        "| tensorrt-rtx-1.7 | costly | measured \\| 2 |\n"
        "| tensorrt-11.4 | fine | measured \\| 2 |\n"
        "| torch2trt-0.5 | wrong | measured \\| 2 |\n\n"
        "## Rewrites\n\n"
        "- **SayGood** (safe, for torch2trt): Say it well.\n"
    )
    assert "\x1b[" in trtlint("rule", "slice-assign", "--color", "always").stdout


def test_rule_with_variants_and_no_rewrite(here: Path) -> None:
    lines = trtlint("rule", "baked-batch").stdout.splitlines()
    assert "| pattern | target | verdict | with a dynamic batch | how it is known |" in lines
    assert "| view | tensorrt-8.6 | fine | rejected |  |" in lines
    assert "| view | torch2trt-0.5 | fine | the same |  |" in lines
    assert lines[-1] == "None: this one is for you to change."


def test_rules(here: Path) -> None:
    rows = [line.split() for line in trtlint("rules").stdout.splitlines()]
    assert rows == [
        ["rule", "family", "fixable", *target_names()],
        ["slice-assign", "assign", "safe", "costly", "fine", "unknown", "wrong", "unknown"],
        ["dtype-cast", "cast", "unsafe", "costly", "fine", "unknown", "wrong", "unknown"],
        ["baked-batch", "batch", "no", "costly", "fine", "fine", "wrong/fine", "unknown"],
    ]
    assert "\x1b[" in trtlint("rules", "--color", "always").stdout


def test_rules_on_a_narrow_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trtlint.cli.rule._console", lambda *_, **__: Console(width=60))
    lines = trtlint("rules").stdout.splitlines()
    assert lines[:3] == [
        "slice-assign  assign, fixable: safe",
        "  tensorrt-rtx-1.7  costly",
        "  tensorrt-11.4  fine",
    ]


def test_targets() -> None:
    lines = trtlint("targets").stdout.splitlines()
    assert [line[2:].split()[0] for line in lines[: len(target_names())]] == list(target_names())


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["chek"], "No such command 'chek'. Did you mean 'check'?", "`trtlint --help`"),
        (["check", "--ruel", "x"], "No such option", "`trtlint check --help`"),
        (["check", "--output-format", "xml"], "'xml' is not one of", "`trtlint check --help`"),
        (["check", "--rule"], "requires an argument", "`trtlint check --help`"),
        (["check", "--rule", "slice-asign"], "unknown rule or family", "mean 'slice-assign'?"),
        (["check", "--ignore", "asign"], "unknown rule or family", "did you mean 'assign'?"),
        (["check", "--target", "trt"], "unknown target 'trt'", "`trtlint targets` lists"),
        (["check", "aa.py"], "aa.py does not exist", "did you mean a.py?"),
        (["check", "--config", "x.toml"], "no settings file x.toml", "--config"),
        (["fix", "--diff", "aa.py"], "aa.py does not exist", "did you mean a.py?"),
        (["rule", "slice-asign"], "unknown rule", "did you mean 'slice-assign'?"),
        (["rule", "assign"], "'assign' is a family", "its rules: slice-assign"),
        (["rule"], "Missing argument", "`trtlint rule --help`"),
    ],
)
def test_mistakes(here: Path, args: list[str], message: str, hint: str) -> None:
    result = trtlint(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    error, rest = result.stderr.split("\n", 1)
    assert error.startswith("error: ")
    assert message in error
    assert rest.startswith("hint: ")
    assert hint in rest


def test_a_mistake_in_the_settings(here: Path) -> None:
    write(here, {"pyproject.toml": "[tool.trtlint]\ntarget = []\n"})
    result = trtlint("check")
    assert result.stderr.startswith("error: pyproject.toml: line 2: unknown key `target`")
    assert result.exit_code == 2


def test_a_folder_without_python_is_no_failure(here: Path) -> None:
    (here / "docs").mkdir()
    result = trtlint("check", "docs")
    assert result.stderr == "warning: no Python files in docs\n"
    assert result.exit_code == 0


def test_a_missing_path_does_not_hide_the_others(here: Path) -> None:
    result = trtlint("check", "none.py", "a.py")
    assert found(result) == ["slice-assign"]
    assert result.exit_code == 2


def test_interrupted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("trtlint.session.run", interrupt)
    result = trtlint("check")
    assert result.exit_code == 130
    assert "error: interrupted" in result.stderr


def test_a_bug_of_ours_is_named_as_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> Any:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr("trtlint.session.run", crash)
    result = trtlint("check")
    assert result.stderr.startswith("error: ZeroDivisionError: odd\nhint: this is a bug in trtlint")
    assert result.exit_code == 2
    assert isinstance(CliRunner(**APART).invoke(main, ["check", "-v"]).exception, ZeroDivisionError)


def test_help_teaches_and_imports_nothing(here: Path) -> None:
    top = trtlint("--help")
    assert top.exit_code == 0
    assert "Examples:" in top.stdout
    for name, (_, text) in COMMANDS.items():
        assert name in top.stdout
        assert text in top.stdout
    for name in ("check", "fix"):
        assert "Examples:" in trtlint(name, "-h").stdout
    bare = trtlint()
    assert bare.exit_code == 2
    assert "Examples:" in bare.stderr


def test_short_and_long_help_begin_alike() -> None:
    context = click.Context(main)
    for name in COMMANDS.keys() - {"verify"}:
        command = main.get_command(context, name)
        assert command is not None
        assert (command.help or "").startswith(COMMANDS[name][1])


def test_version() -> None:
    for flag in ("--version", "-V"):
        assert trtlint(flag).stdout == f"trtlint {__version__}\n"


def run_python(code: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def test_the_command_line_is_light() -> None:
    code = (
        "import sys, trtlint.cli\n"
        "heavy = {'torch', 'numpy', 'onnx', 'libcst', 'rich', 'pathspec', 'trtlint.cli.verify'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n"
    )
    result = run_python(code)
    assert result.returncode == 0, result.stderr


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    read, end = os.pipe()
    os.close(read)
    with os.fdopen(end, "w") as pipe:
        command = [sys.executable, "-m", "trtlint", "targets"]
        result = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert result.stderr == b""


def test_a_terminal_without_unicode() -> None:
    code = (
        "from trtlint.cli.output import echo\n"
        "from trtlint.reporters.style import PLAIN\n"
        "echo('caf\\u00e9 \\u4e16\\n', PLAIN)\n"
    )
    result = run_python(code, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert result.stdout == "caf\\xe9 \\u4e16\n"
