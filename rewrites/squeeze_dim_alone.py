"""squeeze-dim: one dimension at a time, and none that is larger than one."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    ints_of,
    written_later,
)
from trtlint.rules.squeeze_dim import SqueezeDim


class SqueezeDimToAlone(Rewrite[OperatorMatch]):
    """Squeeze several dimensions one after the other, and leave out a squeeze that does nothing.

    Why safe: each dimension is dropped if it is one, whichever goes first; of one that is known to
    be larger, PyTorch returns the tensor as it is.
    """

    rule = SqueezeDim
    title = "squeeze one dimension at a time"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For tuples of dimensions, and dimensions of known size."""
        if found.use.name.endswith("_"):
            return Decline("it changes the tensor itself")
        new = Composer.of(code, found.use, "input", "dim")
        if found.variant == "larger":
            if written_later(code, new.whole):
                return Decline("the tensor is written into under two names")
            return new.change(new.once("input"))
        dims = ints_of(new.value("dim"))
        if found.variant != "several" or not dims:
            return Decline("whether one sample is meant is not to be seen")
        if min(dims) < 0 <= max(dims):
            return Decline("some dimensions are counted from the front and some from the end")
        order = sorted(dims, reverse=min(dims) >= 0)  # so that the others keep their numbers
        return new.change(new.once("input") + "".join(f".squeeze({dim})" for dim in order))
