"""Export to ONNX with either exporter, and say which Python line an exporter stumbled over."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from warnings import WarningMessage

from trtlint.errors import BackendMissing
from trtlint.runtime_check.failures import ExportFailed
from trtlint.runtime_check.options import DimSpec
from trtlint.runtime_check.provenance import NodeIndex
from trtlint.runtime_check.quiet import quiet, silent_stdout_descriptor
from trtlint.runtime_check.result import Failure, SourceLine
from trtlint.runtime_check.tensors import ModelInputs, map_tensors
from trtlint.runtime_check.user_code import UserCode, chain_of, display_path

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class GraphValue:
    """An input or output of the graph; a dynamic size is its symbol, an unknown one ``?``."""

    name: str
    shape: tuple[int | str, ...]

    @property
    def dynamic(self) -> bool:
        """Whether some size is not fixed."""
        return any(isinstance(size, str) for size in self.shape)


@dataclass(frozen=True)
class ExportedGraph:
    """An ONNX file with what is needed to tie it back to the source."""

    path: Path
    index: NodeIndex
    inputs: tuple[GraphValue, ...]
    outputs: tuple[GraphValue, ...]
    notes: tuple[str, ...] = ()


def export(
    module: Any,
    inputs: ModelInputs,
    *,
    exporter: str,
    dim: DimSpec | None,
    folder: Path,
    user_code: UserCode,
) -> ExportedGraph:
    """Write the module as an ONNX file into ``folder``.

    Raises:
        ExportFailed: the exporter refused; the failure names the user's line where it is known.
        BackendMissing: torch, onnx or onnxscript are not installed.
    """
    path = folder / "model.onnx"
    with quiet() as caught:
        onnx = _import_exporters(exporter)
        try:
            if exporter == "dynamo":
                _export_dynamo(module, inputs, dim, path)
            else:
                _export_torchscript(module, inputs, dim, path)
        except Exception as error:
            raise _refusal(error, user_code) from error
        proto = onnx.load(str(path), load_external_data=False)
    index = NodeIndex(proto.graph, user_code)
    initializers = {tensor.name for tensor in proto.graph.initializer}
    return ExportedGraph(
        path,
        index,
        tuple(_value(v) for v in proto.graph.input if v.name not in initializers),
        tuple(_value(v) for v in proto.graph.output),
        tuple(dict.fromkeys(_notes(caught, user_code))),
    )


def dropped_dimension(graph: ExportedGraph, dim: DimSpec) -> Failure | None:
    """A failure where the graph fixes the dimension that was asked to be dynamic."""
    fixed = [v for v in graph.inputs if v.shape and isinstance(v.shape[0], int)]
    if not fixed:
        return None
    listed = ", ".join(f"{v.name} {list(v.shape)}" for v in fixed)
    return Failure(
        "export",
        f"the exporter dropped the dynamic dimension {dim.name!r} without a word: "
        f"the graph's inputs are fixed ({listed})",
    )


def _import_exporters(exporter: str) -> Any:
    try:
        import onnx

        if exporter == "dynamo":
            import onnxscript  # noqa: F401
    except ImportError as error:
        raise BackendMissing(
            f"the ONNX exporter is missing a package: {error}",
            'install it with `pip install "trtlint[verify]"`',
        ) from None
    return onnx


def _export_dynamo(module: Any, inputs: ModelInputs, dim: DimSpec | None, path: Path) -> None:
    import torch

    shapes: Any = None
    if dim is not None:
        # A named Dim is replaced by a constant without a word wherever torch.export would rather
        # have one; a DYNAMIC hint is kept or refused.
        def hint(tensor: Any) -> Any:
            return {0: torch.export.Dim.DYNAMIC} if tensor.ndim else {}

        bound = inspect.signature(module.forward).bind(*inputs.args, **inputs.kwargs)
        shapes = {name: _hints(value, hint) for name, value in bound.arguments.items()}
    program = torch.onnx.export(
        module,
        _positional(inputs),
        kwargs=dict(inputs.kwargs),
        dynamo=True,
        verbose=False,
        dynamic_shapes=shapes,
    )
    program.save(str(path))


def _positional(inputs: ModelInputs) -> tuple[Any, ...]:
    """The arguments, so that torch.onnx does not take a dict at their end for keyword arguments."""
    ends_in_dict = bool(inputs.args) and isinstance(inputs.args[-1], dict)
    return (*inputs.args, {}) if ends_in_dict else inputs.args


def _hints(value: Any, hint: Any) -> Any:
    """Shape hints in the structure of an argument; leaves that are no tensors have none."""
    if isinstance(value, (int, float, str, bool)) or value is None:
        return None
    return map_tensors(value, hint)


def _export_torchscript(module: Any, inputs: ModelInputs, dim: DimSpec | None, path: Path) -> None:
    import torch

    names = [name for name, _ in inputs.named()]
    axes = None
    if dim is not None:
        axes = {name: {0: dim.name} for name, tensor in inputs.named() if tensor.ndim}
    with silent_stdout_descriptor():  # verbose keeps the doc strings, and prints the graph
        torch.onnx.export(
            module,
            _positional(inputs),
            str(path),
            kwargs=dict(inputs.kwargs) or None,
            dynamo=False,
            verbose=True,
            input_names=names,
            dynamic_axes=axes,
        )


def _value(value: Any) -> GraphValue:
    sizes = value.type.tensor_type.shape.dim
    return GraphValue(
        value.name,
        tuple(
            size.dim_value if size.HasField("dim_value") else (size.dim_param or "?")
            for size in sizes
        ),
    )


def _notes(caught: Iterable[WarningMessage], user_code: UserCode) -> Iterable[str]:
    """The tracer's warnings about values that became constants, which matter."""
    for warning in caught:
        if warning.category.__name__ == "TracerWarning":
            at = user_code.innermost([(warning.filename, warning.lineno)])
            where = str(at) if at else f"{display_path(warning.filename)}:{warning.lineno}"
            yield f"{where}: {str(warning.message).split(' We can', maxsplit=1)[0]}"


def _refusal(error: Exception, user_code: UserCode) -> ExportFailed:
    links = list(chain_of(error))
    root = links[-1]
    at = _line_of_node(links, user_code) or user_code.of_exception(error)
    lines = [line.strip() for line in _COLOR.sub("", str(root)).splitlines() if line.strip()]
    first = " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1])
    message = f"{type(root).__name__}: {first}" if first else type(root).__name__
    failure = Failure("export", message, at=at)
    where = f"{at}: " if at else ""
    return ExportFailed(
        f"{where}the exporter refused the model: {message}",
        "change that line, or try the other exporter (--exporter)",
        failures=(failure,),
    )


def _line_of_node(links: list[BaseException], user_code: UserCode) -> SourceLine | None:
    """The user's line of the graph node that the exporter was translating when it failed.

    The exporters' exceptions name the node at best; the node itself, which knows where it comes
    from, stands in a local variable of the exporter's frame.
    """
    for link in reversed(links):
        traceback = link.__traceback__
        found: SourceLine | None = None
        while traceback is not None:
            local = traceback.tb_frame.f_locals
            for name in ("node", "n"):
                found = _line_of(local.get(name), user_code) or found
            traceback = traceback.tb_next
        if found is not None:
            return found
    return None


def _line_of(node: Any, user_code: UserCode) -> SourceLine | None:
    import torch

    if isinstance(node, torch.fx.Node) and node.stack_trace:
        return user_code.of_text(node.stack_trace)
    if isinstance(node, torch._C.Node):
        return user_code.of_doc_string(node.sourceRange())
    return None
