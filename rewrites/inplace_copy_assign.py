"""inplace-copy: an assignment instead of a copy."""

from __future__ import annotations

from trtlint.api import Change, Decline, OperatorMatch, Rewrite, Safety, TracedCode, overwritten
from trtlint.rules.inplace_copy import InplaceCopy


class InplaceCopyToAssign(Rewrite[OperatorMatch]):
    """Write ``y = x.to(y).expand_as(y).clone()`` for ``y.copy_(x)``, or less where that is enough.

    Why safe: what is assigned is a tensor of its own, of the shape, dtype and device that the old
    one had, and nobody else sees the old one.
    """

    rule = InplaceCopy
    title = "assign the value to the name"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For tensors that the function made itself."""
        return overwritten(code, found.use)
