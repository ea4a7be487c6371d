"""torch2trt without a GPU, as a further route: ``measure.py --plugin torch2trt_route.py``.

``TORCH2TRT`` in the environment names a checkout of torch2trt; the truth was measured with commit
4e820ae. It runs over TensorRT-RTX, whose module stands in for ``tensorrt``. What a newer TensorRT
calls otherwise is given its old name; nothing else of torch2trt changes:

- ``add_padding`` is ``add_padding_nd``, and ``SliceMode`` is ``SampleMode``, since TensorRT 10;
- calibrators, and the flag for explicit batches, are empty;
- inputs and outputs are marked without a device, and the builder builds for SM89;
- a constant that is not contiguous is copied, as ``.cpu()`` does with a CUDA tensor.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import types
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorrt_rtx as trt
import torch
from onnx_routes import root_message
from probe import Probe
from tensors import clone, difference, draw_all, leaves
from torch2trt_layers import evaluate

Outcome = dict[str, Any]
_UNSUPPORTED = "known unsupported method "
_log: list[str] = []


class _Modes:
    """Names of ``SliceMode``."""

    def __getattr__(self, name: str) -> Any:
        return getattr(trt.SampleMode, name)


class _Logger(trt.ILogger):  # type: ignore[misc]
    INTERNAL_ERROR, ERROR = trt.ILogger.INTERNAL_ERROR, trt.ILogger.ERROR
    WARNING, INFO, VERBOSE = trt.ILogger.WARNING, trt.ILogger.INFO, trt.ILogger.VERBOSE

    def __init__(self, *_: Any) -> None:
        trt.ILogger.__init__(self)

    def log(self, severity: Any, message: str) -> None:
        if severity in (self.ERROR, self.INTERNAL_ERROR):
            _log.append(message)


class _Builder(trt.Builder):  # type: ignore[misc]
    def create_builder_config(self) -> Any:
        config = super().create_builder_config()
        config.num_compute_capabilities = 1
        config.set_compute_capability(trt.ComputeCapability.SM89, 0)
        return config


class _Converted:
    """What torch2trt returns: the engine, and how values are flattened."""

    network: Any

    def __init__(self, engine: Any, inputs: Any = None, _: Any = None, **flatteners: Any) -> None:
        self.engine, self.input_names = engine, inputs
        self.inputs, self.outputs = flatteners["input_flattener"], flatteners["output_flattener"]


def _as_tensorrt() -> types.ModuleType:
    module = types.ModuleType("tensorrt")
    for name in dir(trt):
        setattr(module, name, getattr(trt, name))
    for kind in ("", "Entropy", "MinMax", "Legacy"):
        setattr(module, f"IInt8{kind}Calibrator", type(f"IInt8{kind}Calibrator", (), {}))
    module.IInt8EntropyCalibrator2 = type("IInt8EntropyCalibrator2", (), {})  # type: ignore[attr-defined]
    values = {"ENTROPY_CALIBRATION": 0, "ENTROPY_CALIBRATION_2": 1, "MINMAX_CALIBRATION": 2}
    stubs: dict[str, Any] = {
        "__version__": "10.9.0",
        "CalibrationAlgoType": type("CalibrationAlgoType", (), values),
        "NetworkDefinitionCreationFlag": type("Flag", (), {"EXPLICIT_BATCH": 0}),
        "SliceMode": _Modes(),
        "Logger": _Logger,
        "Builder": _Builder,
    }
    for name, value in stubs.items():
        setattr(module, name, value)
    return module


def _renamed() -> None:
    """What torch2trt calls on a network by its old name, or with what only CUDA tensors do."""
    network = trt.INetworkDefinition
    plain = network.add_constant

    def add_padding(self: Any, input: Any, pre_padding: Any, post_padding: Any) -> Any:
        return self.add_padding_nd(input, tuple(pre_padding), tuple(post_padding))

    def add_constant(self: Any, shape: Any = None, weights: Any = None, **_: Any) -> Any:
        if isinstance(weights, np.ndarray) and not weights.flags["C_CONTIGUOUS"]:
            given = torch.from_numpy(weights)
            copied = torch.empty_like(given, memory_format=torch.preserve_format)
            weights = copied.copy_(given).numpy()
        return plain(self, shape, weights)

    network.add_padding, network.add_constant = add_padding, add_constant


@cache
def _torch2trt() -> Any:
    """The checkout's module, imported over TensorRT-RTX."""
    checkout = os.environ.get("TORCH2TRT", "")
    if not (Path(checkout) / "torch2trt").is_dir():
        raise RuntimeError("TORCH2TRT names no checkout of torch2trt")
    sys.dont_write_bytecode = True
    sys.modules["tensorrt"] = _as_tensorrt()
    sys.path.insert(0, checkout)
    _renamed()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch2trt  # noqa: F401
    del sys.modules["tensorrt"]  # torch2trt keeps its own reference
    module = sys.modules["torch2trt.torch2trt"]
    module.TRTModule = _Converted  # type: ignore[attr-defined]

    def add_inputs(self: Any, tensors: Any, names: Any = None, dynamic_axes: Any = None) -> None:
        self.input_names = names
        for number, tensor in enumerate(tensors):
            if not hasattr(tensor, "_trt"):
                dtype = module.torch_dtype_to_trt(tensor.dtype)  # type: ignore[attr-defined]
                shape = tuple(int(n) for n in tensor.shape)
                tensor._trt = self.network.add_input(name=names[number], shape=shape, dtype=dtype)

    def mark_outputs(self: Any, tensors: Any, names: Any = None) -> None:
        self.output_names = names
        for number, tensor in enumerate(tensors):
            tensor._trt.name = names[number]
            self.network.mark_output(tensor._trt)

    context = module.ConversionContext  # type: ignore[attr-defined]
    context.add_inputs, context.mark_outputs = add_inputs, mark_outputs
    return module


def measure(probe: Probe, _: Path) -> Outcome:
    """Convert for the example's shapes; compare what the network computes with eager PyTorch."""
    module = _torch2trt()
    values = [clone(value) for value in draw_all(probe.inputs, seed=1)]
    _log.clear()
    printed = io.StringIO()
    converted = None
    try:
        with contextlib.redirect_stdout(printed), torch.no_grad():
            converted = module.torch2trt(probe.make(), values)
    except Exception as error:
        return {**_refused("convert", root_message(error)), **_told(printed)}
    finally:  # where it died inside, its hooks are still there
        torch.Tensor.size = module._original_size  # type: ignore[method-assign]
        torch.Tensor.__getattribute__ = module._old_getattr  # type: ignore[method-assign]
    if converted.engine is None:
        return {**_refused("build-fail", " ".join(_log)[:300]), **_told(printed)}
    return {**_compared(probe, converted), **_told(printed)}


def _refused(stage: str, detail: str) -> Outcome:
    return {"verdict": "rejected", "stage": stage, "detail": detail}


def _told(printed: io.StringIO) -> Outcome:
    lines = printed.getvalue().split(_UNSUPPORTED)[1:]
    names = [line.split()[0] for line in lines]
    return {"unsupported_methods": list(dict.fromkeys(names))} if names else {}


def _compared(probe: Probe, converted: Any) -> Outcome:
    layers = map(converted.network.get_layer, range(converted.network.num_layers))
    kinds = {trt.ILayer.type.fget(layer).name for layer in layers}
    if probe.random and "FILL" not in kinds:
        return {"verdict": "wrong", "detail": "random values are constants of the network"}
    for case, values in _cases(probe):
        torch.manual_seed(0)
        try:
            expected = probe.make()(*(clone(value) for value in values))
        except Exception:
            continue  # eager itself does not take these
        flat = converted.inputs.flatten(list(values))
        try:
            found = evaluate(
                converted.network, dict(zip(converted.input_names, flat, strict=False))
            )
        except Exception as error:
            return {"verdict": "converts", "numbers": f"not compared: {root_message(error)}"}
        text = difference(leaves(expected), found, values=not probe.random)
        if text:
            return {"verdict": "wrong", "detail": f"{case}: {text}"}
    return {"verdict": "converts"}


def _cases(probe: Probe) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The example's values, others, and such as take the branches that these do not."""
    for case, seed in (("same", 1), ("other", 7)):
        yield case, draw_all(probe.inputs, seed)
    for case, sign in (("positive", 2.0), ("negative", -2.0)):
        values = draw_all(probe.inputs, 3)
        yield case, tuple(sign * v.abs() if _is_float(v) else v for v in values)


def _is_float(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


ROUTES = {"torch2trt": measure}
