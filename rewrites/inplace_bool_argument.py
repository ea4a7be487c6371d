"""inplace-bool: the operator that returns a new tensor, where an argument is written into."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, out_of_place
from trtlint.rules.inplace_bool import BoolAugment, InplaceBool


class InplaceBoolToPlainOfArgument(Rewrite[BoolAugment]):
    """Write ``mask = mask & other`` for ``mask &= other`` where ``mask`` was handed in.

    Why unsafe: who handed the mask in sees the write today, and would not see it any more.
    """

    rule = InplaceBool
    title = "combine them out of place, and leave the argument as it is"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: BoolAugment, code: TracedCode) -> Change | Decline:
        """For arguments."""
        if not found.keeps_dtype:
            return Decline("the two are not known to be of one dtype")
        return out_of_place(code, found.statement, owner=False)
