"""`trtlint rule`, `trtlint rules` and `trtlint targets`."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import trtlint
from rich.console import Console

from trtlint.targets import TYPICAL_TARGETS, target_names


def test_rule(here: Path) -> None:
    result = trtlint("rule", "slice-assign")
    assert result.exit_code == 0
    assert result.stdout == (
        "# slice-assign\n\n"
        "Family: `assign`\n\n"
        "Flag slice-assign.\n\n**Why it matters**: it is slow [always].\n\n"
        "## What each target does with it\n\n"
        "| target | verdict | how it is known |\n"
        "| --- | --- | --- |\n"
        "| `tensorrt-rtx-1.7` | costly | measured \\| 2 |\n"
        "| `tensorrt-11.4` | fine | measured \\| 2 |\n"
        "| `torch2trt-0.5` | wrong | measured \\| 2 |\n\n"
        "## Rewrites\n\n"
        "- **SayGood** (safe, for torch2trt). Say it well.\n"
    )
    assert "\x1b[" in trtlint("rule", "slice-assign", "--color", "always").stdout


def test_rule_with_variants_and_no_rewrite(here: Path) -> None:
    lines = trtlint("rule", "baked-batch").stdout.splitlines()
    assert "### view" in lines
    assert "| target | verdict | with a dynamic batch | how it is known |" in lines
    assert "| `tensorrt-8.6` | fine | rejected |  |" in lines
    assert "| `torch2trt-0.5` | fine | the same |  |" in lines
    assert lines[-1] == "None: this one is for you to change."


def test_rules(here: Path) -> None:
    rows = [line.split() for line in trtlint("rules").stdout.splitlines()]
    assert rows == [
        ["rule", "family", "fixable", *TYPICAL_TARGETS],
        ["slice-assign", "assign", "safe", "costly", "fine", "unknown", "unknown", "wrong"],
        ["dtype-cast", "cast", "unsafe", "costly", "fine", "unknown", "unknown", "wrong"],
        ["baked-batch", "batch", "no", "costly", "fine", "fine", "unknown", "wrong/fine"],
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
