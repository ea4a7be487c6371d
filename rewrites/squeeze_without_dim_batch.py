"""squeeze-without-dim: the dimensions by name, and the batch stays."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    in_place_of,
    squeezed,
)
from trtlint.rules.squeeze_without_dim import SqueezeWithoutDim


class SqueezeWithoutDimToNamedForAnyBatch(Rewrite[OperatorMatch]):
    """Drop the dimensions that are always 1, and no others.

    Why unsafe: with a batch of one, or any other dimension that happens to be 1, PyTorch drops that
    as well today, and would keep it. That is seldom what is meant, and never what is exported.
    """

    rule = SqueezeWithoutDim
    title = "name the dimensions that are always 1"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For tensors of known rank."""
        assert isinstance(found.node, cst.BaseExpression)
        new = squeezed(code, found.use, strict=False)
        return Change((in_place_of(code, found.node, new),))
