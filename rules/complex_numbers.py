"""The rule ``complex-numbers``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from trtlint.api import (
    GROUPS,
    OperatorMatch,
    TracedCode,
    TranslationRule,
    Verdict,
    cited,
    translated,
)


@dataclass(frozen=True, eq=False)
class ComplexMatch(OperatorMatch):
    """One use of complex numbers."""

    @property
    def group(self) -> str:
        """All of a function, as they hang together."""
        return "complex numbers"


class ComplexNumbers(TranslationRule):
    """Flag complex numbers, which TensorRT does not have.

    ## What it does
    Finds ``torch.complex``, ``polar``, ``view_as_complex``, ``view_as_real``, ``real``,
    ``imag`` and ``angle`` in traced code.

    ## Why it matters
    TensorRT has no complex type. The dynamo exporter writes pairs of real numbers for simple
    arithmetic (rotary embeddings convert); the TorchScript exporter fails on every complex
    tensor, and Torch-TensorRT rewrites common cases only.

    ## Use instead
    Real arithmetic on the two parts: ``(a * c - b * d, a * d + b * c)`` for a product, with
    cosine and sine kept as two real buffers.

    ## Fix safety
    Unsafe, where complex numbers are made and taken apart again in one function, with sums,
    products and changes of shape between: two real tensors take their place. PyTorch's own
    product rounds some elements once less. Complex buffers, inputs and results are left.

    ## Known limits
    The dynamo exporter fails on complex operators beyond sums, products and absolute values;
    that is not looked at.
    """

    name = "complex-numbers"
    family = "operator"
    message = "`{operator}` is about complex numbers: {why}"
    hint = "compute with real and imaginary parts as two real tensors"
    operators = GROUPS["complex-numbers"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("unknown", "pytorch/TensorRT complex_number_support: common cases convert"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every use of one of the operators."""
        for found in super().check(code):
            yield ComplexMatch(found.node, found.use, found.kind, found.more)
