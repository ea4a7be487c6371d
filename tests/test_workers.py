"""Any number of processes gives the same output."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cache_support import check, cold, edit, project, said
from checkout import ROOT

from trtlint import workers
from trtlint.errors import AuthorError, RuleCrashed, TrtlintError, UnparsableSource
from trtlint.rules.slice_assign import SliceAssign
from trtlint.workers import Spread


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("trtlint.indexing.WORTH_A_PROCESS", 0)
    monkeypatch.chdir(project(tmp_path))
    return tmp_path


@pytest.mark.parametrize("jobs", [2, 4])
def test_same_result_with_any_number_of_jobs(here: Path, jobs: int) -> None:
    assert said(check(cache=False, jobs=jobs)) == cold()
    assert said(check(jobs=jobs)) == cold()
    edit("pkg/base.py", "Base(nn.Module)", "Base")
    assert said(check(jobs=jobs)) == cold()


def test_same_output_with_any_hash_seed(here: Path) -> None:
    outputs = set()
    for seed, jobs in (("0", "1"), ("1", "2"), ("2", "4")):
        run = subprocess.run(
            [sys.executable, "-m", "trtlint", "check", "--no-cache", "--jobs", jobs],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert run.returncode == 2  # a file does not parse
        outputs.add((run.stdout, run.stderr))
    assert len(outputs) == 1


def test_a_crash_keeps_its_cause(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> object:
        raise ZeroDivisionError("one by zero")

    monkeypatch.setattr(SliceAssign, "check", crash)
    report = check(jobs=2)
    crashes = [error for error in report.errors if isinstance(error, RuleCrashed)]
    assert crashes
    assert all(isinstance(error.__cause__, ZeroDivisionError) for error in crashes)
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert said(check()) == cold()  # a crash is not remembered


def _double(value: int) -> int:
    if value == 3:
        raise RuntimeError("three")
    if value == 5:
        os._exit(1)
    return 2 * value


def test_what_fails_is_handed_back() -> None:
    assert dict(Spread(_double, [1, 2, 3, 4], 2)) == {1: 2, 2: 4, 3: None, 4: 8}


def test_a_process_that_dies() -> None:
    done = dict(Spread(_double, [5, 1, 2], 2))
    assert done[5] is None
    assert all(done[i] in (None, 2 * i) for i in (1, 2))


def test_processes_that_are_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_start_method", lambda: "spawn")
    assert dict(Spread(abs, [-1, 2], 2)) == {-1: 1, 2: 2}


def test_no_fork_beside_threads() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert workers._start_method() == "spawn"
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    "error",
    [
        TrtlintError("it", "do"),
        UnparsableSource("it", path=Path("a.py"), line=3, column=4, hint="do"),
        AuthorError("it", unit="rule", path=Path("a.py")),
    ],
)
def test_errors_travel(error: TrtlintError) -> None:
    import pickle

    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert (str(back), vars(back)) == (str(error), vars(error))
