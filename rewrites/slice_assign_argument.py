"""slice-assign: writes into parts of an argument."""

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


class SliceAssignToJoinOfArgument(Rewrite[SliceAssignment]):
    """Join what is written with what was there, and leave the argument as it is.

    Why unsafe: who handed the tensor in sees the write today, and would not see it any more.
    """

    rule = SliceAssign
    title = "build the tensor in one expression, and leave the argument as it is"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 110

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For tensors that the function was given."""
        return rebuilt(code, region_to_rebuild(code, found.write, owner=False))
