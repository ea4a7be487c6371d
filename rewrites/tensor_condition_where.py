"""tensor-condition: both sides computed, and one of them selected."""

from __future__ import annotations

import libcst as cst

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, chosen_by, extreme
from trtlint.rules.tensor_condition import TensorCondition, TensorTest


class TensorConditionToWhere(Rewrite[TensorTest]):
    """Write ``x = torch.where(test, f(x), x)`` for ``if test: x = f(x)``.

    Why safe: ``where`` selects, so what the other side holds does not matter; both sides are
    tensors of one shape and dtype, and computing either has no effects and cannot fail for some
    elements; nobody who writes into the result or is handed it sees another tensor.
    """

    rule = TensorCondition
    title = "select with torch.where"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: TensorTest, code: TracedCode) -> Change | Decline:
        """For ``if``, conditional expressions, and Python's ``max`` and ``min``."""
        assert isinstance(found.node, cst.BaseExpression)
        if found.variant == "extreme":
            if not isinstance(found.node, cst.Call):
                return Decline("it is no call")
            return extreme(code, found.node)
        return chosen_by(code, found.node)
