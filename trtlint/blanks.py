"""Parts of a tensor that hold one number."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from trtlint.analysis.values import Int, Number, Value

INFINITIES = {f"{module}.inf": math.inf for module in ("math", "torch", "numpy")}


@dataclass(frozen=True)
class Blank:
    """One number everywhere.

    Attributes:
        source: of the number.
        number: what it is, if that is known.
    """

    source: str
    number: float | None

    @property
    def zero(self) -> bool:
        """Whether it is 0 and not -0.0."""
        return self.number == 0 and math.copysign(1, self.number) > 0

    @property
    def negative(self) -> bool:
        """Whether it may be below 0."""
        return self.number is None or not self.number >= 0


def number_in(value: Value, source: str) -> float | None:
    """The number that a Python number is, if that is known."""
    if isinstance(value, Int):
        return value.size.constant
    if isinstance(value, Number) and value.value is not None:
        return value.value
    try:
        known = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None
    return known if isinstance(known, int | float) else None
