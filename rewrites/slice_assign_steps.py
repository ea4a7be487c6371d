"""slice-assign: a loop that writes one index at a time, as a stack that torch2trt converts."""

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


class SliceAssignToSteps(Rewrite[SliceAssignment]):
    """Collect what each iteration writes in a list, and stack the list behind the loop.

    torch2trt pads and casts nothing, and has no ``expand_as``.

    Why safe: as for the general form, of which it uses a part.
    """

    rule = SliceAssign
    title = "collect the steps and stack them"
    safety = Safety.SAFE
    routes = frozenset({"torch2trt"})
    order = 35

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For loops over all of an axis that index it with their variable."""
        steps = step_loop(code, found.write)
        if steps is None:
            return Decline("the write does not stand in a loop", beside=True)
        return collected(code, steps, only_converted=True)
