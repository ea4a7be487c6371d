"""slice-assign: writes into parts, as the joins that torch2trt converts."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    TracedCode,
    rebuilt,
    region_to_rebuild,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToCat(Rewrite[SliceAssignment]):
    """Join what is written with what was there by ``cat``, or by ``stack`` and ``flatten``.

    torch2trt pads only the last two of four dimensions, casts nothing and has no ``expand_as``.

    Why safe: as for the general form, of which it uses a part.
    """

    rule = SliceAssign
    title = "rebuild with torch.cat"
    safety = Safety.SAFE
    order = 40

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For one or several writes in a row into one tensor."""
        return rebuilt(code, region_to_rebuild(code, found.write), only_converted=True)
