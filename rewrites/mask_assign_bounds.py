"""mask-assign: writes through a mask as bounds that the mask moves, for torch2trt."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, bounded
from trtlint.rules.mask_assign import MaskAssign, MaskWrite


class MaskAssignToBounds(Rewrite[MaskWrite]):
    """Write ``y = max(min(y, upper), lower)``, with both bounds at the new value where the mask
    holds, and at infinity elsewhere.

    torch2trt converts neither ``where`` nor ``masked_fill``, but minima, maxima and ``clamp``.

    Why unsafe: not-a-number on either side, or in what is compared, gets through where it is not
    chosen; a mask over equal infinities, or over tensors that are not floating, is another one.
    """

    rule = MaskAssign
    title = "put the elements between bounds that the mask moves"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 20

    def rewrite(self, found: MaskWrite, code: TracedCode) -> Change | Decline:
        """For one mask that is made of comparisons, alone or among full slices."""
        return bounded(code, found.statement, found.target, found.index)
