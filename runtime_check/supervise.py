"""The parent's side: start the child, watch it, and say what became of it.

The child (:mod:`trtlint.runtime_check.child`) writes into a folder of its own: ``stage`` (the level
it is in), ``partial`` (the levels it is through with), ``result``, ``stacks`` (where it crashed or
was when time ran out) and ``output`` (what the user's code printed). Files, and not a pipe, because
they survive a crash at any point.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trtlint.errors import BackendMissing, LoadFailed
from trtlint.runtime_check.options import Changes, InputSpec, Limits, ModelSpec, VerifyOptions
from trtlint.runtime_check.result import (
    LEVELS,
    Failure,
    LevelResult,
    SourceLine,
    VerifyResult,
)
from trtlint.runtime_check.trial import TrialRequest, TrialResult
from trtlint.runtime_check.user_code import UserCode

_POLL = 0.05
_DUMP_WAIT = 1.0
_CRASHES = (
    "known to crash torch's exporters: `x.data` in forward (dynamo), "
    "try/except around a failing view (torchscript)"
)
_TAIL = 5  # lines of output shown after a crash


@dataclass(frozen=True)
class Request:
    """What the child is asked to do."""

    spec: ModelSpec
    inputs: tuple[InputSpec, ...]
    options: VerifyOptions
    limits: Limits
    root: Path | None = None  # where the child works: relative paths and imports start there
    changes: Changes = field(default_factory=Changes)


AnyRequest = Request | TrialRequest
OnStage = Callable[[str], None] | None


def run_in_child(request: Request, on_stage: OnStage = None) -> VerifyResult:
    """Verify in a child process.

    Raises:
        LoadFailed: the child died, or ran out of time, before the model had run eagerly.
        TrtlintError: whatever the child raised.
    """
    with tempfile.TemporaryDirectory(prefix="trtlint-") as name:
        reply, end = _reply(Path(name), request, on_stage)
        if isinstance(reply, VerifyResult):
            return reply
        return _post_mortem(Path(name), request, end)


def try_in_child(request: TrialRequest, on_stage: OnStage = None) -> TrialResult:
    """Run one form of a model on many inputs in a child process.

    Raises:
        LoadFailed: the child died, ran out of time, or could not run the model.
        TrtlintError: whatever the child raised.
    """
    with tempfile.TemporaryDirectory(prefix="trtlint-") as name:
        reply, end = _reply(Path(name), request, on_stage)
        if isinstance(reply, TrialResult):
            return reply
        raise _died(Path(name), request, end)


def _reply(folder: Path, request: AnyRequest, on_stage: OnStage) -> tuple[object, str]:
    """What the child answered, and how it ended."""
    (folder / "request").write_bytes(pickle.dumps(request))
    end = _watch(folder, request, on_stage)
    reply = _unpickle(folder / "result")
    if isinstance(reply, BackendMissing) and request.limits.memory_gib is not None:
        raise LoadFailed(reply.message, _memory_hint(request))
    if isinstance(reply, BaseException):
        raise reply
    return reply, end


def _watch(folder: Path, request: AnyRequest, on_stage: OnStage) -> str:
    """Wait for the child; how it ended, empty where it ended well."""
    seconds = request.limits.seconds
    command = [sys.executable, "-m", "trtlint.runtime_check.child", str(folder)]
    deadline = time.monotonic() + seconds
    shown = ""
    with (folder / "output").open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=request.root,
            # Sets of names come in the same order in every child, so that models are made alike.
            env={"PYTHONHASHSEED": "0", **os.environ},
            start_new_session=True,
        )
        try:
            while child.poll() is None:
                stage = _read(folder / "stage")
                if on_stage is not None and stage != shown:
                    shown = stage
                    on_stage(stage)
                if time.monotonic() > deadline:
                    _dump_stacks(child, folder)
                    return f"ran into the time limit of {seconds:g} s"
                time.sleep(_POLL)
        finally:
            _kill(child)
    return _ending(child.returncode)


def _ending(code: int) -> str:
    if code == 0:
        return ""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"crashed ({signal.Signals(-code).name})"
    return f"ended with exit code {code}"


def _dump_stacks(child: subprocess.Popen[bytes], folder: Path) -> None:
    """Have the child write where it is, before it is killed."""
    if not hasattr(signal, "SIGUSR1") or not (folder / "ready").exists():
        return
    child.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + _DUMP_WAIT
    while time.monotonic() < deadline and "(most recent call first)" not in _read(
        folder / "stacks"
    ):
        time.sleep(_POLL)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and what it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def _post_mortem(folder: Path, request: Request, end: str) -> VerifyResult:
    """A result with the level in which the child died marked as failed."""
    stage = _read(folder / "stage") or "load"
    partial = _unpickle(folder / "partial")
    end = end or "ended without a result"
    if stage in ("start", "load", "eager") or not isinstance(partial, VerifyResult):
        raise _died(folder, request, end)
    at = _place(folder, request)
    who = {"export": "the exporter", "onnx": "ONNX Runtime", "build": "TensorRT"}.get(stage, stage)
    failure = Failure(stage, f"{who} {end}", at=at)
    levels = dict(partial.levels)
    levels[stage] = LevelResult("failed", reason=failure.message)
    for level in LEVELS[LEVELS.index(stage) + 1 :]:
        levels[level] = LevelResult("skipped", reason=f"not reached: {failure.message}")
    known = _CRASHES if stage == "export" and "SIGSEGV" in end else ""
    notes = (*partial.notes, *filter(None, (known, _tail(_read(folder / "output")))))
    return replace(partial, levels=levels, failures=(*partial.failures, failure), notes=notes)


def _died(folder: Path, request: AnyRequest, end: str) -> LoadFailed:
    """The error for a child that died before the model had run."""
    stage = _read(folder / "stage") or "load"
    doing = {"start": "starting", "load": "loading", "eager": "running"}.get(stage, stage)
    raised = "--time-limit gives it longer" if "time limit" in end else ""
    hints = (raised, _memory_hint(request), _tail(_read(folder / "output")))
    ended = f"{end or 'ended without a result'}{_shown(_place(folder, request))}"
    return LoadFailed(f"{doing} {request.spec} {ended}", "; ".join(filter(None, hints)))


def _place(folder: Path, request: AnyRequest) -> SourceLine | None:
    """The user's line in which the child was."""
    root = request.root or Path.cwd()
    where = root / request.spec.location if request.spec.is_file else root / "module"
    return UserCode.around(where).of_dump(_read(folder / "stacks"))


def _memory_hint(request: AnyRequest) -> str:
    limit = request.limits.memory_gib
    if limit is None:
        return ""
    return f"the memory limit of {limit:g} GiB may be too low: torch alone maps about 1 GiB"


def _shown(at: SourceLine | None) -> str:
    return f" (at {at}: {at.source})" if at is not None else ""


def _tail(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return "last output: " + " | ".join(lines[-_TAIL:]) if lines else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _unpickle(path: Path) -> Any:
    """The object in a file that our own child wrote; None where it did not get so far."""
    try:
        return pickle.loads(path.read_bytes())
    except (OSError, EOFError, pickle.UnpicklingError):
        return None
