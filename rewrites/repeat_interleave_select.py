"""repeat-interleave: counts in a tensor, as an index."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    at_least,
    int_of,
)
from trtlint.rules.repeat_interleave import RepeatInterleave


class RepeatInterleaveToSelect(Rewrite[OperatorMatch]):
    """Select each element by how many counts end before its place, where ``output_size`` is given.

    Why safe: places are counted in integers, and elements are copied.
    """

    rule = RepeatInterleave
    title = "select by counted places"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For a row of counts along a known dimension."""
        if found.variant != "sized":
            return Decline("the size of the result hangs on the counts", beside=True)
        new = Composer.of(code, found.use, "input", "repeats", "dim", "output_size")
        axis, counts = int_of(new.value("dim")), new.tensor("repeats")
        if axis is None or counts.rank != 1 or counts.shape is None:
            return Decline("the dimension is not known, or the counts are no row")
        tensor, row = new.tensor("input"), counts.shape.dims[0]
        whole = tensor.shape.dim(axis) if tensor.shape is not None and tensor.exact else None
        if not at_least(row, 2) and row != whole:
            return Decline("a single count would hold for all elements")
        places = new.torch("torch.arange")
        ends = f"{new.often('repeats')}.cumsum(0)"
        line = f"{places}({new.source('output_size')}, device={new.often('repeats')}.device)"
        index = f"({line}[:, None] >= {ends}).sum(1)"
        return new.change(f"{new.once('input')}.index_select({axis}, {index})")
