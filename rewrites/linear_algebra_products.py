"""linear-algebra: powers and products of several matrices."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    int_of,
)
from trtlint.rules.linear_algebra import LinearAlgebra


class LinearAlgebraToProducts(Rewrite[OperatorMatch]):
    """Write ``matrix_power`` of 2 or 3 as products: ``x @ x @ x``.

    Why safe: PyTorch takes the same products in the same order.
    """

    rule = LinearAlgebra
    title = "write it as matrix products"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For small powers."""
        if found.use.name != "matrix_power":
            return Decline("the closed form depends on the size and rounds otherwise", beside=True)
        new = Composer.of(code, found.use, "input", "n")
        power = int_of(new.value("n"))
        if power not in (2, 3):
            return Decline("which power it is is not known, or it is not 2 or 3")
        return new.change(" @ ".join([new.often("input")] * power))
