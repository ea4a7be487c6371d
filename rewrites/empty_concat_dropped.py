"""empty-concat: the empty operand is left out."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    joinable_dtypes,
)
from trtlint.rules.empty_concat import EmptyConcat


class EmptyConcatToDropped(Rewrite[OperatorMatch]):
    """Leave empty operands of one dimension out of a ``cat``.

    Why safe: PyTorch skips them, but for their dtype, which is that of the others.
    """

    rule = EmptyConcat
    title = "leave the empty tensor out"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For tensors that are listed in the call."""
        new = Composer.of(code, found.use, "tensors", "dim")
        listed = new.operands["tensors"]
        if not isinstance(listed, cst.Tuple | cst.List):
            return Decline("the tensors are not listed in the call")
        if any(isinstance(element, cst.StarredElement) for element in listed.elements):
            return Decline("the tensors are unpacked from a sequence")
        nodes = [element.value for element in listed.elements]
        kept = [node for node in nodes if not _is_empty(code, node)]
        values = [code.value(node) for node in nodes]
        dtypes = [value.dtype if isinstance(value, Tensor) else None for value in values]
        if not kept or not all(joinable_dtypes(dtype, dtypes[0]) for dtype in dtypes):
            return Decline("the empty tensor may decide the dtype of the result")
        texts = ", ".join(code.source(node) for node in kept)
        comma = "," if len(kept) == 1 else ""
        several = f"[{texts}]" if isinstance(listed, cst.List) else f"({texts}{comma})"
        dim = f", {new.source('dim')}" if "dim" in new.operands else ""
        return new.change(f"{new.torch('torch.cat')}({several}{dim})")


def _is_empty(code: TracedCode, node: cst.BaseExpression) -> bool:
    """One dimension of size 0."""
    value = code.value(node)
    shape = value.shape if isinstance(value, Tensor) and value.exact else None
    return shape is not None and shape.rank == 1 and shape.dims[0].constant == 0
