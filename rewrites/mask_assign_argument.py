"""mask-assign: writes through a mask into an argument."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, chosen
from trtlint.rules.mask_assign import MaskAssign, MaskWrite


class MaskAssignToWhereOfArgument(Rewrite[MaskWrite]):
    """Choose with the mask, and leave the argument that was written into as it is.

    Why unsafe: who handed the tensor in sees the write today, and would not see it any more.
    """

    rule = MaskAssign
    title = "select with the mask, and leave the argument as it is"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: MaskWrite, code: TracedCode) -> Change | Decline:
        """For tensors that the function was given."""
        return chosen(code, found.statement, found.target, found.index, owner=False)
