"""repeat-interleave: copies side by side, joined with their dimension."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Int,
    Number,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    int_of,
    is_none,
)
from trtlint.rules.repeat_interleave import RepeatInterleave


class RepeatInterleaveToExpand(Rewrite[OperatorMatch]):
    """Put copies side by side in a new dimension and flatten it into the one that is repeated.

    ``expand`` where the rank is known and nobody can tell that it makes no copy, else ``stack``,
    which torch2trt takes at any batch size.

    Why safe: both move elements only, into the same order; ``stack`` copies as the original does,
    and ``expand`` is used where the result is neither written into nor handed out.
    """

    rule = RepeatInterleave
    title = "expand and flatten"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For a number of repeats along a dimension that is spelled out."""
        new = Composer.of(code, found.use, "input", "repeats", "dim", "output_size")
        count, times = new.value("repeats"), int_of(new.value("repeats"))
        if not (isinstance(count, Int) or (isinstance(count, Number) and count.kind == "int")):
            shown = new.source("repeats")
            return Decline(f"`{shown}` is not known to be one number for all elements")
        if times is not None and times < 1:
            return Decline("nothing is repeated")
        dim = new.value("dim")
        if is_none(dim):
            wide = f"{new.once('input')}.reshape(-1, 1).expand(-1, {new.source('repeats')})"
            flat = f"{wide}.flatten()"
            return new.change(f"{flat}.clone()" if new.shared else flat)
        axis = int_of(dim)
        if axis is None:
            return Decline("the dimension is not known")
        rank = new.tensor("input").rank
        between = axis + 1 if axis >= 0 else axis
        ends = f"{axis}, {axis + 1}" if axis >= 0 else f"{axis - 1}, {axis}"
        if rank is None or new.shared:
            copies = f"[{new.source('input')}] * {new.factor('repeats')}"
            stack = f"{new.torch('torch.stack')}({copies}, dim={between})"
            return new.change(f"{stack}.flatten({ends})")
        at = between if between >= 0 else rank + 1 + between
        sizes = ["-1"] * rank
        sizes.insert(at, new.source("repeats"))
        wide = f"{new.once('input')}.unsqueeze({between}).expand({', '.join(sizes)})"
        return new.change(f"{wide}.flatten({ends})")
