"""What the two ONNX exporters and the TensorRT-RTX parser and builder make of a probe."""

from __future__ import annotations

import contextlib
import io
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import tensorrt_rtx
import torch
from probe import Probe
from tensors import clone, difference, draw_all, leaves

OPSET_TORCHSCRIPT = 17
DYNAMIC_BATCHES = (1, 3, 8)
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_DISPATCH = re.compile(r"No ONNX function found for.*", re.DOTALL)
Outcome = dict[str, Any]


def measure_onnx(probe: Probe, *, exporter: str, dynamic: bool, folder: Path) -> Outcome:
    """Export, parse and build, then compare ONNX Runtime with eager PyTorch."""
    if dynamic and not any(one.has_batch for one in probe.inputs):
        return {"verdict": "n/a"}
    path = folder / "model.onnx"
    try:
        export(probe, exporter, dynamic, path)
    except Exception as error:
        return {"verdict": "rejected", "stage": "export", "detail": root_message(error)}
    graph = onnx.load(str(path), load_external_data=False)
    outcome: Outcome = {"onnx_ops": dict(Counter(_operators(graph)))}
    refusal = _build(path)
    if refusal:
        stage, detail = refusal
        return {"verdict": "rejected", "stage": stage, "detail": detail, **outcome}
    return {**_run(probe, path, dynamic), **outcome}


def export(probe: Probe, exporter: str, dynamic: bool, path: Path) -> None:
    """Write the probe as ONNX with one of the two exporters, silently."""
    with _silent():
        _export(probe, exporter, dynamic, path)


def _export(probe: Probe, exporter: str, dynamic: bool, path: Path) -> None:
    module = probe.make()
    arguments = tuple(clone(value) for value in draw_all(probe.inputs, seed=1))
    if exporter == "torchscript":
        names = [f"x{i}" for i, one in enumerate(probe.inputs) if one.shape is not None]
        axes = {f"x{i}": {0: "batch"} for i, one in enumerate(probe.inputs) if one.has_batch}
        torch.onnx.export(
            module,
            arguments,
            str(path),
            dynamo=False,
            opset_version=OPSET_TORCHSCRIPT,
            input_names=names,
            dynamic_axes=axes if dynamic else None,
        )
        return
    shapes = None
    if dynamic:
        batch = torch.export.Dim("batch")
        shapes = tuple(_hint(one.has_batch, one.shape, batch) for one in probe.inputs)
    program = torch.onnx.export(
        module, arguments, dynamo=True, verbose=False, dynamic_shapes=shapes
    )
    assert program is not None
    program.save(str(path))


def _hint(has_batch: bool, shape: tuple[int, ...] | None, batch: Any) -> Any:
    if shape is None:
        return None
    return {0: batch} if has_batch else {}


def _operators(graph: onnx.ModelProto) -> Iterator[str]:
    for function in graph.functions:
        for node in function.node:
            yield node.op_type
    for node in graph.graph.node:
        yield node.op_type
        for attribute in node.attribute:
            yield from (inner.op_type for inner in attribute.g.node)


class _Log(tensorrt_rtx.ILogger):  # type: ignore[misc]
    def __init__(self) -> None:
        tensorrt_rtx.ILogger.__init__(self)
        self.errors: list[str] = []

    def log(self, severity: Any, message: str) -> None:
        if severity in (tensorrt_rtx.ILogger.ERROR, tensorrt_rtx.ILogger.INTERNAL_ERROR):
            self.errors.append(message)


def _build(path: Path) -> tuple[str, str] | None:
    """Parse and build for SM89; None where TensorRT accepts the graph, else stage and message."""
    log = _Log()
    builder = tensorrt_rtx.Builder(log)
    network = builder.create_network(0)
    parser = tensorrt_rtx.OnnxParser(network, log)
    if not parser.parse_from_file(str(path)):
        if not parser.num_errors:
            return "parse-fail", " ".join(log.errors)[:300]
        error = parser.get_error(0)
        return "parse-fail", f"[{error.node_operator()}] {error.desc()}"[:300]
    config = builder.create_builder_config()
    config.num_compute_capabilities = 1
    config.set_compute_capability(tensorrt_rtx.ComputeCapability.SM89, 0)
    inputs = [network.get_input(i) for i in range(network.num_inputs)]
    if any(-1 in tuple(one.shape) or one.is_shape_tensor for one in inputs):
        profile = builder.create_optimization_profile()
        for one in inputs:
            shape = tuple(one.shape)
            if one.is_shape_tensor:  # its values are sizes
                volume = math.prod(shape)
                profile.set_shape_input(one.name, *([n] * volume for n in (1, 2, 8)))
            elif -1 in shape:
                limits = [tuple(batch if n < 0 else n for n in shape) for batch in (1, 2, 8)]
                profile.set_shape(one.name, *limits)
        config.add_optimization_profile(profile)
    if builder.build_serialized_network(network, config) is None:
        return "build-fail", (log.errors or ["no engine, no reason"])[0][:300]
    return None


def _run(probe: Probe, path: Path, dynamic: bool) -> Outcome:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception:
        return {"verdict": "converts", "onnxruntime": "load-error"}
    cases = [("same", 1, 2), ("other", 7, 2)]
    if dynamic:
        cases += [(f"b{batch}", 5, batch) for batch in DYNAMIC_BATCHES]
    wrong: dict[str, str] = {}
    failed: dict[str, str] = {}
    for name, seed, batch in cases:
        values = draw_all(probe.inputs, seed, batch)
        try:
            torch.manual_seed(0)
            expected = leaves(probe.make()(*(clone(value) for value in values)))
        except Exception:
            continue  # eager itself takes no such batch
        try:
            found = _outputs(session, probe, values)
        except Exception as error:
            message = _COLOR.sub("", str(error))[:200]
            if not message.startswith("[ONNXRuntimeError]"):  # NumPy has no such values to feed
                return {"verdict": "converts", "onnxruntime": f"cannot be fed: {message}"}
            failed[name] = message
            continue
        text = difference(expected, found, values=not probe.random)
        if text:
            wrong[name] = text
    if wrong:
        details = "; ".join(sorted(set(wrong.values())))
        return {"verdict": "wrong", "detail": f"{','.join(sorted(wrong))}: {details}"[:300]}
    if failed and set(failed) - {"same", "other"}:
        message = next(iter(failed.values()))
        return {"verdict": "wrong", "detail": f"other shapes fail: {','.join(failed)}: {message}"}
    if failed:
        return {"verdict": "converts", "onnxruntime": "run-error: " + failed.popitem()[1]}
    return {"verdict": "converts"}


def _outputs(
    session: onnxruntime.InferenceSession, probe: Probe, values: tuple[Any, ...]
) -> list[torch.Tensor]:
    tensors = {f"x{i}": v for i, v in enumerate(values) if isinstance(v, torch.Tensor)}
    wanted = [one.name for one in session.get_inputs()]
    if all(name in tensors for name in wanted):
        feeds = {name: tensors[name] for name in wanted}
    elif len(wanted) == len(tensors):
        feeds = dict(zip(wanted, tensors.values(), strict=True))
    else:
        named = dict(zip(probe.parameters(), values, strict=False))
        feeds = {name: named[name] for name in wanted}
    results = session.run(None, {name: clone(value).numpy() for name, value in feeds.items()})
    return [torch.as_tensor(result) for result in results]


def root_message(error: BaseException) -> str:
    """The innermost cause, its first telling lines."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = _COLOR.sub("", str(error)).strip()
    found = _DISPATCH.search(text)
    text = found.group(0) if found else text
    return f"{type(error).__name__}: {' '.join(text.split())}"[:300]


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
