"""slice-assign: contiguous writes into a constant, as pad and cat."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rebuilder,
    Rewrite,
    Safety,
    TracedCode,
    change,
    decompose,
    region_to_rebuild,
    removable,
    untouched,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToPad(Rewrite[SliceAssignment]):
    """Pad what is written with the constant around it; the preallocated tensor goes away.

    Why safe: as for ``torch.cat``, and the tensor held one number everywhere before the writes.
    """

    rule = SliceAssign
    title = "rebuild with F.pad and torch.cat"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 30

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For writes into ``torch.zeros(...)`` and its kin that leave parts of it as they were."""
        region = region_to_rebuild(code, found.write)
        made = region.base.creation
        if made is None or made.fill is None or not removable(code, region):
            return Decline("the tensor is not one constant before the writes", beside=True)
        build = Rebuilder(code, region.writes, region.base, fill=made.fill)
        assert region.base.shape is not None
        piece = decompose(region.base.shape, region.writes)
        if not untouched(piece):
            return Decline("nothing is left of the constant", beside=True)
        text = build.text(piece)
        return change(code, region, text, build.imports, drop=True)
