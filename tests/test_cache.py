"""Results from the cache are those of a run without one, whatever happened in between."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cache_support import Looks, check, cold, edit, net, project, said
from checkout import ROOT
from cli_support import trtlint

from trtlint.report import Action

PYTHON_FILES = {
    "absent.py", "alone.py", "broken.py", "calls.py", "inherits.py", "reaches.py", "silenced.py",
    "pkg/__init__.py", "pkg/base.py", "pkg/helpers.py", "pkg/sizes.py",
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NO_COLOR", "FORCE_COLOR", "TRTLINT_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project(tmp_path))
    return tmp_path


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def cache_files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / ".trtlint_cache").glob("*/*") if p.is_file())


def test_the_second_run_looks_at_nothing(here: Path, looks: Looks) -> None:
    first = check()
    assert looks.taken() == PYTHON_FILES
    assert {f.path.name for f in first.findings} >= {"inherits.py", "calls.py", "alone.py"}
    assert said(check()) == said(first) == cold()
    looks.taken()
    check()
    os.utime("alone.py")
    check()
    assert looks.taken() == set()


def test_a_run_in_which_nothing_changed_imports_no_parser(here: Path) -> None:
    check()
    code = (
        "import sys\nfrom trtlint.report import Request\nfrom trtlint.session import run\n"
        "found = run(Request(cache=True)).findings\n"
        "print(len(found), *sorted({'libcst', 'trtlint.analysis'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.stdout.split() == [str(len(check().findings))]


# What is done to the project, and the other files that must be looked at again.
EDITS: dict[str, tuple[Callable[[], object], set[str], set[str]]] = {
    "a comment": (lambda: edit("pkg/base.py", "pass", "pass  # so far"), {"pkg/base.py"}, set()),
    "lines above": (
        lambda: edit("pkg/sizes.py", "def batch", "\n\n\ndef batch"),
        {"pkg/sizes.py"},
        set(),
    ),
    "a name nobody uses": (
        lambda: edit("pkg/base.py", "from torch import nn\n", "from torch import nn\n\nX = 1\n"),
        {"pkg/base.py"},
        set(),
    ),
    "a base class is no module": (
        lambda: edit("pkg/base.py", "Base(nn.Module)", "Base"),
        {"pkg/base.py", "inherits.py"},
        {"inherits.py"},
    ),
    "a base class gets a method": (
        lambda: edit("pkg/base.py", "    pass", "    def more(self):\n        return 1"),
        {"pkg/base.py", "inherits.py"},
        set(),
    ),
    "another export": (
        lambda: Path("pkg/__init__.py").write_text("from torch.utils.data import Dataset as Base"),
        {"pkg/__init__.py", "inherits.py"},
        {"inherits.py"},
    ),
    "another result of a function": (
        lambda: edit("pkg/sizes.py", "x.shape[0]", "8"),
        {"pkg/sizes.py", "calls.py"},
        set(),
    ),
    "a function that is not called": (
        lambda: edit("pkg/helpers.py", "[x]", "[x, x]"),
        {"pkg/helpers.py"},
        set(),
    ),
    "a function returns another kind": (
        lambda: edit("pkg/helpers.py", "    return y", "    return [y]"),
        {"pkg/helpers.py", "reaches.py"},
        {"reaches.py"},
    ),
    "a function is not reached any more": (
        lambda: edit("reaches.py", "helpers.filled(x)", "x.clone()"),
        {"reaches.py", "pkg/helpers.py"},
        {"pkg/helpers.py"},
    ),
    "a file that was imported in vain": (
        lambda: Path("later.py").write_text(
            "from torch import nn\n\n\nclass Later(nn.Module): ..."
        ),
        {"later.py", "absent.py"},
        {"absent.py"},
    ),
    "a file that nobody imports": (
        lambda: Path("other.py").write_text("x = 1\n"),
        {"other.py"},
        set(),
    ),
    "a file goes": (lambda: Path("pkg/sizes.py").unlink(), {"calls.py"}, set()),
    "a file does not parse": (
        lambda: Path("pkg/base.py").write_text("class Base(nn.Module:\n"),
        {"pkg/base.py", "inherits.py"},
        {"inherits.py"},
    ),
    "a file parses again": (lambda: Path("broken.py").write_text(""), {"broken.py"}, set()),
    "a suppression": (
        lambda: edit("alone.py", "= 0", "= 0  # trtlint: ignore[slice-assign]"),
        {"alone.py"},
        {"alone.py"},
    ),
    "a file is ignored": (
        lambda: edit("alone.py", "import torch\n", "# trtlint: ignore-file\nimport torch\n"),
        {"alone.py"},
        {"alone.py"},
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_costs_what_rests_on_it(name: str, here: Path, looks: Looks) -> None:
    change, again, differ = EDITS[name]
    before = {f.path: f.findings for f in check().files}
    change()
    looks.taken()
    after = check()
    assert looks.taken() == again
    assert said(after) == cold()
    changed = {f.path for f in after.files if before.get(f.path, f.findings) != f.findings}
    assert {path.as_posix() for path in changed} >= differ
    looks.taken()
    assert said(check()) == said(after)
    assert looks.taken() == set()


def test_edits_one_after_another(here: Path) -> None:
    for name, (change, _, _) in EDITS.items():
        if name in ("a file does not parse", "a file goes", "a comment", "another export"):
            continue
        try:
            change()
        except AssertionError:  # an earlier one took its place
            continue
        assert said(check()) == cold(), name
    project(here)
    assert said(check()) == cold()


def test_settings_have_results_of_their_own(here: Path, looks: Looks) -> None:
    several: list[dict[str, Any]] = [
        {},
        {"targets": ("torch2trt-0.5",)},
        {"rules": ("slice-assign",)},
        {"dynamic_batch": True},
        {"with_edits": True},
        {"ignore": ("assign",)},
    ]
    expected = [cold(**settings) for settings in several]
    assert [said(check(**settings)) for settings in several] == expected
    looks.taken()
    assert [said(check(**settings)) for settings in several] == expected
    assert looks.taken() == set()
    edit("pkg/base.py", "Base(nn.Module)", "Base")
    for settings in several:
        assert said(check(**settings)) == cold(**settings)


def test_a_part_of_the_project(here: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    check("alone.py")
    assert looks.taken() == {"alone.py"}
    check()
    assert looks.taken() == PYTHON_FILES - {"alone.py"}
    whole = said(check(str(here)))
    monkeypatch.chdir(here / "pkg")
    assert said(check("..", str(here / "pkg"))) == cold("..", str(here / "pkg"))
    monkeypatch.chdir(here.parent)
    assert said(check(str(here))) == whole
    looks.taken()
    (report,) = check(str(here / "inherits.py")).files
    assert looks.taken() == set()
    assert {f.path for f in report.findings} == {here / "inherits.py"}


def test_fix_uses_what_check_found(here: Path, looks: Looks) -> None:
    (here / "fixable.py").write_text(
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(3, 4, 1)\n\n"
        "    def forward(self, x):\n        z = self.conv(x)\n        y = z.relu()\n"
        "        y[:, :2] = z[:, 2:]\n        return y\n"
    )
    rtx: dict[str, Any] = {"targets": ("tensorrt-rtx-1.7",)}
    expected = cold(action=Action.DIFF, **rtx)
    assert said(check(action=Action.DIFF, **rtx)) == expected
    looks.taken()
    assert said(check(action=Action.DIFF, **rtx)) == expected
    assert "silenced.py" not in looks.taken()  # there is nothing to repair in it
    assert check(action=Action.FIX, **rtx).fixed
    assert said(check(**rtx)) == cold(**rtx)


SCRAMBLES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "a byte is another": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "no head": lambda data: data.partition(b"\n")[2],
    "other bytes": lambda data: b"\xff\x00" * 50,
    "findings are gone": lambda data: data.replace(b"slice-assign", b"dtype-cast"),
    "twice": lambda data: data + b"\n" + data,
}


@pytest.mark.parametrize("name", SCRAMBLES)
def test_a_scrambled_cache_is_none(name: str, here: Path) -> None:
    expected = said(check())
    for path in cache_files(here):
        whole = path.read_bytes()
        path.write_bytes(SCRAMBLES[name](whole))
        assert said(check()) == expected
        path.write_bytes(SCRAMBLES[name](whole))
        edit("pkg/base.py", "pass", "pass #")
        assert said(check()) == expected


def test_files_that_changed_places(here: Path) -> None:
    expected = said(check())
    check(targets=("torch2trt-0.5",))
    first, second = [path for path in cache_files(here) if path.name.startswith("reports")]
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    assert said(check()) == expected


def test_whole_files_with_other_data(here: Path) -> None:
    """What no run would write, in a file that is whole."""
    from trtlint.cache.store import Store
    from trtlint.cache.tool import fingerprint

    expected = said(check())
    store = Store(here / ".trtlint_cache", fingerprint())
    for path in cache_files(here):
        if path.name == "rules":
            continue
        for lines in (["[]"], ["{}"] * 3, ["null"] * 3, ["nonsense"] * 3, ['["a.py", 1]'] * 3):
            store.write(path.name, lines)
            assert said(check()) == expected


def test_where_nothing_can_be_written(here: Path) -> None:
    expected = cold()
    (here / ".trtlint_cache").write_text("a file, not a folder")
    assert said(check()) == expected
    (here / ".trtlint_cache").unlink()
    for path in cache_files(here):
        path.unlink()
    check()
    for path in cache_files(here):
        path.unlink()
        path.mkdir()  # nothing can be put in its place, and it cannot be read
    assert said(check()) == expected


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_is_read_only(here: Path) -> None:
    expected = cold()
    here.chmod(0o500)
    try:
        assert said(check()) == expected
    finally:
        here.chmod(0o700)


def test_runs_at_the_same_time(here: Path) -> None:
    code = (
        "from trtlint.report import Request\nfrom trtlint.session import run\n"
        "from pathlib import Path\n"
        "for i in range(6):\n"
        "    if i % 2: Path('alone.py').touch()\n"
        "    report = run(Request(cache=True))\n"
        "    print(len(report.findings), len(report.files), report.exit_code)\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]  # fmt: skip
    answers = {line for run in runs for line in run.communicate()[0].splitlines()}
    assert all(run.returncode == 0 for run in runs)
    assert len(answers) == 1
    assert said(check()) == cold()


def test_where_it_lies(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trtlint("check", "alone.py").exit_code == 1
    folder = here / ".trtlint_cache"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886")
    (here / "pyproject.toml").write_text("[tool.trtlint]\ncache-dir = 'kept/here'\n")
    trtlint("check", "alone.py")
    assert (here / "kept/here/CACHEDIR.TAG").is_file()
    monkeypatch.setenv("TRTLINT_CACHE_DIR", str(here / "told"))
    trtlint("check", "alone.py")
    assert (here / "told/CACHEDIR.TAG").is_file()
    trtlint("check", "alone.py", "--cache-dir", "named")
    assert (here / "named/CACHEDIR.TAG").is_file()


def test_no_cache(here: Path) -> None:
    plain = trtlint("check", "--no-cache").stdout
    assert not (here / ".trtlint_cache").exists()
    assert trtlint("check").stdout == trtlint("check").stdout == plain


def test_clean(here: Path) -> None:
    assert "There is no .trtlint_cache" in trtlint("clean").stdout
    trtlint("check")
    result = trtlint("clean")
    assert (result.exit_code, result.stdout) == (0, "Removed .trtlint_cache\n")
    assert not (here / ".trtlint_cache").exists()
    trtlint("check", "--cache-dir", "named")
    assert trtlint("clean", "--cache-dir", "named").exit_code == 0
    assert not (here / "named").exists()


def test_clean_removes_nothing_else(here: Path) -> None:
    (here / ".trtlint_cache").mkdir()
    (here / ".trtlint_cache" / "precious").write_text("")
    result = trtlint("clean")
    assert result.exit_code == 2
    assert "is not a cache of trtlint" in result.stderr
    assert (here / ".trtlint_cache" / "precious").exists()
    assert trtlint("clean", "--cache-dir", "pkg").exit_code == 2
    assert (here / "pkg" / "base.py").exists()


def test_old_files_go(here: Path) -> None:
    check()
    for i in range(6):
        (here / ".trtlint_cache" / f"0.0.{i}-old").mkdir()
    check(targets=("torch2trt-0.5",))
    assert len([p for p in (here / ".trtlint_cache").iterdir() if p.is_dir()]) <= 4
    assert said(check()) == cold()


def test_what_the_analysis_of_one_file_remembers_stays_with_it() -> None:
    """Answers that are shared between files must not be derived from noted looks."""
    from trtlint.analysis.observed import Observed
    from trtlint.analysis.project import Project
    from trtlint.analysis.traced import find_traced

    base = Project({Path("a.py"): net("A", "", "nn.Module"), Path("b.py"): ""})
    traced = find_traced(base)
    assert base.relatives(base.modules[0])
    seen = Observed(base, Path("a.py"), traced)
    given = {"errors", "codes", "_modules", "_names"}  # facts about the project as a whole
    shared = {
        name
        for name, value in vars(seen).items()
        if name not in given
        and isinstance(value, dict | list | set)
        and value is vars(base).get(name)
    }
    assert shared == set()
