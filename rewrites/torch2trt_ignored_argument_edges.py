"""torch2trt-ignored-argument: padding with edges, as slices."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
    joined_edges,
)
from trtlint.rules.torch2trt_ignored_argument import Torch2trtIgnoredArgument


class Torch2trtIgnoredArgumentToEdges(Rewrite[Torch2trtMatch]):
    """Join what ``F.pad`` reflects, replicates or wraps around to the tensor by ``cat``.

    Why safe: it is the same elements in the same order, one dimension after the other.
    """

    rule = Torch2trtIgnoredArgument
    title = "join slices of the edges"
    safety = Safety.SAFE
    routes = frozenset({"torch2trt"})
    order = 5

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For known amounts, of at most six rows on a side."""
        use = next((use for use in code.uses("pad") if use.node is found.node), None)
        if use is None or use.form != "function":
            return Decline("it is no call of F.pad", beside=True)
        new = Composer.of(code, use, "input", "pad", "mode", "value")
        if "mode" not in new.operands:
            return Decline("it pads with a constant", beside=True)
        return joined_edges(new)
