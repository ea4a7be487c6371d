"""The command line as a whole: mistakes that a user makes, help, and how light it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from cli_support import APART, found, trtlint
from click.testing import CliRunner
from fakes import write

from trtlint import __version__
from trtlint.cli import COMMANDS, main


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
