"""slice-assign: writes into parts of an argument, as the joins that torch2trt converts."""

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


class SliceAssignToCatOfArgument(Rewrite[SliceAssignment]):
    """Join by ``cat``, or by ``stack`` and ``flatten``, and leave the argument as it is.

    Why unsafe: who handed the tensor in sees the write today, and would not see it any more.
    """

    rule = SliceAssign
    title = "rebuild with torch.cat, and leave the argument as it is"
    safety = Safety.UNSAFE
    order = 140

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For tensors that the function was given."""
        region = region_to_rebuild(code, found.write, owner=False)
        return rebuilt(code, region, only_converted=True)
