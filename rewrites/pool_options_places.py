"""pool-options: values put back by their places as a choice within each window."""

from __future__ import annotations

from trtlint.api import Change, Decline, OperatorMatch, Rewrite, Safety, TracedCode, unpooled
from trtlint.rules.pool_options import PoolOptions


class PoolOptionsToPlaces(Rewrite[OperatorMatch]):
    """Mark the first of the greatest elements of each window, and put values there by ``where``.

    Why unsafe: heights and widths must be multiples of the window, where PyTorch drops what is left
    and puts values elsewhere; a window with not-a-number gets zeros; integers would become floats.
    """

    rule = PoolOptions
    title = "mark the greatest element of each window"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``max_unpool2d`` whose places come from a pooling into the same windows."""
        if found.variant not in ("unpool", "indices"):
            return Decline("no places are asked for", beside=True)
        return unpooled(code, found.use)
