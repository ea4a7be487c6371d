"""aliased-size: an assignment that makes a new integer."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, plain_assignment
from trtlint.rules.aliased_size import AliasedSize, SizeUpdate


class AliasedSizeToPlain(Rewrite[SizeUpdate]):
    """Write ``padded = padded + 2`` for ``padded += 2``.

    Why safe: Python's integers have no operator that works in place, so that the two are the same.
    """

    rule = AliasedSize
    title = "assign the sum"
    safety = Safety.SAFE

    def rewrite(self, found: SizeUpdate, code: TracedCode) -> Change | Decline:
        """For every such statement."""
        return plain_assignment(code, found.statement)
