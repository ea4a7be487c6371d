"""inplace-copy: an assignment instead of a copy into an argument."""

from __future__ import annotations

from trtlint.api import Change, Decline, OperatorMatch, Rewrite, Safety, TracedCode, overwritten
from trtlint.rules.inplace_copy import InplaceCopy


class InplaceCopyToAssignOfArgument(Rewrite[OperatorMatch]):
    """Write ``y = x.to(y).expand_as(y).clone()`` for ``y.copy_(x)``, or less where that is enough.

    Why unsafe: who handed the tensor in sees the copy today, and would not see it any more.
    """

    rule = InplaceCopy
    title = "assign the value to the name, and leave the argument as it is"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For arguments."""
        return overwritten(code, found.use, owner=False)
