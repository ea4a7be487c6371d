"""tensor-data-attribute: writes into the tensor itself."""

from __future__ import annotations

import libcst as cst

from trtlint.api import Change, Decline, Rewrite, Safety, Swap, Tensor, TracedCode
from trtlint.rules.tensor_data_attribute import DataAttribute, TensorDataAttribute


class TensorDataAttributeToBare(Rewrite[DataAttribute]):
    """Write ``y.clamp_(0, 1)`` for ``y.data.clamp_(0, 1)``; in parts as well, ``y[:, 0] = 1``.

    Why unsafe: the numbers are the same, but where gradients are computed autograd sees the write:
    it goes into the gradient, and is refused for a leaf.
    """

    rule = TensorDataAttribute
    title = "write into the tensor itself"
    safety = Safety.UNSAFE
    order = 20

    def rewrite(self, found: DataAttribute, code: TracedCode) -> Change | Decline:
        """For methods in place, and for assignments to parts."""
        node, outer = found.node, code.parent(found.node)
        assert isinstance(node, cst.Attribute)
        tensor = code.value(node.value)
        if isinstance(tensor, Tensor) and any(one.startswith("self") for one in tensor.storage):
            return Decline("a parameter refuses to be written into while gradients are computed")
        call = code.parent(outer) if isinstance(outer, cst.Attribute) else None
        method = isinstance(call, cst.Call) and call.func is outer
        name = code.tensor_method(call) if isinstance(call, cst.Call) and method else None
        part = isinstance(outer, cst.Subscript) and outer.value is node
        around = code.parent(outer) if outer is not None else None
        stored = part and isinstance(around, cst.AssignTarget | cst.AugAssign)
        if not stored and not (name or "").endswith("_"):
            return Decline("it is assigned to, or written into elsewhere", beside=True)
        return Change((Swap(code.code, node, code.source(node.value)),))
