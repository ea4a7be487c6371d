"""wide-integers: integers that do not fit into 32 bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Int, OperatorRule, OperatorUse, Tensor, TracedCode, Verdict, cited, executed

_TABLE = {
    "tensorrt-rtx": executed("fine", "INT64 throughout"),
    "tensorrt": cited("fine", "INT64 since 9.0"),
    "tensorrt<9.0": cited(
        "wrong", "NVIDIA/TensorRT#1415: weights outside the range of INT32 were clamped"
    ),
    "torch-tensorrt": cited("fine", "INT64 since TensorRT 10"),
    "torch2trt": cited("wrong", "4e820ae: constants become INT32"),
}
_LIMIT = 2**31


class WideIntegers(OperatorRule):
    """Flag integers beyond 32 bits that meet a tensor, such as ``ids + 10**12``.

    ## What it does
    Finds integer literals outside the range of ``int32`` as an operand of arithmetic, comparison
    or filling of an integer tensor.

    ## Why it matters
    TensorRT had no 64-bit integers before 9.0: the parser casts them to 32 bits and clamps what
    does not fit, with one warning among many harmless ones ("INT64 weights ... Attempting to cast
    down to INT32").

    ## Use instead
    Numbers that fit; a float, if the exact value does not matter.

    ## Fix safety
    There is no automatic fix: what is meant decides.

    ## Known limits
    Only literals are looked at. Bounds of slices are no values, and harmless.
    """

    name = "wide-integers"
    family = "dtype"
    message = "`{operator}` takes an integer that does not fit into 32 bits"
    hint = "use a number that fits into int32"
    operators = frozenset(
        "add sub mul floor_divide remainder pow eq ne lt le gt ge masked_fill masked_fill_ full "
        "full_like new_full fill_ clamp where hash bitwise_and bitwise_xor".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"default": _TABLE}
    only_if_minded = frozenset({"default"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Some operand is such a literal, and the result is no floating tensor."""
        made = use.result
        if isinstance(made, Tensor) and made.dtype is not None and made.dtype.floating:
            return None
        large = [
            value
            for value in (*use.args.pos, *use.args.kw.values())
            if isinstance(value, Int) and abs(value.size.constant or 0) >= _LIMIT
        ]
        known = isinstance(made, Tensor) and made.dtype is not None and made.dtype.floating is False
        return "default" if large and known else None
