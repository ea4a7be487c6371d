"""`trtlint fix`: what is written, what is only shown, what is left."""

from __future__ import annotations

import json
from pathlib import Path

from cli_support import trtlint
from fakes import write


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
