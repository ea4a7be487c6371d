"""slice-assign: several parts written by one assignment, as one assignment after the other."""

from __future__ import annotations

import libcst as cst

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, written_apart
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToAssignments(Rewrite[SliceAssignment]):
    """Write ``y[0] = a`` and ``y[1] = b`` for ``y[0], y[1] = a, b``, each to be joined in its turn.

    Why safe: that is what Python does; values that are computed are computed before, as they are
    today, and get a name.
    """

    rule = SliceAssign
    title = "one assignment after the other"
    safety = Safety.SAFE
    order = 1

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For parts of local tensors that nobody else sees."""
        line = found.write.line
        if len(line.body) != 1 or not isinstance(line.body[0], cst.Assign):
            return Decline("it is no assignment", beside=True)
        if not isinstance(line.body[0].targets[0].target, cst.Tuple):
            return Decline("one part is written", beside=True)
        return written_apart(code, line.body[0])
