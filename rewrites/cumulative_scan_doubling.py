"""cumulative-scan: running extremes and products by doubling."""

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
    Undecided,
    int_of,
    second_result_used,
    size_along,
)
from trtlint.rules.cumulative_scan import CumulativeScan

_LONGEST = 1024  # ten steps
_EXTREMES = {"cummax": "torch.maximum", "cummin": "torch.minimum"}


class CumulativeScanToDoubling(Rewrite[OperatorMatch]):
    """Take running maxima and minima in steps: with the neighbour, with the one two before, four
    before and so on.

    Why safe: elements are picked, none is computed; not-a-number goes on from where it stands in
    both. Their places are not used.
    """

    rule = CumulativeScan
    title = "take it in steps of 1, 2, 4, ..."
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For extremes over a known number of elements."""
        use = found.use
        if use.name not in _EXTREMES:
            return Decline("products in another order round otherwise", beside=True)
        new = Composer.of(code, use, "input", "dim")
        parent = code.parent(new.whole)
        if second_result_used(code, new.whole) or not isinstance(
            parent, cst.Subscript | cst.Attribute
        ):
            return Decline("the places of the values are used")
        return new.change(_stepwise(new), parent)


class CumulativeScanToProducts(Rewrite[OperatorMatch]):
    """Take running products in steps: with the neighbour, with the one two before, four before and
    so on.

    Why unsafe: the products are taken in another order, and round otherwise; PyTorch keeps the
    running product in float64 on the CPU.
    """

    rule = CumulativeScan
    title = "take it in steps of 1, 2, 4, ..."
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For products of a known number of floating elements."""
        if found.use.name != "cumprod":
            return Decline("it is no product", beside=True)
        new = Composer.of(code, found.use, "input", "dim")
        dtype = new.tensor("input").dtype
        if dtype is None or not dtype.floating:
            return Decline("integers become int64, and the dtype is not known")
        return new.change(_stepwise(new))


def _stepwise(new: Composer) -> str:
    """The last step, the others as variables.

    Raises:
        Undecided: it is not known how many there are.
    """
    axis = int_of(new.value("dim"))
    size = None if axis is None else size_along(new.tensor("input"), axis)
    if axis is None or size is None or not 1 < size <= _LONGEST:
        raise Undecided("how many elements there are along the dimension is not known")
    front, behind = (":, " * axis, "") if axis >= 0 else ("..., ", ", :" * (-axis - 1))
    value, cat = new.often("input"), new.torch("torch.cat")
    shift, number = 1, 1
    while True:
        earlier = f"{value}[{front}:-{shift}{behind}]"
        later = f"{value}[{front}{shift}:{behind}]"
        extreme = _EXTREMES.get(new.use.name)
        pair = f"{new.torch(extreme)}({later}, {earlier})" if extreme else f"{later} * {earlier}"
        step = f"{cat}(({value}[{front}:{shift}{behind}], {pair}), {axis})"
        shift *= 2
        if shift >= size:
            return step
        value = new.let("running" if number == 1 else f"running_{number}", step)
        number += 1
