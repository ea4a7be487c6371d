"""`trtlint fix` broken off, or kept from writing: every file is the old text or the new, whole."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from interruption_support import (
    DIRECT,
    FILES,
    MODEL,
    SLOW_DISK,
    alive,
    children,
    contents,
    ended,
    left_over,
    start,
    when_writing,
)

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many files, each with something to fix, and long enough that a write takes several steps."""
    folder = tmp_path_factory.mktemp("old")
    for i in range(FILES):
        (folder / f"net{i}.py").write_text(MODEL.format(i=i) + "# a line of filling\n" * 600)
    (folder / "pyproject.toml").write_text("[tool.trtlint]\n")
    return folder


@pytest.fixture(scope="module")
def fixed(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed run makes of them, by file name."""
    folder = tmp_path_factory.mktemp("new") / "project"
    shutil.copytree(originals, folder)
    status, _, err = ended(start(folder))
    assert (status, err) == (0, "")
    texts = contents(folder)
    assert all(texts[name] != old for name, old in contents(originals).items())
    return texts


@pytest.fixture
def project(originals: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(originals, tmp_path / "project"))


def whole(project: Path, originals: Path, fixed: dict[str, bytes]) -> int:
    """How many files have the new text; all others have the old one."""
    old, found = contents(originals), contents(project)
    assert found.keys() == old.keys()
    for name, data in found.items():
        assert data in (old[name], fixed[name]), f"{name} is torn"
    return sum(data == fixed[name] for name, data in found.items())


@posix
@pytest.mark.parametrize("seed", range(3))
def test_interrupted_while_it_writes(
    project: Path, originals: Path, fixed: dict[str, bytes], seed: int
) -> None:
    run = start(project, code=SLOW_DISK.format(pause=0.02))
    when_writing(project, originals)
    time.sleep(random.Random(seed).uniform(0, 0.02 * FILES * 0.8))
    os.killpg(run.pid, signal.SIGINT)
    status, _, err = ended(run)
    new = whole(project, originals, fixed)
    assert left_over(project) == []
    assert (status, err.strip()) == (130, f"error: interrupted: {said(new)}")
    assert new > 0


def said(new: int) -> str:
    if new == FILES:
        return f"all changes were written, {new} in number"
    return f"{new} of {FILES} changed files were written, the others are as they were"


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("seed", range(2))
def test_interrupted_at_any_time(
    project: Path, originals: Path, fixed: dict[str, bytes], jobs: str, seed: int
) -> None:
    run = start(project, "--jobs", jobs, code=READY + DIRECT)
    assert run.stdout is not None
    run.stdout.readline()
    time.sleep(random.Random(f"{jobs} {seed}").uniform(0, 2.5))
    os.killpg(run.pid, signal.SIGINT)
    status, _, err = ended(run)
    new = whole(project, originals, fixed)
    assert left_over(project) == []
    assert "Traceback" not in err
    if status == 130:
        assert re.fullmatch(r"\s*error: interrupted: [^\n]+\n", err)
        assert new or "no file was changed" in err
    else:
        assert (status, new, err) == (0, FILES, "")


# Before this line it is Python that starts, and answers in its own way.
READY = "from trtlint.__main__ import main; print('ready', flush=True); "


@posix
@pytest.mark.parametrize(
    "module", ["trtlint.cli", "click", "trtlint.cli.output", "trtlint.cli.fix"]
)
def test_interrupted_while_it_starts(project: Path, originals: Path, module: str) -> None:
    code = (
        "import importlib.abc, os, signal, sys\n"
        "class Interrupting(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    status, out, err = ended(start(project, code=code + DIRECT))
    assert (status, out, err.strip()) == (130, "", "error: interrupted")
    assert whole(project, originals, contents(originals)) == FILES


@posix
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("seed", range(2))
def test_killed_while_it_writes(
    project: Path, originals: Path, fixed: dict[str, bytes], seed: int, number: str
) -> None:
    run = start(project, code=SLOW_DISK.format(pause=0.02))
    when_writing(project, originals)
    time.sleep(random.Random(seed).uniform(0, 0.02 * FILES * 0.8))
    os.killpg(run.pid, signal.Signals[number])
    status, _, err = ended(run)
    assert whole(project, originals, fixed) > 0
    assert status in (-signal.Signals[number], 0)
    assert err == ""
    left = left_over(project)
    assert number == "SIGKILL" or left == []
    assert len(left) <= 1
    if number == "SIGTERM":
        return
    # what a kill leaves is none of the files that the next run looks at
    assert ended(start(project))[0] == 0
    assert contents(project) == fixed
    assert left_over(project) == left


@posix
def test_no_worker_outlives_a_killed_run(project: Path) -> None:
    for path in project.glob("*.py"):  # large enough for a second process
        path.write_text(path.read_text() + "# more to read\n" * 2000)
    run = start(project, "--jobs", "2")
    deadline = time.monotonic() + 60
    workers: list[int] = []
    while not workers and time.monotonic() < deadline and run.poll() is None:
        workers = children(run.pid)
    assert workers
    run.kill()
    ended(run)
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))


@posix
def test_a_limit_on_the_size_of_files(
    project: Path, originals: Path, fixed: dict[str, bytes]
) -> None:
    """The disk is full in the middle of a file."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    status, _, err = ended(start(project, preexec_fn=limit))
    assert status == 2
    assert err.count("cannot write: File too large") == FILES
    assert whole(project, originals, fixed) == 0
    assert left_over(project) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of so many bytes that some files fit in twice and not all do."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = FILES * 16384 + 6 * 16384
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


def test_a_full_disk(small_disk: Path, originals: Path, fixed: dict[str, bytes]) -> None:
    project = small_disk / "project"
    shutil.copytree(originals, project)
    filling = small_disk / "filling"
    fill(filling)
    status, _, err = ended(start(project))
    assert status == 2
    assert err.count("cannot write: No space left on device") == FILES
    assert whole(project, originals, fixed) == 0
    assert left_over(project) == []
    filling.unlink()
    assert ended(start(project))[0] == 0
    assert whole(project, originals, fixed) == FILES


def disturbed(folder: Path, how: str) -> tuple[int, str, str]:
    """Run with ``how`` done to the files between reading and writing."""
    code = (
        "import os, pathlib, trtlint.session as session\n"
        "real = session.write_all\n"
        f"def late(*args):\n    {how}\n    return real(*args)\n"
        "session.write_all = late\n"
    )
    return ended(start(folder, code=code + DIRECT))


def test_a_file_that_someone_else_changes_meanwhile(
    project: Path, originals: Path, fixed: dict[str, bytes]
) -> None:
    status, out, err = disturbed(project, "pathlib.Path('net3.py').write_text('x = 1\\n')")
    assert status == 2
    assert "error: net3.py: the file was changed while trtlint was at work" in err
    assert (project / "net3.py").read_text() == "x = 1\n"
    assert f"in {FILES - 1} files" in out
    rest = {name: data for name, data in contents(project).items() if name != "net3.py"}
    assert rest == {name: data for name, data in fixed.items() if name != "net3.py"}


def test_a_file_that_vanishes_meanwhile(project: Path, fixed: dict[str, bytes]) -> None:
    status, _, err = disturbed(project, "os.unlink('net3.py')")
    assert status == 2
    assert "error: net3.py: the file is gone" in err
    assert contents(project) == {k: data for k, data in fixed.items() if k != "net3.py"}


def test_a_folder_that_vanishes_meanwhile(project: Path, fixed: dict[str, bytes]) -> None:
    (project / "sub").mkdir()
    shutil.move(project / "net3.py", project / "sub" / "net3.py")
    status, _, err = disturbed(project, "__import__('shutil').rmtree('sub')")
    assert status == 2
    assert "error: sub/net3.py: the file is gone" in err
    assert not (project / "sub").exists()


def test_links_stay_links(project: Path, fixed: dict[str, bytes]) -> None:
    (project / "elsewhere").mkdir()
    target = project / "elsewhere" / "real.txt"  # found through the link only
    shutil.move(project / "net3.py", target)
    (project / "net3.py").symlink_to("elsewhere/real.txt")
    assert ended(start(project))[0] == 0
    assert os.readlink(project / "net3.py") == "elsewhere/real.txt"
    assert target.read_bytes() == fixed["net3.py"]
    assert os.listdir(project / "elsewhere") == ["real.txt"]


def test_another_name_of_a_file_keeps_the_old_text(
    project: Path, originals: Path, fixed: dict[str, bytes], tmp_path: Path
) -> None:
    """Writing in place would change the other name, and tear the file if it is broken off."""
    os.link(project / "net3.py", tmp_path / "other.py")
    status, _, err = ended(start(project))
    assert status == 0
    assert "warning: net3.py: the file had other names (hard links)" in err
    assert (project / "net3.py").read_bytes() == fixed["net3.py"]
    assert (tmp_path / "other.py").read_bytes() == (originals / "net3.py").read_bytes()


def without_override() -> list[str]:
    """What to start a process with, so that permissions hold for it although it is root's."""
    if os.geteuid():
        return []
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--"]
    if not shutil.which("setpriv") or subprocess.run([*command, "true"]).returncode:
        pytest.skip("permissions do not hold for root")
    return command


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_read_only_stays_as_it_is(
    project: Path, originals: Path, fixed: dict[str, bytes], what: str
) -> None:
    before = without_override()
    (project / "net3.py").chmod(0o444)
    if what == "folder":
        project.chmod(0o555)
    status, _, err = ended(start(project, before=before))
    project.chmod(0o755)
    assert status == 2
    assert "error: net3.py: the file is read-only; it was left untouched" in err
    assert left_over(project) == []
    if what == "file":
        assert whole(project, originals, fixed) == FILES - 1
    else:
        assert err.count("cannot write: Permission denied") == FILES - 1
        assert whole(project, originals, fixed) == 0


@pytest.mark.parametrize("name", ["fsync", "replace", "chmod"])
def test_whatever_step_fails_the_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from trtlint.errors import SourceError
    from trtlint.source import Source

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "net.py"
    path.write_bytes(b"x = 1\r\n")
    source = Source.read(path)
    monkeypatch.setattr(os, name, fail)
    with pytest.raises(SourceError, match="cannot write: Input/output error"):
        source.write("x = 2\n")
    assert path.read_bytes() == b"x = 1\r\n"
    assert os.listdir(tmp_path) == ["net.py"]
