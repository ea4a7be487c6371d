"""`trtlint check`: each option once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import APART, found, trtlint
from click.testing import CliRunner
from fakes import RULES, Fake, write

from trtlint.cli import main


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
