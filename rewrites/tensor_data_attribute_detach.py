"""tensor-data-attribute: detach() instead of data."""

from __future__ import annotations

import libcst as cst

from trtlint.api import Change, Decline, Rewrite, Safety, Swap, TracedCode, primary, written_later
from trtlint.rules.tensor_data_attribute import DataAttribute, TensorDataAttribute


class TensorDataAttributeToDetach(Rewrite[DataAttribute]):
    """Write ``x.detach()`` for ``x.data``, and ``x.size()`` for ``x.data.size()``.

    Why safe: both are a tensor over the same memory that has no history. They differ where
    something is written into it, of which ``data`` keeps no count; that is declined.
    """

    rule = TensorDataAttribute
    title = "detach the tensor"
    safety = Safety.SAFE

    def rewrite(self, found: DataAttribute, code: TracedCode) -> Change | Decline:
        """For reads."""
        node = found.node
        assert isinstance(node, cst.Attribute)
        tensor = primary(code.source(node.value), node.value)
        if found.variant == "size":
            return Change((Swap(code.code, node, tensor),))
        if isinstance(
            code.parent(node), cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.Del
        ):
            return Decline("it is assigned to")
        if written_later(code, node):
            return Decline("the tensor is written into")
        return Change((Swap(code.code, node, f"{tensor}.detach()"),))
