"""baked-batch: reshapes without the batch size."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    FloorDivAtom,
    Rewrite,
    Safety,
    Size,
    Swap,
    TracedCode,
    at_least,
    is_pure,
    primary,
    stands_in,
)
from trtlint.rules.baked_batch import BakedBatch, BakedReshape


class BakedBatchToFree(Rewrite[BakedReshape]):
    """Write ``flatten`` where the reshape flattens, and ``-1`` for the batch where there is room.

    Why safe: the sizes of a reshape multiply to the number of elements, so one ``-1`` stands for
    the only number that the original can have had there; ``flatten`` is that reshape.
    """

    rule = BakedBatch
    title = "leave the batch size out of the reshape"
    safety = Safety.SAFE

    def rewrite(self, found: BakedReshape, code: TracedCode) -> Change | Decline:
        """For ``x.view(b, -1)``, ``x.reshape(b, -1, 7)`` and ``x.view(b, c, h * w)``."""
        if found.literal:
            return Decline("a batch size written as a number may be meant")
        if not all(is_pure(code, size) for size in found.sizes):
            return Decline("computing the sizes may have effects")
        if stands_in(code, found.call, (cst.Try, cst.TryStar)):
            return Decline("the `try` around it may count on the reshape to fail")
        flat = _flattened(found)
        if flat is not None:
            operand = primary(code.source(found.operand), found.operand)
            return Change((Swap(code.code, found.call, f"{operand}.{flat}"),))
        holes = [
            i for i, size in enumerate(found.values) if size is not None and size.constant == -1
        ]
        if holes:
            return Decline("another size is already -1, and the reshape is no plain flattening")
        if any(size is None for size in found.values[1:]):
            return Decline("a size is not known to be an integer other than -1")
        shape = found.tensor.shape if found.tensor.exact else None
        if shape is not None and any(map(_may_be_zero, (*shape.dims, *shape.last))):
            return Decline("the tensor may be empty, and -1 then stands for no one number")
        return Change((Swap(code.code, found.sizes[0], "-1", bare=True),))


def _may_be_zero(size: Size) -> bool:
    """Whether a size is 0 for small inputs; a division by an attribute is taken not to be."""
    by_attribute = any(
        isinstance(one, FloorDivAtom) and one.den.constant is None for one in size.atoms()
    )
    return not at_least(size, 1) and not by_attribute


def _flattened(found: BakedReshape) -> str | None:
    """``flatten(1)`` or ``flatten(1, 3)`` where that is what the sizes say."""
    shape = found.tensor.shape if found.tensor.exact else None
    holes = [i for i, size in enumerate(found.values) if size is not None and size.constant == -1]
    if shape is None or len(holes) != 1:
        return None
    lead, tail = found.values[: holes[0]], found.values[holes[0] + 1 :]
    if any(size != shape.dim(i) for i, size in enumerate(lead)):
        return None
    if tail and any(size != shape.dim(i - len(tail)) for i, size in enumerate(tail)):
        return None
    rank = shape.rank
    # Of unknown rank, a tensor that is flattened is taken to have something to flatten.
    if rank is not None and rank < len(lead) + len(tail) + 1:
        return None
    if rank is None and tail:
        return None
    if rank is None or not tail:
        return f"flatten({len(lead)})"
    return f"flatten({len(lead)}, {rank - len(tail) - 1})"
