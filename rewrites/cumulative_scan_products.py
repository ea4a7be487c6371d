"""cumulative-scan: running products by doubling."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    running,
)
from trtlint.rules.cumulative_scan import CumulativeScan


class CumulativeScanToProducts(Rewrite[OperatorMatch]):
    """Take running products in steps: with the neighbour, with the one two before, four before and
    so on.

    Why unsafe: the products are taken in another order, and round otherwise; PyTorch keeps the
    running product in float64 on the CPU.
    """

    rule = CumulativeScan
    title = "take it in steps of 1, 2, 4, ..."
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For products of a known number of floating elements."""
        if found.use.name != "cumprod":
            return Decline("it is no product", beside=True)
        new = Composer.of(code, found.use, "input", "dim")
        dtype = new.tensor("input").dtype
        if dtype is None or not dtype.floating:
            return Decline("integers become int64, and the dtype is not known")
        return new.change(running(new, "{later} * {earlier}"))
