"""inplace-bool: the operator that returns a new tensor."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, out_of_place
from trtlint.rules.inplace_bool import BoolAugment, InplaceBool


class InplaceBoolToPlain(Rewrite[BoolAugment]):
    """Write ``mask = mask & other`` for ``mask &= other``.

    Why safe: the numbers are the same, and nobody else sees the tensor that was written into. Of a
    mask both sides are booleans; of integers both are known to be of one dtype.
    """

    rule = InplaceBool
    title = "combine them out of place"
    safety = Safety.SAFE

    def rewrite(self, found: BoolAugment, code: TracedCode) -> Change | Decline:
        """For masks and integers that the function made itself."""
        if not found.keeps_dtype:
            return Decline("the two are not known to be of one dtype")
        return out_of_place(code, found.statement)
