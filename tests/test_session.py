"""One request, one report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from fakes import Fake, write

from trtlint.errors import AuthorError, ConfigError, SourceError, UnparsableSource, UsageError
from trtlint.findings import Safety, Severity
from trtlint.report import Report
from trtlint.session import Action, Request, project_root, run
from trtlint.source import Source
from trtlint.targets import DEFAULT_TARGETS


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Fake) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*paths: str, **more: Any) -> Report:
    return run(Request(paths=tuple(map(Path, paths)) or (Path("."),), **more))


def test_counts_and_order(here: Path) -> None:
    write(here, {"b.py": "BAD\nODD, SLOW\n", "a.py": "x\nBAD\n", "c.py": ""})
    report = check()
    assert [(str(f.path), f.span.line, f.rule) for f in report.findings] == [
        ("a.py", 2, "slice-assign"),
        ("b.py", 1, "slice-assign"),
        ("b.py", 2, "dtype-cast"),
        ("b.py", 2, "baked-batch"),
    ]
    assert report.by_severity == {Severity.ERROR: 2, Severity.WARNING: 1, Severity.ADVICE: 1}
    assert report.by_rule == {"baked-batch": 1, "dtype-cast": 1, "slice-assign": 2}
    assert (report.fixable(Safety.SAFE), report.fixable(Safety.UNSAFE)) == (2, 1)
    assert report.traced_functions == 3
    assert len(report.files) == 3
    assert report.seconds > 0
    assert report.exit_code == 1


def test_nothing_found(here: Path, fake: Fake) -> None:
    write(here, {"a.py": ""})
    assert check().exit_code == 0
    assert fake.settings is not None
    assert fake.settings.targets == DEFAULT_TARGETS
    assert fake.settings.root == here


def test_no_files_no_engine(here: Path, fake: Fake) -> None:
    report = check()
    assert report.warnings == ("no Python files in .",)
    assert report.exit_code == 0
    assert fake.calls == 0


def test_broken_files_do_not_hide_the_others(here: Path) -> None:
    write(here, {"a.py": "BAD", "b.py": "x = (", "d.py": "BAD"})
    (here / "c.py").write_bytes(b"name = '\xe9'\n")
    report = check()
    assert [str(f.path) for f in report.findings] == ["a.py", "d.py"]
    assert [type(e).__name__ for e in report.errors] == ["UnparsableSource", "UnreadableSource"]
    assert isinstance(report.errors[0], UnparsableSource)
    assert report.errors[0].line == 1
    assert report.exit_code == 2
    assert len(report.files) == 4


def test_a_crash_in_one_file_is_an_error_of_that_file(here: Path, fake: Fake) -> None:
    write(here, {"a.py": "BAD", "b.py": "CRASH", "c.py": "BAD", "d.py": "CRASH", "e.py": "BAD"})
    report = check()
    assert [str(f.path) for f in report.findings] == ["a.py", "c.py", "e.py"]
    assert [(type(e), str(e.path)) for e in report.errors if isinstance(e, AuthorError)] == [
        (AuthorError, "b.py"),
        (AuthorError, "d.py"),
    ]
    assert "RuntimeError: boom" in str(report.errors[0])
    assert isinstance(report.errors[0].__cause__, RuntimeError)
    assert fake.context == [Path(f"{name}.py") for name in "abcd"]


def test_an_engine_that_always_crashes_is_given_up_on(here: Path, fake: Fake) -> None:
    write(here, {f"{i}.py": "CRASH" for i in range(9)})
    report = check()
    assert len(report.files) == len(report.errors) == 9
    assert fake.calls == 3


def test_an_engine_that_is_silent_about_a_file_is_an_error(
    here: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, {"a.py": "BAD"})
    monkeypatch.setattr(sys.modules["trtlint.engine"], "check", lambda *_: iter(()))
    report = check()
    assert report.exit_code == 2
    assert "said nothing" in str(report.errors[0])


def test_context_is_the_rest_of_the_project(here: Path, fake: Fake) -> None:
    write(here, {"a.py": "", "pkg/__init__.py": "", "pkg/b.py": "", "pkg/big.py": "#" * 1_000_001})
    (here / "pkg" / "bad.py").write_bytes(b"\xff")
    (here / "link.py").symlink_to("a.py")
    report = check("pkg/b.py")
    assert fake.selected == [Path("pkg/b.py")]
    assert fake.context == [Path("a.py"), Path("pkg/__init__.py")]
    assert report.warnings == ("pkg/big.py is too large (1,000,001 bytes) to look up imports in",)
    assert report.errors == ()
    check("pkg")
    assert Path("pkg/big.py") in fake.selected


def test_root_of_a_project(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c.py": "", "a/d/e.py": ""})
    inside = tmp_path / "a" / "b"
    assert project_root([inside / "c.py", tmp_path / "a" / "d"]) == (tmp_path / "a", False)
    write(tmp_path, {"pyproject.toml": ""})
    assert project_root([inside]) == (tmp_path, True)
    write(tmp_path, {"a/.git/HEAD": ""})
    assert project_root([inside]) == (tmp_path / "a", True)


def test_an_unmarked_folder_is_not_searched_without_end(
    tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trtlint.session.UNMARKED_LIMIT", 5)
    write(tmp_path, {"net.py": ""} | {f"d{i}/x.py": "" for i in range(9)})
    report = check(str(tmp_path / "net.py"))
    assert len(fake.context) < 9
    assert "too many files" in report.warnings[0]


def test_settings_and_what_overrides_them(here: Path, fake: Fake) -> None:
    write(
        here,
        {
            "pyproject.toml": "[tool.trtlint]\ntargets = ['torch2trt-0.5']\nrules = ['assign', "
            "'cast']\nignore = ['dtype-cast']\ndynamic-batch = true\nunsafe = true\n"
            "exclude = ['old/']\n",
            "a.py": "",
            "old/b.py": "",
        },
    )

    def settings(**more: Any) -> Any:
        report = check(**more)
        assert report.errors == ()
        assert fake.settings is not None
        return fake.settings

    found = settings()
    assert (found.targets, found.rules) == (("torch2trt-0.5",), ("slice-assign",))
    assert (found.dynamic_batch, found.unsafe) == (True, True)
    assert fake.selected == [Path("a.py")]
    found = settings(targets=("tensorrt-8.6", "tensorrt-rtx-1.7"), rules=("dtype-cast",))
    assert found.targets == ("tensorrt-rtx-1.7", "tensorrt-8.6")
    assert found.rules == ("dtype-cast",)
    assert settings(rules=("all",), ignore=("assign",)).rules == ("dtype-cast", "baked-batch")
    assert not settings(dynamic_batch=False).dynamic_batch
    assert not settings(unsafe=False).unsafe
    found = settings(isolated=True)
    assert found.targets == DEFAULT_TARGETS
    assert fake.selected == [Path("a.py"), Path("old/b.py")]
    write(here, {"conf/other.toml": "[tool.trtlint]\nrules = ['batch']\nexclude = ['/a.py']\n"})
    assert settings(config=Path("conf/other.toml")).rules == ("baked-batch",)
    assert settings(config=Path("conf/other.toml")).root == here
    assert fake.selected == [Path("old/b.py")]


@pytest.mark.parametrize(
    ("request_", "kind", "message"),
    [
        ({"rules": ("slice-asign",)}, UsageError, "did you mean 'slice-assign'?"),
        ({"ignore": ("asign",)}, UsageError, "did you mean 'assign'?"),
        ({"targets": ("torch2trt-0.6",)}, UsageError, "did you mean 'torch2trt-0.5'?"),
        ({"rules": ("assign",), "ignore": ("assign",)}, UsageError, "no rule is left"),
        ({"config": Path("none.toml")}, UsageError, "no settings file none.toml"),
        ({"config": Path("a.py")}, ConfigError, "not valid TOML"),
        ({"config": Path("empty.toml")}, ConfigError, "no [tool.trtlint]"),
    ],
)
def test_mistakes_are_in_the_report(
    here: Path, request_: dict[str, Any], kind: type[Exception], message: str
) -> None:
    write(here, {"a.py": "BAD", "empty.toml": ""})
    report = check(**request_)
    (error,) = report.errors
    assert isinstance(error, kind)
    assert message in str(error)
    assert report.exit_code == 2
    assert report.files == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rules = ['asign']", "line 2: unknown rule or family 'asign'"),
        ("ignore = ['quux']", "line 2: unknown rule or family 'quux'"),
        ("targets = ['quux']", "line 2: unknown target 'quux'"),
        ("targets = []", "line 2: no target is selected"),
    ],
)
def test_wrong_names_in_the_settings_name_the_file(here: Path, line: str, message: str) -> None:
    write(here, {"a.py": "", "pyproject.toml": f"[tool.trtlint]\n{line}\n"})
    (error,) = check().errors
    assert isinstance(error, ConfigError)
    assert error.message.startswith(f"pyproject.toml: {message}")


def test_missing_path_beside_a_good_one(here: Path) -> None:
    write(here, {"a.py": "BAD"})
    report = check("a.py", "b.py")
    assert len(report.findings) == 1
    assert report.exit_code == 2


def test_fix_writes(here: Path) -> None:
    write(here, {"a.py": "BAD\r\nODD\r\n", "b.py": "x\n"})
    report = check(action=Action.FIX)
    assert (here / "a.py").read_bytes() == b"GOOD\r\nODD\r\n"
    assert [f.rule for f in report.fixed] == ["slice-assign"]
    assert [f.rule for f in report.remaining] == ["dtype-cast"]
    assert [file.path for file in report.changed] == [Path("a.py")]
    assert report.lines_of(Path("a.py")) == ["GOOD", "ODD", ""]
    assert report.exit_code == 1
    assert check(action=Action.FIX, unsafe=True).exit_code == 0
    assert (here / "a.py").read_bytes() == b"GOOD\r\nEVEN\r\n"


def test_diff_writes_nothing_and_is_1_where_it_is_not_empty(here: Path) -> None:
    write(here, {"a.py": "BAD\n"})
    report = check(action=Action.DIFF)
    assert (here / "a.py").read_text() == "BAD\n"
    assert report.remaining == ()
    assert report.exit_code == 1
    write(here, {"a.py": "GOOD\n"})
    assert check(action=Action.DIFF).exit_code == 0


def test_what_could_not_be_written_is_not_called_fixed(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Source, text: str) -> None:
        raise SourceError("cannot write: disk full", path=source.path)

    write(here, {"a.py": "BAD\n"})
    monkeypatch.setattr(Source, "write", refuse)
    report = check(action=Action.FIX)
    assert report.fixed == ()
    assert report.changed == ()
    assert len(report.remaining) == 1
    assert report.exit_code == 2


def test_suppressions_that_cannot_work_are_noted(here: Path) -> None:
    write(here, {"a.py": "BAD  # trtlint: ignore[slice-asign]\nBAD  # trtlint: ignore\n"})
    report = check()
    assert len(report.findings) == 1
    ((path, note),) = report.notes
    assert path == Path("a.py")
    assert note.startswith("line 1: suppression of unknown rule 'slice-asign'; did you mean")
