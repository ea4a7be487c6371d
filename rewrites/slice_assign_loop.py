"""slice-assign: a loop that writes one index at a time, as a list of steps and a stack."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    TracedCode,
    collected,
    step_loop,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToStack(Rewrite[SliceAssignment]):
    """Collect what each iteration writes in a list, and stack the list behind the loop.

    Why safe: every path through the loop's body writes one whole step, each at an index of its own,
    and nothing reads the tensor before the loop is over. What the loop does not reach is joined to
    the stack as it was.
    """

    rule = SliceAssign
    title = "collect the steps and stack them"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 5

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For loops over a range, or counted ones, that index one axis with their variable."""
        steps = step_loop(code, found.write)
        if steps is None:
            return Decline("the write does not stand in a loop", beside=True)
        return collected(code, steps)
