"""cumulative-scan: running extremes by doubling."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    running,
    second_result_used,
)
from trtlint.rules.cumulative_scan import CumulativeScan

_EXTREMES = {"cummax": "torch.maximum", "cummin": "torch.minimum"}


class CumulativeScanToDoubling(Rewrite[OperatorMatch]):
    """Take running maxima and minima in steps: with the neighbour, with the one two before, four
    before and so on.

    Why safe: elements are picked, none is computed; not-a-number goes on from where it stands in
    both. Their places are not used.
    """

    rule = CumulativeScan
    title = "take it in steps of 1, 2, 4, ..."
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For extremes over a known number of elements."""
        use = found.use
        if use.name not in _EXTREMES:
            return Decline("products in another order round otherwise", beside=True)
        new = Composer.of(code, use, "input", "dim")
        parent = code.parent(new.whole)
        if second_result_used(code, new.whole) or not isinstance(
            parent, cst.Subscript | cst.Attribute
        ):
            return Decline("the places of the values are used")
        return new.change(running(new, "{" + _EXTREMES[use.name] + "}({later}, {earlier})"), parent)
