"""Running the command line in this process, and reading what it says."""

from __future__ import annotations

from inspect import signature
from typing import Any

from click.testing import CliRunner, Result

from trtlint.cli import main

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
