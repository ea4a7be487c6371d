"""argmax-flat: extremes of a flat tensor, found in a row of their own."""

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
    int_of,
    is_none,
)
from trtlint.rules.argmax_flat import ArgmaxFlat


class ArgmaxFlatToRows(Rewrite[OperatorMatch]):
    """Look for the place in a tensor of one row, and write ``x.max()`` for ``x.amax()``.

    Why safe: a flat tensor and its only row have the same elements in the same order; of equal
    ones, PyTorch returns the first in both.
    """

    rule = ArgmaxFlat
    title = "keep a leading dimension of one"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``argmax`` and ``argmin``, and for extremes without a dimension."""
        name = found.use.name
        new = Composer.of(code, found.use, "input", "dim", "keepdim")
        if "keepdim" in new.operands:
            return Decline("the result keeps its dimensions")
        if name in ("argmax", "argmin"):
            if not is_none(new.value("dim")) and new.tensor("input").rank != 1:
                return Decline("the dimension is not known")
            return new.change(f"{new.once('input')}.reshape(1, -1).{name}(1).squeeze(0)")
        if found.variant == "no_dim":
            return self._extreme(new, code, name)
        if int_of(new.value("dim")) not in (0, -1):
            return Decline("the dimension is not known")
        match code.parent(found.use.node):
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=place))]) as whole:
                wanted = int_of(code.value(place))
            case cst.Attribute(attr=cst.Name(value="values" | "indices" as field)) as whole:
                wanted = ("values", "indices").index(field)
            case _:
                return Decline("the extreme is used together with its place")
        if wanted not in (0, 1):
            return Decline("the extreme is used together with its place")
        row = f"{new.once('input')}.reshape(1, -1)"
        texts = (f"{new.once('input')}.{name}()", f"{row}.{name}(1)[1].squeeze(0)")
        return new.change(texts[wanted], whole)

    def _extreme(self, new: Composer, code: TracedCode, name: str) -> Change | Decline:
        if name != "aminmax":
            return new.change(f"{new.once('input')}.{name[1:]}()")
        match code.parent(new.whole):
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=place))]) as whole:
                wanted = int_of(code.value(place))
                if wanted in (0, 1):
                    method = "max" if wanted else "min"
                    return new.change(f"{new.once('input')}.{method}()", whole)
        return Decline("both extremes are used at once")
