"""integer-bitwise: bits by arithmetic."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    holds_integers,
    int_of,
)
from trtlint.rules.integer_bitwise import IntegerBitwise

_BITS = {"uint8": 8, "int8": 7, "int16": 15, "int32": 31, "int64": 63}


class IntegerBitwiseToArithmetic(Rewrite[OperatorMatch]):
    """Shift by multiplying and dividing, and mask with a remainder.

    Why safe: in two's complement, which PyTorch's integers are, a shift to the right is a division
    that rounds down, and the low bits are the remainder of a power of two, for negative numbers as
    well; products and sums wrap around as shifts do.
    """

    rule = IntegerBitwise
    title = "compute the bits"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For a tensor of integers and a number that is known."""
        use = found.use
        if use.name.endswith("_"):
            return Decline("it writes into the tensor")
        if use.name in ("bitwise_not", "__invert__"):
            new = Composer.of(code, use, "input")
            return new.change(f"-{new.once('input')} - 1")
        new = Composer.of(code, use, "input", "other")
        names = ("input", "other")
        if not isinstance(new.value("input"), Tensor) and "shift" not in use.name:
            names = ("other", "input")
        tensor, number = new.tensor(names[0]), int_of(new.value(names[1]))
        bits = _BITS.get(tensor.dtype.name) if tensor.dtype is not None else None
        if number is None or bits is None or not holds_integers(tensor):
            return Decline("the other operand is no number that is known")
        if not 0 <= number < 2 ** min(bits, 62):
            return Decline(f"{number} does not fit the dtype of the tensor")
        if "shift" in use.name:
            return self._shifted(new, number, bits, left="left" in use.name)
        return self._masked(new, names[0], number, use.name)

    def _shifted(self, new: Composer, by: int, bits: int, *, left: bool) -> Change | Decline:
        if by >= min(bits, 62):
            return Decline("it shifts by the width of the dtype")
        if left:
            return new.change(f"{new.once('input')} * {2**by}")
        div, source = new.torch("torch.div"), new.source("input")
        return new.change(f'{div}({source}, {2**by}, rounding_mode="floor")')

    def _masked(self, new: Composer, name: str, mask: int, operator: str) -> Change | Decline:
        low = (mask & -mask).bit_length() - 1 if mask else 0
        width = mask >> low
        if not mask or width & (width + 1):
            return Decline(f"the bits of {mask:#x} are not one row")
        if "and" in operator:
            return new.change(_row(new, new.source(name), new.once(name), low, width))
        value = new.often(name)
        bits = _row(new, value, value, low, width)
        if "xor" in operator:
            return new.change(f"{value} + {mask} - {bits} * 2")
        return new.change(f"{value} + {mask} - {bits}")


def _row(new: Composer, source: str, primary: str, low: int, width: int) -> str:
    """The bits of one row, at their place."""
    if not low:
        return f"{primary} % {width + 1}"
    div = new.torch("torch.div")
    high = f'{div}({source}, {2**low}, rounding_mode="floor") % {width + 1}'
    return f"{high} * {2**low}"
