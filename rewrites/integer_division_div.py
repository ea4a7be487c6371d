"""integer-division: floor division by name, remainders by what they are made of."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    holds_integers,
)
from trtlint.rules.integer_division import IntegerDivision


class IntegerDivisionToDiv(Rewrite[OperatorMatch]):
    """Write ``torch.div(x, y, rounding_mode="floor")`` for ``x // y``, and ``%`` with its help.

    torch2trt ignores ``rounding_mode``, so that it gains nothing.

    Why safe: PyTorch defines ``//`` as that division; a remainder of integers is what the division
    leaves, exactly, also where a product wraps around.
    """

    rule = IntegerDivision
    title = 'write torch.div(..., rounding_mode="floor")'
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For a tensor on the left; for ``%`` and ``fmod`` of integers."""
        if found.use.name.endswith("_"):
            return Decline("it writes into the tensor")
        new = Composer.of(code, found.use, "input", "other")
        new.tensor("input")
        div = new.torch("torch.div")
        if found.variant == "floor":
            left, right = new.source("input"), new.source("other")
            return new.change(f'{div}({left}, {right}, rounding_mode="floor")')
        if not (holds_integers(new.value("input")) and holds_integers(new.value("other"))):
            return Decline("a remainder of floating-point numbers rounds otherwise")
        mode = "trunc" if found.use.name == "fmod" else "floor"
        left, right = new.often("input"), new.often("other")
        return new.change(f'{left} - {div}({left}, {right}, rounding_mode="{mode}") * {right}')
