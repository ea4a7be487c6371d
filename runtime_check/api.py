"""What the rest of trtlint calls: verify a module here, verify a file in a child process."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trtlint.runtime_check.build import build_graph, require_accepted
from trtlint.runtime_check.export import export
from trtlint.runtime_check.options import InputSpec, Limits, ModelSpec, VerifyOptions
from trtlint.runtime_check.pipeline import Pipeline
from trtlint.runtime_check.result import BuildResult, VerifyResult
from trtlint.runtime_check.supervise import Request, run_in_child
from trtlint.runtime_check.tensorrt_adapter import find_tensorrt
from trtlint.runtime_check.tensors import bind_inputs
from trtlint.runtime_check.user_code import UserCode

__all__ = [
    "InputSpec",
    "Limits",
    "ModelSpec",
    "VerifyOptions",
    "VerifyResult",
    "build_counts",
    "eager_once",
    "require_accepted",
    "verify",
    "verify_spec",
]


def verify(
    module: Any, inputs: Any, *, options: VerifyOptions | None = None, label: str = ""
) -> VerifyResult:
    """Verify a module in this process; nothing limits its time or survives its crashes.

    Args:
        module: a ``torch.nn.Module``; put in eval mode and back.
        inputs: a tensor, a sequence of arguments, or a mapping from argument names.
        options: how to convert and compare.
        label: what the report calls the model; its class name by default.

    Raises:
        LoadFailed: the model does not run on its inputs.
        UsageError: the inputs do not fit forward.
        BackendMissing: torch is not installed.
    """
    with _EvalMode(module):
        pipeline = Pipeline(
            module,
            bind_inputs(module, inputs),
            options or VerifyOptions(),
            label=label or type(module).__name__,
            user_code=_user_code_of(module),
        )
        return pipeline.run()


def verify_spec(
    spec: str | ModelSpec,
    inputs: Sequence[str | InputSpec] = (),
    *,
    options: VerifyOptions | None = None,
    limits: Limits | None = None,
    root: Path | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> VerifyResult:
    """Verify ``path.py:Class`` in a child process with a time limit.

    Args:
        spec: the model.
        inputs: shapes such as ``1x3x224x224``; without any, the EXAMPLE of the model's file.
        options: how to convert and compare.
        limits: of the child process.
        root: where relative paths and imports start; the current folder by default.
        on_stage: called with the name of each level when it begins.

    Raises:
        UsageError: the spec or an input is malformed, or there are no inputs.
        LoadFailed: the model cannot be imported, made or run; also where that takes too long.
        BackendMissing: torch is not installed.
    """
    request = Request(
        spec=spec if isinstance(spec, ModelSpec) else ModelSpec.parse(spec, root),
        inputs=tuple(
            text if isinstance(text, InputSpec) else InputSpec.parse(text) for text in inputs
        ),
        options=options or VerifyOptions(),
        limits=limits or Limits(),
        root=root,
    )
    return run_in_child(request, on_stage)


def build_counts(
    module: Any,
    inputs: Any,
    *,
    exporter: str = "dynamo",
    build: bool = True,
    options: VerifyOptions | None = None,
) -> BuildResult:
    """Export and parse a module, and build it if asked: which layers TensorRT makes of it.

    What the parser and builder refuse is in the result (``accepted``, ``parse_errors``,
    ``build_errors``); ``require_accepted`` raises it.

    Raises:
        ExportFailed: the exporter refused; ``failures`` names the line.
        BackendMissing: a package is not installed.
    """
    options = options or VerifyOptions(exporter=exporter)
    bound = bind_inputs(module, inputs)
    if options.dim is not None:
        bound = bound.at_size(options.dim.usual, options.seed)
    with _EvalMode(module), tempfile.TemporaryDirectory(prefix="trtlint-") as folder:
        graph = export(
            module,
            bound.clone(),
            exporter=options.exporter,
            dim=options.dim,
            folder=Path(folder),
            user_code=_user_code_of(module),
        )
        return build_graph(
            graph,
            find_tensorrt(options.backend),
            compute_capability=options.compute_capability,
            dim=options.dim,
            build=build,
        )


def eager_once(module: Any, inputs: Any, seed: int = 0) -> int:
    """Run a module once in eval mode; how many tensors it returned.

    Raises:
        LoadFailed: forward raised.
    """
    from trtlint.runtime_check.eager import run_eager

    with _EvalMode(module):
        bound = bind_inputs(module, inputs)
        return len(run_eager(module, bound, seed, _user_code_of(module)))


class _EvalMode:
    """Eval mode within, and each submodule's own mode afterwards."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._modes = [(part, part.training) for part in module.modules()]

    def __enter__(self) -> None:
        self._module.eval()

    def __exit__(self, *_: object) -> None:
        for part, training in self._modes:
            part.training = training


def _user_code_of(module: Any) -> UserCode:
    try:
        return UserCode.around(inspect.getsourcefile(type(module)))
    except TypeError:
        return UserCode.around(None)
