"""double-precision: single precision instead."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    DTypeValue,
    OperatorMatch,
    Rewrite,
    Safety,
    Swap,
    TracedCode,
    primary,
)
from trtlint.rules.double_precision import DoublePrecision


class DoublePrecisionToSingle(Rewrite[OperatorMatch]):
    """Write ``x.float()`` for ``x.double()``, and ``torch.float32`` for ``torch.float64``.

    Why unsafe: PyTorch computes fewer digits then, as TensorRT does in either case.
    """

    rule = DoublePrecision
    title = "compute in single precision"
    safety = Safety.UNSAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For casts, and for tensors made with that dtype."""
        call = found.use.node
        if not isinstance(call, cst.Call):
            return Decline("it is no call")
        if found.use.name == "double" and isinstance(call.func, cst.Attribute):
            tensor = primary(code.source(call.func.value), call.func.value)
            return Change((Swap(code.code, call, f"{tensor}.float()"),))
        for arg in call.args:
            if _names_double(code, arg.value):
                dtype, imports = code.spelling("torch.float32")
                return Change((Swap(code.code, arg.value, dtype),), imports=imports)
        return Decline("the source does not name float64 there")


def _names_double(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether it is ``torch.float64`` or ``torch.double``."""
    value = code.value(node)
    if not isinstance(value, DTypeValue) or value.dtype is None or value.dtype.name != "float64":
        return False
    return isinstance(node, cst.Attribute) and node.attr.value in ("float64", "double")
