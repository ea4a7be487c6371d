"""From paths to files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fakes import write

from trtlint.discovery import Discovered, discover
from trtlint.errors import UnreadableSource, UsageError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is also the current folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find(*paths: str, **more: Any) -> Discovered:
    return discover([Path(path) for path in paths], root=Path("."), **more)


def names(found: Discovered) -> list[str]:
    return [path.as_posix() for path in found.files]


def test_a_folder_is_walked_and_sorted(here: Path) -> None:
    write(here, {"b.py": "", "a/z.py": "", "a/b/c.py": "", "a/x.pyi": "", "README.md": ""})
    assert names(find(".")) == ["a/b/c.py", "a/z.py", "b.py"]
    assert names(find("a")) == ["a/b/c.py", "a/z.py"]


def test_what_is_not_the_users_is_left_out(here: Path) -> None:
    folders = [".git", ".venv", "venv", "node_modules", "__pycache__", "build", "dist"]
    folders += ["net.egg-info", "lib/site-packages", ".tox"]
    write(here, {f"{folder}/x.py": "" for folder in folders} | {"net.py": "", "src/build.py": ""})
    assert names(find(".")) == ["net.py", "src/build.py"]


def test_a_virtual_environment_of_any_name_is_left_out(here: Path) -> None:
    write(
        here, {"env3/pyvenv.cfg": "", "env3/x.py": "", "conda/conda-meta/a": "", "conda/y.py": ""}
    )
    assert names(find(".")) == []
    assert names(find("env3")) == ["env3/x.py"]


def test_named_files_and_folders_are_always_taken(here: Path) -> None:
    write(here, {"build/x.py": "", "script": "", ".gitignore": "y.py\nignored/\n", "y.py": ""})
    write(here, {"ignored/z.py": ""})
    assert names(find("build", "script", "y.py", "ignored")) == [
        "build/x.py",
        "ignored/z.py",
        "script",
        "y.py",
    ]


def test_gitignore_also_a_nested_one_and_one_above(here: Path) -> None:
    write(
        here,
        {
            ".gitignore": "*_gen.py\n/top.py\nout/\n",
            "a/.gitignore": "!keep_gen.py\n/local.py\n",
            "top.py": "",
            "a/top.py": "",
            "a/x_gen.py": "",
            "a/keep_gen.py": "",
            "a/local.py": "",
            "a/b/local.py": "",
            "a/out/x.py": "",
        },
    )
    wanted = ["a/b/local.py", "a/keep_gen.py", "a/top.py"]
    assert names(find(".")) == wanted
    assert names(find("a")) == wanted


def test_gitignore_above_the_repository_does_not_count(here: Path) -> None:
    write(here, {".gitignore": "*.py\n", "inner/.git/HEAD": "", "inner/x.py": ""})
    assert names(find("inner")) == ["inner/x.py"]


def test_exclude_patterns(here: Path) -> None:
    write(here, {"a.py": "", "tests/x.py": "", "src/gen/y.py": "", "src/z.py": ""})
    assert names(find(".", exclude=["tests/", "src/gen"])) == ["a.py", "src/z.py"]
    assert names(find("src", exclude=["/src/gen"])) == ["src/z.py"]
    assert names(find("tests", "src/gen/y.py", exclude=["tests/", "src/gen"])) == [
        "src/gen/y.py",
        "tests/x.py",
    ]


def test_force_exclude_holds_for_named_files(here: Path) -> None:
    write(here, {"a.py": "", "tests/x.py": "", "venv/y.py": "", ".gitignore": "z.py", "b/z.py": ""})
    found = find("a.py", "tests/x.py", "venv/y.py", "b/z.py", exclude=["tests"], force_exclude=True)
    assert names(found) == ["a.py"]


def test_missing_paths_are_errors_and_the_others_are_found(here: Path) -> None:
    write(here, {"net.py": "", "models/a.py": ""})
    found = find("nets.py", "models", "no/such/folder.py")
    assert names(found) == ["models/a.py"]
    first, second = found.errors
    assert isinstance(first, UsageError)
    assert first.message == "nets.py does not exist"
    assert first.hint == "did you mean net.py?"
    assert second.hint == "there is no folder no/such either"


def test_a_folder_without_python_is_a_warning(here: Path) -> None:
    write(here, {"docs/a.md": "", "net.py": ""})
    found = find("docs", "net.py")
    assert found.warnings == ("no Python files in docs",)
    assert found.errors == ()
    assert find(".", "docs").warnings == ()


def test_links_to_folders_end(here: Path) -> None:
    write(here, {"a/b/x.py": ""})
    (here / "a" / "b" / "up").symlink_to(here / "a")
    (here / "a" / "out").symlink_to(here.parent)
    (here / "self").symlink_to("self")
    assert names(find(".")) == ["a/b/x.py"]
    assert names(find("a/b")) == ["a/b/x.py"]


def test_a_file_is_found_once_under_its_real_name(here: Path) -> None:
    write(here, {"rules/x.py": "", "a.py": ""})
    (here / "pkg").mkdir()
    (here / "pkg" / "rules").symlink_to("../rules")
    (here / "0.py").symlink_to("rules/x.py")
    assert names(find(".")) == ["a.py", "rules/x.py"]
    assert names(find("pkg")) == ["pkg/rules/x.py"]
    assert names(find("rules", "rules/x.py", "rules")) == ["rules/x.py"]


def test_a_link_out_of_the_folder_is_followed(here: Path) -> None:
    write(here, {"shared/net.py": "", "src/a.py": ""})
    (here / "src" / "shared").symlink_to("../shared")
    assert names(find("src")) == ["src/a.py", "src/shared/net.py"]


def test_broken_links_are_errors_only_when_named(here: Path) -> None:
    (here / "lock.py").symlink_to("nowhere")
    assert find(".").errors == ()
    (error,) = find("lock.py").errors
    assert isinstance(error, UsageError)
    assert error.message == "lock.py is a broken link"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_read(here: Path) -> None:
    os.mkfifo(here / "pipe.py")
    assert names(find(".")) == []
    (error,) = find("pipe.py").errors
    assert "neither a file nor a folder" in str(error)


def test_a_folder_that_may_not_be_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here, {"a/x.py": "", "b/y.py": ""})
    scan = os.scandir

    def refuse(path: Path) -> Any:
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find(".")
    assert names(found) == ["b/y.py"]
    (error,) = found.errors
    assert isinstance(error, UnreadableSource)
    assert error.path == Path("a")
    assert "Permission denied" in error.message


def test_a_name_that_is_too_long(here: Path) -> None:
    (error,) = find("x" * 5000 + ".py").errors
    assert "x" * 5000 in str(error) or isinstance(error, UnreadableSource)


def test_the_walk_can_be_limited(here: Path) -> None:
    write(here, {f"d{i}/x.py": "" for i in range(20)})
    found = find(".", limit=11)
    assert not found.complete
    assert 0 < len(found.files) < 20
    assert find(".").complete
