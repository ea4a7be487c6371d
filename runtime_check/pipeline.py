"""All levels in order: eager, export, onnx, build, network, engine."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from trtlint.errors import BackendMissing, LoadFailed
from trtlint.runtime_check.build import build_graph
from trtlint.runtime_check.eager import call_module, differ, run_eager
from trtlint.runtime_check.export import ExportedGraph, dropped_dimension, export
from trtlint.runtime_check.failures import ExportFailed
from trtlint.runtime_check.load import import_torch
from trtlint.runtime_check.onnx_level import GraphError, OnnxRuntimeGraph, compare_case
from trtlint.runtime_check.options import VerifyOptions
from trtlint.runtime_check.result import (
    BackendInfo,
    Case,
    Failure,
    LevelResult,
    LineCost,
    VerifyResult,
)
from trtlint.runtime_check.tensorrt_adapter import TensorRt, find_tensorrt
from trtlint.runtime_check.tensors import ModelInputs, flatten, other_leaves
from trtlint.runtime_check.user_code import UserCode

Observer = Callable[[str, VerifyResult], None]


class Pipeline:
    """One verification of one module.

    Args:
        module: in eval mode.
        inputs: what forward takes; with a dynamic dimension, resized to its usual size.
        options: how to convert and compare.
        label: what the report calls the model.
        user_code: whose lines failures are charged to.
        observe: called before each level with its name and all that is known so far.
    """

    def __init__(
        self,
        module: Any,
        inputs: ModelInputs,
        options: VerifyOptions,
        *,
        label: str,
        user_code: UserCode,
        observe: Observer | None = None,
    ) -> None:
        self._module, self._options, self._user_code = module, options, user_code
        dim = options.dim
        self._inputs = inputs if dim is None else inputs.at_size(dim.usual, options.seed)
        self._label, self._observe = label, observe
        self._levels: dict[str, LevelResult] = {}
        self._failures: list[Failure] = []
        self._notes: list[str] = []
        self._lines: tuple[LineCost, ...] = ()
        self._tensorrt: TensorRt | None = None
        self._graph: ExportedGraph | None = None
        self._dropped = False

    def run(self) -> VerifyResult:
        """Run all levels.

        Raises:
            LoadFailed: the model does not run on its inputs.
            UsageError: the compute capability is unknown to this TensorRT.
        """
        self._level("eager", self._eager)
        with tempfile.TemporaryDirectory(prefix="trtlint-") as folder:
            self._level("export", lambda: self._export(Path(folder)))
            self._level("onnx", self._onnx)
            self._level("build", self._build)
        reason = "the reference executor is not part of this version"
        self._levels["network"] = LevelResult("skipped", reason=reason)
        self._levels["engine"] = LevelResult("skipped", reason=_engine_reason())
        return self.snapshot()

    def snapshot(self) -> VerifyResult:
        """What is known so far."""
        backend = None
        if self._tensorrt is not None:
            capability = (
                self._options.compute_capability
                if self._tensorrt.has_compute_capabilities
                else None
            )
            backend = BackendInfo(self._tensorrt.name, self._tensorrt.version, capability)
        return VerifyResult(
            model=self._label,
            exporter=self._options.exporter,
            inputs=self._inputs.info(),
            backend=backend,
            levels=dict(self._levels),
            failures=tuple(self._failures),
            lines=self._lines,
            notes=tuple(self._notes),
        )

    def _level(self, name: str, run: Callable[[], LevelResult]) -> None:
        if self._observe is not None:
            self._observe(name, self.snapshot())
        start = time.perf_counter()
        try:
            level = run()
        except BackendMissing as missing:
            level = LevelResult("skipped", reason=missing.message)
        self._levels[name] = LevelResult(
            level.status, time.perf_counter() - start, level.reason, level.cases, level.build
        )

    def _failed(self, *failures: Failure, cases: tuple[Case, ...] = ()) -> LevelResult:
        self._failures += failures
        return LevelResult("failed", reason=failures[0].message, cases=cases)

    def _eager(self) -> LevelResult:
        seed = self._options.seed
        returned = call_module(self._module, self._inputs, seed, self._user_code)
        outputs = flatten(returned)
        if not outputs:
            return self._failed(Failure("eager", "forward returns no tensor: nothing to compare"))
        kinds = sorted(set(other_leaves(returned)))
        if kinds:
            self._notes.append(f"forward also returns {', '.join(kinds)}, which no level compares")
        if differ(outputs, run_eager(self._module, self._inputs, seed + 1, self._user_code)):
            self._notes.append(
                "forward is not repeatable (random numbers or kept state): "
                "no conversion can agree with it"
            )
        return LevelResult("passed")

    def _export(self, folder: Path) -> LevelResult:
        try:
            self._graph = export(
                self._module,
                self._inputs.clone(),  # one tensor given twice is two inputs
                exporter=self._options.exporter,
                dim=self._options.dim,
                folder=folder,
                user_code=self._user_code,
            )
        except ExportFailed as refused:
            return self._failed(*refused.failures)
        self._notes += self._graph.notes
        dim = self._options.dim
        if dim is not None:
            dropped = dropped_dimension(self._graph, dim)
            if dropped is not None:
                self._dropped = True
                return self._failed(dropped)
        return LevelResult("passed")

    def _onnx(self) -> LevelResult:
        if self._graph is None:
            return self._no_graph()
        try:
            runtime = OnnxRuntimeGraph(self._graph)
        except GraphError as refused:
            return self._failed(refused.failure)
        cases: list[Case] = []
        failures: list[Failure] = []
        for values, inputs in self._cases():
            try:
                case, failed = compare_case(
                    self._module, runtime, inputs, self._options, self._user_code, values
                )
            except LoadFailed:
                if values == "given":
                    raise
                self._notes.append(
                    "the model does not run on other values than the given ones: "
                    "what an export freezes may have gone unseen"
                )
                continue
            cases.append(case)
            failures += failed
        if failures:
            self._note_fixed_outputs()
            return self._failed(*failures, cases=tuple(cases))
        if not any(output.elements for case in cases for output in case.outputs):
            nothing = Failure("onnx", "nothing was compared: no output has any elements")
            return self._failed(nothing, cases=tuple(cases))
        return LevelResult("passed", cases=tuple(cases))

    def _cases(self) -> Iterator[tuple[Literal["given", "other"], ModelInputs]]:
        """What to compare on: the given inputs, other values, and the other sizes."""
        seed, dim = self._options.seed, self._options.dim
        yield "given", self._inputs
        yield "other", self._inputs.with_other_values(seed)
        if dim is not None and not self._dropped:
            for size in dim.sizes[1:]:
                yield "given", self._inputs.at_size(size, seed)

    def _note_fixed_outputs(self) -> None:
        dim = self._options.dim
        if dim is None or self._dropped or self._graph is None:
            return
        self._notes += [
            f"output {value.name} is fixed at {value.shape[0]} along axis 0 although "
            f"{dim.name!r} is dynamic"
            for value in self._graph.outputs
            if value.shape and isinstance(value.shape[0], int)
        ]

    def _build(self) -> LevelResult:
        if self._graph is None:
            return self._no_graph()
        self._tensorrt = find_tensorrt(self._options.backend)
        result = build_graph(
            self._graph,
            self._tensorrt,
            compute_capability=self._options.compute_capability,
            dim=self._options.dim,
            build=self._options.build,
            save_engine=self._options.save_engine,
        )
        self._lines = result.lines
        if not result.accepted:
            failures = result.parse_errors + result.build_errors
            self._failures += failures
            return LevelResult("failed", reason=failures[0].message, build=result)
        if not result.layers:
            return self._failed(Failure("build", "the parsed network is empty"))
        return LevelResult("passed", build=result)

    def _no_graph(self) -> LevelResult:
        status = self._levels["export"].status
        return LevelResult("skipped", reason=f"there is no ONNX graph: the export {status}")


def _engine_reason() -> str:
    if import_torch().cuda.is_available():
        return "running the engine on a GPU is not part of this version"
    return "no supported GPU on this machine"
