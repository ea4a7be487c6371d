"""tensor-data-attribute: numbers added behind the back of autograd, out of place."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Int,
    Number,
    Ratio,
    Rewrite,
    Safety,
    TracedCode,
    plain_method,
    stands_in,
)
from trtlint.rules.tensor_data_attribute import DataAttribute, TensorDataAttribute


class TensorDataAttributeToPlain(Rewrite[DataAttribute]):
    """Write ``y = y.add(1)`` for ``y.data.add_(1)``.

    Why safe: the numbers are the same, and so is the gradient, which a number that is added does
    not change; nobody else sees the tensor that was written into.
    """

    rule = TensorDataAttribute
    title = "compute it out of place"
    safety = Safety.SAFE
    order = 10

    def rewrite(self, found: DataAttribute, code: TracedCode) -> Change | Decline:
        """For ``add_`` and ``sub_`` of numbers."""
        node, method = found.node, code.parent(found.node)
        assert isinstance(node, cst.Attribute)
        call = code.parent(method) if isinstance(method, cst.Attribute) else None
        if not isinstance(call, cst.Call) or call.func is not method:
            return Decline("it is not written into by a method", beside=True)
        numbers = all(isinstance(code.value(arg.value), Int | Number | Ratio) for arg in call.args)
        if code.tensor_method(call) not in ("add_", "sub_") or not numbers:
            return Decline("the tensor is written into, which would change its gradient")
        if stands_in(code, call, (cst.With,)):
            return Decline("in a block such as torch.no_grad() a new tensor would have no gradient")
        return plain_method(code, call, node.value)
