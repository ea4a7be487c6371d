"""unique-values: searching among edges by comparing with all of them."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    flag_of,
    size_along,
    text_of,
)
from trtlint.rules.unique_values import UniqueValues

_MANY = 1024  # edges that each value is still compared with


class UniqueValuesToCompare(Rewrite[OperatorMatch]):
    """Count the edges below each value, in place of ``searchsorted``.

    Why safe: among sorted edges, where a value belongs is how many do not lie behind it; as in
    PyTorch, not-a-number lies behind all of them. Edges out of order have no defined place.
    """

    rule = UniqueValues
    title = "compare with every edge"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For one row of edges of known number."""
        if found.use.name != "searchsorted":
            return Decline("how many values there are hangs on the values", beside=True)
        new = Composer.of(code, found.use, "sorted_sequence", "input", "right", "side")
        edges = new.tensor("sorted_sequence")
        count = size_along(edges, 0) if edges.rank == 1 else None
        if count is None or count > _MANY:
            return Decline("the number of edges is not known, or large")
        new.tensor("input")
        right, side = flag_of(new.value("right")), text_of(new.value("side"))
        if right is None or ("side" in new.operands and side is None):
            return Decline("which side of an equal edge is meant is not known")
        sign = "<" if right or side == "right" else "<="
        rows = f"{new.once('input')}.unsqueeze(-1) {sign} {new.factor('sorted_sequence')}"
        return new.change(f"(~({rows})).sum(-1)")
