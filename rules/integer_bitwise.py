"""The rule ``integer-bitwise``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    emits,
    fails,
    holds_integers,
    through_onnx,
)


class IntegerBitwise(OperatorRule):
    """Flag bitwise operators on integers: ``&``, ``|``, ``^``, ``~``, ``<<``, ``>>``.

    ## What it does
    Finds these operators, and ``torch.bitwise_*``, where an operand is known to be integers.

    ## Why it matters
    ONNX has BitwiseAnd and BitShift, which no TensorRT parser takes, and the TorchScript
    exporter translates them for booleans only. On booleans ``&``, ``|`` and ``~`` are And, Or
    and Not, and convert.

    ## Use instead
    Arithmetic: ``torch.div(x, 8, rounding_mode="floor") % 2`` is bit three of a number that is
    not negative; ``x * 4`` is ``x << 2``.

    ## Fix safety
    Safe for a number that is known and one row of bits: division that rounds down and the remainder
    of a power of two are what PyTorch's two's complement makes of negative numbers too. Two
    tensors, and shifts by a tensor, are left.

    ## Known limits
    An input of which nothing is known may be booleans; the other operand decides.
    """

    name = "integer-bitwise"
    family = "operator"
    message = "`{operator}` works on the bits of integers, which TensorRT does not"
    hint = "use division, remainder and multiplication"
    operators = frozenset(
        """bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift
        bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_not_ __and__ __or__ __xor__""".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "bits": {
            **through_onnx(emits("BitwiseAnd"), fails("for booleans only")),
            "torch-tensorrt": cited("costly", "bitwise_type_validator: booleans only"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
        "shift": {
            **through_onnx(emits("BitShift"), emits("Mul"), seen=False),
            "torch-tensorrt": cited("costly", "no converter for shifts"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether the operands are integers."""
        if not any(holds_integers(value) for value in use.args.pos):
            return None
        return "shift" if "shift" in use.name else "bits"
