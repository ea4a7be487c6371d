"""squeeze-without-dim: the dimensions by name."""

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


class SqueezeWithoutDimToNamed(Rewrite[OperatorMatch]):
    """Write ``x.flatten(1)`` or ``x.squeeze(2)`` for ``x.squeeze()``.

    Why safe: every dimension is known to be 1, and is dropped, or known to be more, and stays.
    """

    rule = SqueezeWithoutDim
    title = "name the dimensions"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For tensors whose sizes are known."""
        assert isinstance(found.node, cst.BaseExpression)
        return Change((in_place_of(code, found.node, squeezed(code, found.use)),))
