"""order-statistics: the k-th value as the last of the k smallest."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    int_of,
    is_none,
    second_result_used,
    size_along,
)
from trtlint.rules.order_statistics import OrderStatistics

_LIMIT = 3840  # elements that ITopKLayer returns at most


class OrderStatisticsToTopk(Rewrite[OperatorMatch]):
    """Take the last of the ``k`` smallest for ``kthvalue`` and ``median``; sort for ``msort``.

    Why safe: values are picked, none is computed. Where one is not-a-number, so is PyTorch's
    median, and what is written. The places of equal values are PyTorch's own, and nobody looks at
    them here.
    """

    rule = OrderStatistics
    title = "take the last of the k smallest"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For values whose places are not used."""
        use = found.use
        if use.name == "msort":
            new = Composer.of(code, use, "input")
            return new.change(f"{new.once('input')}.sort(0)[0]")
        if use.name == "median":
            return _median(Composer.of(code, use, "input", "dim"), code)
        if use.name != "kthvalue":
            return Decline("it picks or blends values in a way of its own")
        new = Composer.of(code, use, "input", "k", "dim")
        count = int_of(new.value("k"))
        axis = -1 if "dim" not in new.operands else int_of(new.value("dim"))
        if count is None or axis is None or not 1 <= count <= _LIMIT:
            return Decline("which value is picked is not known, or too many are smaller")
        whole = _values(new, code)
        if whole is None:
            return Decline("the place of the value is used")
        smallest = f"{new.once('input')}.topk({count}, {axis}, largest=False)[0]"
        return new.change(f"{smallest}.select({axis}, -1)", whole)


def _median(new: Composer, code: TracedCode) -> Change | Decline:
    """The lower of the two middle values, or not-a-number."""
    tensor = new.tensor("input")
    if tensor.dtype is None or tensor.dtype.floating is None:
        return Decline("whether there is a not-a-number among integers is not asked")
    whole: cst.BaseExpression | None = new.whole
    axis, value, size = 1, new.often("input"), _elements(tensor)
    rows = f"{value}.reshape(1, -1)"
    if not is_none(new.value("dim")):
        named = int_of(new.value("dim"))
        whole, rows = _values(new, code), value
        if named is None or whole is None:
            return Decline("the place of the value is used")
        axis, size = named, size_along(tensor, named)
    if size is None or (size + 1) // 2 > _LIMIT:
        return Decline("how many values there are is not known, or more than TopK returns")
    middle = f"{rows}.topk({(size + 1) // 2}, {axis}, largest=False)[0].select({axis}, -1)"
    if tensor.dtype.floating:
        flat = is_none(new.value("dim"))
        unknown = f"{value}.isnan().any()" if flat else f"{value}.isnan().any({axis})"
        middle = f'{middle}.masked_fill({unknown}, float("nan"))'
    return new.change(f"{middle}.squeeze(0)" if is_none(new.value("dim")) else middle, whole)


def _elements(tensor: Tensor) -> int | None:
    total = tensor.shape.numel() if tensor.shape is not None and tensor.exact else None
    return total.constant if total is not None else None


def _values(new: Composer, code: TracedCode) -> cst.BaseExpression | None:
    """The expression that takes the values alone: ``x.kthvalue(2)[0]``, ``.values``."""
    parent = code.parent(new.whole)
    if second_result_used(code, new.whole) or not isinstance(parent, cst.Subscript | cst.Attribute):
        return None
    return parent
