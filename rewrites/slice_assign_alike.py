"""slice-assign: writes into parts, as joins for torch2trt, which casts nothing."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    TracedCode,
    collected,
    rebuilt,
    region_to_rebuild,
    step_loop,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToAlike(Rewrite[SliceAssignment]):
    """Join what is written with what was there, or stack a loop's steps, without a cast.

    Why unsafe: an assignment casts what it puts in to the tensor's dtype; of a tensor and a value
    of which nothing is known but that both may be floating, the join has the wider dtype.
    """

    rule = SliceAssign
    title = "rebuild with torch.cat, all tensors being of one dtype"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 60

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For one or several writes in a row into one tensor, and loops that write its steps."""
        steps = step_loop(code, found.write)
        if steps is not None:
            return collected(code, steps, only_converted=True, alike=True)
        region = region_to_rebuild(code, found.write)
        return rebuilt(code, region, only_converted=True, alike=True)
