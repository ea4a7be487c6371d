"""slice-assign: contiguous writes, as cat and stack."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rebuilder,
    Rewrite,
    Safety,
    TracedCode,
    Written,
    change,
    decompose,
    is_fresh,
    region_to_rebuild,
    removable,
    tailed,
    untouched,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToCat(Rewrite[SliceAssignment]):
    """Join what is written with what was there, along the axis that the writes cut.

    Why safe: the parts are proven to be disjoint and complete, or later ones to replace earlier
    ones whole; each value has the shape and dtype of its slice; nobody else sees the old tensor.
    """

    rule = SliceAssign
    title = "rebuild with torch.cat"
    safety = Safety.SAFE
    order = 40

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For one or several writes in a row into one tensor."""
        region = region_to_rebuild(code, found.write)
        if region.base.shape is None:
            return Decline("nothing is known of the tensor's shape")
        build = Rebuilder(code, region.writes, region.base)
        piece = decompose(region.base.shape, region.writes)
        text = build.text(piece)
        if isinstance(piece, Written) and not is_fresh(code, piece.write.value, region.last):
            text = tailed(text, ".clone()")  # a write copies; the name must not become an alias
        drop = removable(code, region) and not untouched(piece)
        return change(code, region, text, build.imports, drop=drop)
