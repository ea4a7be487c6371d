"""tensor-condition: one of two sides selected, in a tensor of its own."""

from __future__ import annotations

import libcst as cst

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, chosen_by
from trtlint.rules.tensor_condition import TensorCondition, TensorTest


class TensorConditionToWhereOfUnproven(Rewrite[TensorTest]):
    """Select with ``torch.where`` also where dtypes are not known, or an input may be handed on.

    Why unsafe: the result is always a new tensor, where it may have been one that others see as
    well; and where the sides have different dtypes (``x * 2`` of a boolean ``x``) it has the wider
    one at every call.
    """

    rule = TensorCondition
    title = "select with torch.where, always into a new tensor"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: TensorTest, code: TracedCode) -> Change | Decline:
        """For ``if`` and conditional expressions."""
        if found.variant == "extreme" or not isinstance(found.node, cst.BaseExpression):
            return Decline("Python's own choice is among tensors of one dtype", beside=True)
        return chosen_by(code, found.node, strict=False)
