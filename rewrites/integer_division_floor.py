"""integer-division: floor division as the floor of a quotient, for torch2trt."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Number,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    Value,
)
from trtlint.rules.integer_division import IntegerDivision


class IntegerDivisionToFloor(Rewrite[OperatorMatch]):
    """Write ``torch.floor(x / y)`` for ``x // y`` of floating-point numbers.

    torch2trt rounds negative quotients towards zero, and ignores ``rounding_mode``.

    Why unsafe: a quotient that rounds up to an integer is floored to another one, ``1.0 / 0.1`` to
    10 where ``1.0 // 0.1`` is 9; and infinity stays infinite, where PyTorch makes it not-a-number.
    """

    rule = IntegerDivision
    title = "take the floor of the quotient"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For a tensor on the left, where one of the two is known to be floating."""
        if found.variant != "floor" or found.use.name.endswith("_"):
            return Decline("the remainder has no other form that torch2trt takes")
        new = Composer.of(code, found.use, "input", "other")
        new.tensor("input")
        if not (_floating(new.value("input")) or _floating(new.value("other"))):
            return Decline("of integers it would be another dtype")
        quotient = f"{new.factor('input')} / {new.factor('other')}"
        return new.change(f"{new.torch('torch.floor')}({quotient})")


def _floating(value: Value | None) -> bool:
    if isinstance(value, Tensor):
        return value.dtype is not None and bool(value.dtype.floating)
    return isinstance(value, Number) and value.kind == "float"
