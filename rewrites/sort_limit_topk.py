"""sort-limit: the first of a sort, and values in an order that is not said to be stable."""

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
    flag_of,
    int_of,
    second_result_used,
)
from trtlint.rules.sort_limit import LIMIT, SortLimit


class SortLimitToTopk(Rewrite[OperatorMatch]):
    """Sort without ``stable=`` where only the values are used, and write ``topk`` where only the
    first of them are.

    Why safe: equal values are equal in any order; only their places tell them apart, and nobody
    looks at these here.
    """

    rule = SortLimit
    title = "take the first values"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``sort(...)[0]`` and ``sort(...).values``."""
        use = found.use
        if use.name == "topk":
            return Decline("so many elements are asked for")
        if use.name != "sort":
            return Decline("the places of equal elements would be in another order")
        new = Composer.of(code, use, "input", "dim", "descending", "stable")
        axis = -1 if "dim" not in new.operands else int_of(new.value("dim"))
        falling = flag_of(new.value("descending"))
        whole = code.parent(new.whole)
        if found.variant == "stable" and flag_of(new.value("stable")) is False:
            return new.change(f"{new.once('input')}.sort({_options(new)})")
        if second_result_used(code, new.whole) or not isinstance(
            whole, cst.Subscript | cst.Attribute
        ):
            return Decline("the places of equal elements would be in another order")
        if found.variant == "stable":
            return new.change(f"{new.once('input')}.sort({_options(new)})")
        cut = code.parent(whole)
        count = _first(code, cut, axis, new.tensor("input").rank)
        if axis is None or falling is None or count is None or not 1 <= count <= LIMIT:
            return Decline("how many of the sorted elements are used is not known")
        order = "" if falling else ", largest=False"
        assert isinstance(cut, cst.BaseExpression)
        return new.change(f"{new.once('input')}.topk({count}, {axis}{order})[0]", cut)


def _options(new: Composer) -> str:
    names = [name for name in ("dim", "descending") if name in new.operands]
    return ", ".join(f"{name}={new.source(name)}" for name in names)


def _first(
    code: TracedCode, cut: cst.CSTNode | None, axis: int | None, rank: int | None
) -> int | None:
    """How many elements along that axis a subscript keeps, if it keeps the first ones."""
    if not isinstance(cut, cst.Subscript) or axis is None:
        return None
    last = cut.slice[-1].slice
    if not isinstance(last, cst.Slice) or last.lower is not None or last.step is not None:
        return None
    whole = [
        isinstance(e.slice, cst.Slice) and e.slice.lower is e.slice.upper is None
        for e in cut.slice[:-1]
    ]
    dots = [
        isinstance(e.slice, cst.Index) and isinstance(e.slice.value, cst.Ellipsis)
        for e in cut.slice[:-1]
    ]
    at_end = dots == [True] and axis in (-1, (rank or 0) - 1)
    in_front = all(whole) and len(whole) == (axis if axis >= 0 else (rank or -9) + axis)
    if last.upper is None or not (at_end or in_front):
        return None
    return int_of(code.value(last.upper))
