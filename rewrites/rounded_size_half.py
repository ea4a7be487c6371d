"""rounded-size: half of a size in integers."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, half_rounded
from trtlint.rules.rounded_size import RoundedSize, Rounding


class RoundedSizeToHalf(Rewrite[Rounding]):
    """Write ``(h + h // 2 % 2) // 2`` for ``round(h / 2)``.

    Why safe: both are the nearest integer, and the even one of two that are equally near.
    """

    rule = RoundedSize
    title = "halve it in integers"
    safety = Safety.SAFE

    def rewrite(self, found: Rounding, code: TracedCode) -> Change | Decline:
        """For halves."""
        return half_rounded(code, found.call)
