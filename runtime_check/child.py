"""The child process: ``python -m trtlint.runtime_check.child FOLDER``; see ``supervise``."""

from __future__ import annotations

import faulthandler
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

from trtlint.errors import LoadFailed, TrtlintError, UsageError
from trtlint.runtime_check.load import LoadedModel, load
from trtlint.runtime_check.no_gpu import stand_in
from trtlint.runtime_check.overlay import Overlay
from trtlint.runtime_check.pipeline import Pipeline
from trtlint.runtime_check.result import VerifyResult
from trtlint.runtime_check.supervise import Request
from trtlint.runtime_check.tensors import ModelInputs, bind_inputs, make_inputs
from trtlint.runtime_check.trial import TrialRequest, TrialResult, compare, record, seed_all


def main(folder: Path) -> None:
    """Do what the folder's ``request`` says and leave a ``result``."""
    with (folder / "stacks").open("w") as stacks:
        faulthandler.enable(stacks)
        if hasattr(faulthandler, "register"):
            faulthandler.register(signal.SIGUSR1, file=stacks, all_threads=False)
            (folder / "ready").touch()
        request: Request | TrialRequest = pickle.loads((folder / "request").read_bytes())
        try:
            _limit_memory(request.limits.memory_gib)
            reply: object = (
                _verify(request, folder) if isinstance(request, Request) else _try(request, folder)
            )
        except TrtlintError as error:
            error.__cause__ = error.__context__ = None
            reply = error
        except MemoryError:
            reply = LoadFailed(
                f"{request.spec} needs more memory than there is", "see --memory-limit"
            )
        _write(folder / "result", reply)
        faulthandler.disable()


def _load(request: Request | TrialRequest, folder: Path) -> tuple[LoadedModel, Overlay]:
    _stage(folder, "load")
    overlay = Overlay(request.changes.texts)
    overlay.install()
    if request.changes.no_gpu:
        stand_in()
    seed_all(request.options.seed)
    return load(request.spec), overlay


def _try(request: TrialRequest, folder: Path) -> TrialResult:
    loaded, overlay = _load(request, folder)
    _stage(folder, "eager")
    if not request.first:
        return compare(request, loaded)
    inputs = _inputs(request, loaded.module, loaded.example)
    return record(request, loaded, inputs, overlay.loaded)


def _verify(request: Request, folder: Path) -> VerifyResult:
    loaded, _ = _load(request, folder)

    def observe(name: str, so_far: VerifyResult) -> None:
        _write(folder / "partial", so_far)
        _stage(folder, name)

    return Pipeline(
        loaded.module,
        _inputs(request, loaded.module, loaded.example),
        request.options,
        label=str(request.spec),
        user_code=loaded.user_code,
        observe=observe,
    ).run()


def _inputs(request: Request | TrialRequest, module: Any, example: Any) -> ModelInputs:
    if request.inputs:
        return make_inputs(module, request.inputs, request.options.seed)
    if example is None:
        raise UsageError(
            f"there are no inputs for {request.spec}",
            "give --input 1x3x224x224 for each argument of forward, or define "
            "EXAMPLE = (tensor, ...) in the model's file",
        )
    return bind_inputs(module, example)


def _stage(folder: Path, name: str) -> None:
    path = folder / "stage.new"
    path.write_text(name, encoding="utf-8")
    path.replace(folder / "stage")


def _write(path: Path, value: object) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(pickle.dumps(value))
    new.replace(path)


def _limit_memory(gib: float | None) -> None:
    if gib is None:
        return
    try:
        import resource
    except ImportError:
        raise UsageError("--memory-limit needs a Unix system", "leave it out") from None
    size = int(gib * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
