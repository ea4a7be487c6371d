"""torch2trt-ignored-argument: dimensions from the front, and a squeeze as an index."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Rewrite,
    Safety,
    Swap,
    Torch2trtMatch,
    TracedCode,
    int_of,
    size_along,
)
from trtlint.rules.torch2trt_ignored_argument import Torch2trtIgnoredArgument


class Torch2trtIgnoredArgumentToFront(Rewrite[Torch2trtMatch]):
    """Count the dimension of ``unsqueeze`` from the front, and take the one element of a dimension
    instead of squeezing it.

    Why safe: it is the same place; ``x[:, 0]`` is the same view where the size is known to be 1.
    """

    rule = Torch2trtIgnoredArgument
    title = "write it as the converter reads it"
    safety = Safety.SAFE

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For ``unsqueeze`` from the end and ``squeeze`` of a dimension of size 1."""
        use = next((use for use in code.uses() if use.node is found.node), None)
        if use is None or use.name not in ("unsqueeze", "squeeze"):
            return Decline("no other form of it is known to convert")
        new = Composer.of(code, use, "input", "dim")
        axis = int_of(new.value("dim"))
        if axis is None:
            return Decline("the dimension is not known")
        if use.name == "unsqueeze":
            text = new.from_front("dim", between=True)
            if new.named:
                return Decline(f"how many dimensions `{new.source('input')}` has is not known")
            return Change((Swap(code.code, new.operands["dim"], text, bare=True),))
        if size_along(new.tensor("input"), axis) != 1:
            return Decline("the size of the dimension is not known to be 1")
        if axis < -1:
            axis += new.rank("input")
        if axis == 0:
            return Decline("torch2trt has no index of the batch dimension")
        place = ", ".join(["..."] if axis < 0 else [":"] * axis)
        return new.change(f"{new.once('input')}[{place}, 0]")
