"""Running reductions in steps: with the neighbour, the one two before, four before and so on."""

from __future__ import annotations

from trtlint.analysis.literals import int_of, size_along
from trtlint.analysis.undecided import Undecided
from trtlint.composing import Composer

_LONGEST = 1024  # ten steps


def running(new: Composer, pair: str) -> str:
    """The last step of a running reduction; the others become variables before the statement.

    Args:
        new: the use, whose operands are ``input`` and ``dim``.
        pair: what becomes of two neighbours, a template over ``{later}`` and ``{earlier}`` and
            torch functions.

    Raises:
        Undecided: it is not known over how many elements it runs.
    """
    axis = int_of(new.value("dim"))
    size = None if axis is None else size_along(new.tensor("input"), axis)
    if axis is None or size is None or not 1 < size <= _LONGEST:
        raise Undecided("how many elements there are along the dimension is not known")
    front, behind = (":, " * axis, "") if axis >= 0 else ("..., ", ", :" * (-axis - 1))
    value, shift, number = new.often("input"), 1, 1
    while True:
        later = f"{value}[{front}{shift}:{behind}]"
        earlier = f"{value}[{front}:-{shift}{behind}]"
        joined = new.fill(pair, later=later, earlier=earlier)
        step = f"{new.torch('torch.cat')}(({value}[{front}:{shift}{behind}], {joined}), {axis})"
        shift *= 2
        if shift >= size:
            return step
        value = new.let("running" if number == 1 else f"running_{number}", step)
        number += 1
