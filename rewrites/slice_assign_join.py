"""slice-assign: writes into parts, as one expression for the whole."""

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


class SliceAssignToJoin(Rewrite[SliceAssignment]):
    """Join what is written with what was there: ``cat``, ``stack``, ``F.pad``, ``pixel_shuffle``.

    Why safe: the parts are proven to be disjoint and complete, later ones replacing earlier ones;
    each value is given the shape and dtype of its slice, as the assignment does; padding holds the
    number that the tensor held; nobody else sees the old tensor.
    """

    rule = SliceAssign
    title = "build the tensor in one expression"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For one or several writes in a row into one tensor."""
        return rebuilt(code, region_to_rebuild(code, found.write))
