"""Run the exported graph in ONNX Runtime on the CPU and compare it with eager."""

from __future__ import annotations

import re
from typing import Any, Literal

from trtlint.errors import BackendMissing
from trtlint.runtime_check.compare import compare_output
from trtlint.runtime_check.eager import run_eager
from trtlint.runtime_check.export import ExportedGraph
from trtlint.runtime_check.options import VerifyOptions
from trtlint.runtime_check.quiet import quiet
from trtlint.runtime_check.result import Case, Failure, OutputComparison
from trtlint.runtime_check.tensors import ModelInputs, dtype_name
from trtlint.runtime_check.user_code import UserCode

_NOT_IMPLEMENTED = "NOT_IMPLEMENTED"


class OnnxRuntimeGraph:
    """An exported graph, loaded into ONNX Runtime without graph optimisations.

    Raises:
        BackendMissing: onnxruntime is not installed or has no CPU kernel for the graph.
        GraphError: the graph is not valid.
    """

    def __init__(self, graph: ExportedGraph) -> None:
        self.graph = graph
        with quiet():
            try:
                import onnxruntime
            except ImportError as error:
                raise BackendMissing(
                    f"onnxruntime cannot be imported: {error}",
                    'install it with `pip install "trtlint[verify]"`',
                ) from None
            settings = onnxruntime.SessionOptions()
            settings.log_severity_level = 4
            settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            self._session = self._guarded(
                lambda: onnxruntime.InferenceSession(
                    str(graph.path), settings, providers=["CPUExecutionProvider"]
                )
            )
        self.input_names = [value.name for value in self._session.get_inputs()]

    def run(self, inputs: ModelInputs) -> list[Any]:
        """The graph's outputs as numpy arrays."""
        named = inputs.named()
        for name, tensor in named:
            if dtype_name(tensor) == "bfloat16":
                raise BackendMissing(
                    f"ONNX Runtime's Python interface takes no bfloat16 (input {name})"
                )
        feed = self._feed(named)
        outputs: list[Any] = self._guarded(lambda: self._session.run(None, feed))
        return outputs

    def _feed(self, named: list[tuple[str, Any]]) -> dict[str, Any]:
        arrays = {name: tensor.detach().cpu().numpy() for name, tensor in named}
        if len(arrays) == len(self.input_names):  # the exporters keep the order, not the names
            return dict(zip(self.input_names, arrays.values(), strict=True))
        missing = [name for name in self.input_names if name not in arrays]
        if missing:
            raise GraphError(
                Failure(
                    "onnx",
                    f"the graph's inputs {self.input_names} cannot be matched with the model's "
                    f"{list(arrays)}",
                )
            )
        return {name: arrays[name] for name in self.input_names}

    def _guarded(self, call: Any) -> Any:
        try:
            return call()
        except Exception as error:
            text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).strip()
            if _NOT_IMPLEMENTED in str(error):
                raise BackendMissing(f"ONNX Runtime has no CPU kernel: {text}") from None
            node = self.graph.index.node_in(text)
            at = self.graph.index.line_of(node)
            message = f"ONNX Runtime cannot run the graph: {text}"
            raise GraphError(Failure("onnx", message, node, at)) from None


class GraphError(Exception):
    """ONNX Runtime cannot load or run the graph; never leaves the pipeline."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def compare_case(
    module: Any,
    runtime: OnnxRuntimeGraph,
    inputs: ModelInputs,
    options: VerifyOptions,
    user_code: UserCode,
    values: Literal["given", "other"] = "given",
) -> tuple[Case, list[Failure]]:
    """Run eager and the graph on the same inputs and compare all outputs.

    Raises:
        LoadFailed: the model does not run on these inputs.
    """
    expected = run_eager(module, inputs, options.seed, user_code)
    shapes = inputs.shapes()
    shown = f"inputs {_shown(shapes)}"
    if values == "other":
        shown += " with other values than the export saw"
    try:
        actual = runtime.run(inputs)
    except GraphError as refused:
        text = f"{refused.failure.message} ({shown})"
        at = refused.failure.at
        return Case(shapes, values=values), [Failure("onnx", text, refused.failure.node, at)]
    if len(actual) != len(expected):
        names = [name for name, _ in expected]
        text = f"the graph has {len(actual)} outputs, the model has {len(expected)}: {names}"
        return Case(shapes, values=values), [Failure("onnx", text)]
    outputs: list[OutputComparison] = []
    for (name, tensor), array, value in zip(expected, actual, runtime.graph.outputs, strict=True):
        at = runtime.graph.index.line_of_output(value.name)
        outputs.append(
            compare_output(name, tensor, array, atol=options.atol, rtol=options.rtol, at=at)
        )
    failures = [
        Failure(
            "onnx",
            f"output {o.name!r}: {o.message} ({_numbers(o)}{shown})",
            at=o.at,
        )
        for o in outputs
        if not o.passed
    ]
    return Case(shapes, tuple(outputs), values), failures


def _numbers(output: OutputComparison) -> str:
    if not output.elements:  # another shape or dtype
        return ""
    index = list(output.index)
    return f"max abs {output.max_abs:.3g}, max rel {output.max_rel:.3g} at {index}, "


def _shown(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
