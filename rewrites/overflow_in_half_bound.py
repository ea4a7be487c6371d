"""overflow-in-half: masks filled with what float16 holds."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Int,
    Number,
    OperatorMatch,
    Rewrite,
    Safety,
    Swap,
    TracedCode,
    number_of,
)
from trtlint.rules.overflow_in_half import OverflowInHalf

_LARGEST = 65504.0
_FILLS = frozenset("masked_fill masked_fill_ where".split())


class OverflowInHalfToBound(Rewrite[OperatorMatch]):
    """Fill a mask with ``-65504.0``, the lowest number of float16, in place of ``-1e9``.

    Why unsafe: the tensor holds another number. After a softmax nothing is left of either, unless
    scores are as low as that themselves. ``torch.finfo(x.dtype).min`` would do for a model in half,
    but overflows where a builder makes an FP32 model FP16.
    """

    rule = OverflowInHalf
    title = "fill with what float16 holds"
    safety = Safety.UNSAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For literals that fill where a mask says."""
        if found.kind != "large" or found.use.name not in _FILLS:
            return Decline("which number is as good depends on what it is added to")
        call = found.use.node
        if not isinstance(call, cst.Call):
            return Decline("it is no call")
        for arg in call.args:
            value, number = code.value(arg.value), number_of(code.value(arg.value))
            literal = isinstance(value, Int | Number) and not _mentions_names(arg.value)
            if literal and number is not None and _LARGEST < abs(number) < float("inf"):
                bound = -_LARGEST if number < 0 else _LARGEST
                return Change((Swap(code.code, arg.value, str(bound), bare=True),))
        return Decline("the constant has a name, and may be used elsewhere")


def _mentions_names(node: cst.BaseExpression) -> bool:
    inner = node.expression if isinstance(node, cst.UnaryOperation) else node
    return not isinstance(inner, cst.BaseNumber)
