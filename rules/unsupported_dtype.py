"""unsupported-dtype: element types that TensorRT does not compute with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from trtlint.api import (
    Int,
    OperatorMatch,
    OperatorUse,
    Rule,
    Tensor,
    TracedCode,
    Value,
    Verdict,
    cited,
    emits,
    fails,
    through_onnx,
)

_OTHERS = {
    "torch-tensorrt": cited(
        "costly", "pytorch/TensorRT to_copy_dtype_validator: not among the dtypes, runs in PyTorch"
    ),
    "torch2trt": cited("rejected", "4e820ae: casts stop the conversion"),
}
_FLOAT8 = fails("no ONNX type at opset 17")
_CASTS = frozenset("to type short".split())
_SCALARS = frozenset("add sub mul eq ne lt le gt ge maximum minimum".split())


class UnsupportedDtype(Rule[OperatorMatch]):
    """Flag ``int16``, ``uint8`` and ``float8`` tensors inside the network.

    ## What it does
    Finds casts to 16-bit integers, to unsigned integers of more than 8 bits and to 8-bit floats,
    every use of a tensor that was cast to ``uint8``, and ``int8`` tensors that meet a number.

    ## Why it matters
    TensorRT has no 16-bit integers. ``uint8`` is a type of inputs and outputs only, and the other
    types of 8 bits belong to quantization: an ``int8`` constant must stand before a
    DequantizeLinear.

    ## Use instead
    ``int32`` for numbers, ``bool`` for masks, the floating type for everything else. Casting to
    ``uint8`` as the very last step is fine.

    ## Fix safety
    There is no automatic fix: wrapping at 8 or 16 bits may be what is meant.

    ## Known limits
    The dtype of an input is not known. Constants are folded before the parser sees them.
    """

    name = "unsupported-dtype"
    family = "dtype"
    message = "`{operator}` {what}, which TensorRT does not compute with"
    hint = "use int32, bool or the floating type"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "int16": {**through_onnx(emits("Cast[int16]")), **_OTHERS},
        "uint8": {**through_onnx(emits("UINT8 arithmetic")), **_OTHERS},
        "float8": {**through_onnx(emits("Cast[float8]"), _FLOAT8), **_OTHERS},
        "int8": {**through_onnx(emits("INT8 constant")), **_OTHERS},
    }

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every such cast and use."""
        for use in code.uses():
            found = _cast(use) or _used(use)
            if found is not None:
                yield OperatorMatch(use.node, use, found[0], {"what": found[1]})


def _cast(use: OperatorUse) -> tuple[str, str] | None:
    if use.name not in _CASTS or use.tensor is None or not isinstance(use.result, Tensor):
        return None
    name = _dtype(use.result)
    if name is None or name == _dtype(use.tensor):
        return None
    if name in ("int16", "uint16", "uint32", "uint64"):
        return "int16", f"makes an {name} tensor"
    return ("float8", f"makes a {name} tensor") if name.startswith("float8") else None


def _used(use: OperatorUse) -> tuple[str, str] | None:
    """A use of a tensor that was cast to 8 bits; of ``int8`` only where it meets a number."""
    if any(_is_cast_to(value, "uint8") for value in use.args.pos):
        return "uint8", "takes a tensor that was cast to uint8"
    cast = any(_is_cast_to(value, "int8") for value in use.args.pos)
    if cast and use.name in _SCALARS and any(isinstance(value, Int) for value in use.args.pos):
        return "int8", "adds a number to or compares it with an int8 tensor"
    return None


def _dtype(value: Value) -> str | None:
    dtype = value.dtype if isinstance(value, Tensor) else None
    return dtype.name if dtype is not None and dtype.spelled else None


def _is_cast_to(value: Value, name: str) -> bool:
    """Of that dtype, computed: no constant, buffer or input."""
    if not isinstance(value, Tensor) or _dtype(value) != name or value.creation is not None:
        return False
    return value.parameter is None and not any(t.startswith("self.") for t in value.storage)
