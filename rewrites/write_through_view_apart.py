"""write-through-view: a swap of parts as one assignment after the other."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, assigned_apart
from trtlint.rules.write_through_view import SharedWrite, WriteThroughView


class WriteThroughViewToAssignments(Rewrite[SharedWrite]):
    """Write ``y[0] = y[1]`` and then ``y[1] = y[0]`` for ``y[0], y[1] = y[1], y[0]``.

    Why safe: that is what Python does: the values on the right are views, the second of which shows
    what the first assignment has written. Values that are computed are computed before, as they are
    today, and get a name.
    """

    rule = WriteThroughView
    title = "one assignment after the other"
    safety = Safety.SAFE

    def rewrite(self, found: SharedWrite, code: TracedCode) -> Change | Decline:
        """For assignments of as many values as there are subscripts."""
        if found.variant == "view":
            return Decline("every other name for the memory would have to be given the new numbers")
        return assigned_apart(code, found.statement)
