"""double-precision: double precision, which TensorRT does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import OperatorRule, OperatorUse, Tensor, TracedCode, Verdict, cited, executed

_LESS = "computed in float32: onnx-tensorrt operators.md, DOUBLE is cast down to FLOAT"
_TABLE = {
    "tensorrt-rtx": executed("fine", _LESS),
    "tensorrt": cited("fine", _LESS),
    "tensorrt<8.0": cited("rejected", "onnx/onnx-tensorrt#501: unsupported datatype (11)"),
    "torch-tensorrt": cited(
        "costly", "pytorch/TensorRT to_copy_dtype_validator: runs in PyTorch unless truncate_double"
    ),
    "torch2trt": cited("rejected", "4e820ae: casts stop the conversion"),
}
_MADE = "zeros ones full empty arange linspace tensor as_tensor eye rand randn zeros_like ones_like"


class DoublePrecision(OperatorRule):
    """Flag double precision in traced code, such as ``x.double()``.

    ## What it does
    Finds casts to ``float64`` and creations with ``dtype=torch.float64``.

    ## Why it matters
    TensorRT computes in ``float32`` at most: the ONNX parser casts doubles down with a warning, and
    refused them before 8.0. What needed the digits does not get them. Torch-TensorRT leaves such
    operations to PyTorch, so the engine is cut in two.

    ## Use instead
    ``float32``; constants that need double precision computed in ``__init__`` and stored as floats.

    ## Fix safety
    Unsafe: in PyTorch the numbers change, to those that TensorRT computes anyway.

    ## Known limits
    NumPy arrays are double by default, and ``torch.from_numpy`` keeps that; not followed.
    """

    name = "double-precision"
    family = "dtype"
    message = "`{operator}` makes a float64 tensor, which TensorRT computes in float32"
    hint = "use float32, or compute the constant in __init__"
    operators = frozenset(f"to type double {_MADE}".split())
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"default": _TABLE}

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """The result is float64, and the operand was not known to be."""
        made = use.result
        if not isinstance(made, Tensor) or not _is_double(made):
            return None
        return None if use.tensor is not None and _is_double(use.tensor) else "default"


def _is_double(tensor: Tensor) -> bool:
    return tensor.dtype is not None and tensor.dtype.name == "float64"
