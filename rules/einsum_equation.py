"""The rule ``einsum-equation``."""

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
    text_of,
    through_onnx,
)


class EinsumEquation(OperatorRule):
    """Flag ``einsum`` equations that TensorRT's parser does not take.

    ## What it does
    Reads the equation of ``torch.einsum`` where it is a string: capital letters are refused by
    every version, an ellipsis by versions before 10.12. Versions before 8.2 have no Einsum at
    all.

    ## Why it matters
    The parser takes lower-case letters only and says ``Invalid character(s) in Einsum
    equation``.

    ## Use instead
    The same equation in lower-case letters; for an ellipsis, flatten the leading dimensions or
    use ``torch.matmul``, which TensorRT also runs faster.

    ## Fix safety
    Safe: capitals are renamed so that PyTorch still sums over dimensions in the same order. An
    equation of TensorRT before 10.12 that has an ellipsis is left: as a product of matrices it may
    round otherwise.

    ## Known limits
    Both exporters normalise some equations first, and more than two operands become several
    products; an equation that is computed is not looked at.
    """

    name = "einsum-equation"
    family = "operator"
    message = "`{operator}` has an equation that the ONNX parser does not take"
    hint = "write the equation in lower-case letters"
    operators = frozenset({"einsum"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "capitals": {
            **through_onnx(emits("Einsum[uppercase]")),
            "torch-tensorrt": cited("fine", "pytorch/TensorRT decomposes einsum"),
            "torch2trt": cited("fine", "4e820ae: einsum is a converter of its own"),
        },
        "ellipsis": {
            **through_onnx(emits("Einsum[ellipsis]"), seen=False),
            "torch-tensorrt": cited("fine", "pytorch/TensorRT decomposes einsum"),
            "torch2trt": cited("unknown", "not measured with an ellipsis"),
        },
        "plain": {
            **through_onnx(emits("Einsum"), seen=False),
            "torch-tensorrt": cited("fine", "pytorch/TensorRT decomposes einsum"),
            "torch2trt": cited("fine", "4e820ae: einsum is a converter of its own"),
        },
    }
    only_if_minded = frozenset({"ellipsis", "plain"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which of the forms the equation has."""
        first = use.option("equation", 0)
        if isinstance(first, Tensor) and use.form == "function":
            return "capitals"  # operands and axes by turns: the exporters write capital letters
        equation = text_of(first)
        if equation is None:
            return "plain" if use.form == "function" else None
        if equation != equation.lower():
            return "capitals"
        return "ellipsis" if "..." in equation else "plain"
