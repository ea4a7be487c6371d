"""mask-assign: writes through a mask as masked_fill and where."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, chosen
from trtlint.rules.mask_assign import MaskAssign, MaskWrite


class MaskAssignToWhere(Rewrite[MaskWrite]):
    """Write ``y.masked_fill(mask, 0)`` for numbers, and ``torch.where(mask, new, y)`` for tensors.

    Why safe: both select, so what the other side holds does not matter; the mask is as wide as the
    tensor, or is widened by as many dimensions as it lacks; the value keeps the tensor's dtype; and
    nobody else sees the tensor that was written into.
    """

    rule = MaskAssign
    title = "select with the mask"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: MaskWrite, code: TracedCode) -> Change | Decline:
        """For one mask, alone or among full slices."""
        return chosen(code, found.statement, found.target, found.index)
