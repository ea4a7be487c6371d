"""The rule ``integer-matmul``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    emits,
    holds_integers,
    through_onnx,
)


class IntegerMatmul(OperatorRule):
    """Flag matrix products of integers, which TensorRT does not compute.

    ## What it does
    Finds ``@``, ``matmul``, ``bmm`` and ``mm`` where both operands are known to be integers.

    ## Why it matters
    MatMul takes floating types only, in every version of the parser.

    ## Use instead
    Multiply as floats and cast back: exact as long as sums stay below 2 ** 24 in float32. For a
    product with a one-hot matrix use ``gather`` or an embedding.

    ## Fix safety
    There is no automatic fix: large sums round.

    ## Known limits
    Inputs of which the type is not known are taken to be floats.
    """

    name = "integer-matmul"
    family = "operator"
    message = "`{operator}` multiplies integer matrices"
    hint = "multiply as floats"
    operators = frozenset("matmul bmm mm mv dot baddbmm addmm".split())
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits("MatMul[integer]")),
            "torch-tensorrt": cited("rejected", "IMatrixMultiplyLayer takes floating types"),
            "torch2trt": cited("rejected", "4e820ae: measured, add_constant refuses integers"),
        }
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether all operands are integers."""
        tensors = [value for value in use.args.pos if isinstance(value, Tensor)]
        whole = all(holds_integers(tensor) for tensor in tensors)
        return "default" if len(tensors) > 1 and whole else None
