"""The rule ``loss-in-forward``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    GROUPS,
    OperatorMatch,
    TracedCode,
    TranslationRule,
    Verdict,
    cited,
    translated,
)


class LossInForward(TranslationRule):
    """Flag loss functions in code that is converted.

    ## What it does
    Finds ``F.cross_entropy``, ``F.nll_loss``, ``F.l1_loss`` and other losses, functions and
    layers, in traced code.

    ## Why it matters
    Cross entropy becomes ONNX SoftmaxCrossEntropyLoss, which no TensorRT parser takes; the
    TorchScript exporter has no translation of most others. A loss in ``forward`` also makes the
    labels an input of the engine.

    ## Use instead
    Return the logits and compute the loss outside, or put it under ``if self.training:`` or
    ``if labels is not None:``.

    ## Fix safety
    There is no automatic fix: what ``forward`` returns would change.

    ## Known limits
    A loss under a condition on an optional argument (``if labels is not None``) is not
    reported; another branch that never runs in deployment is, where the analysis cannot see
    that.
    """

    name = "loss-in-forward"
    family = "operator"
    message = "`{operator}` in forward: {why}"
    hint = "compute losses outside of forward, or under `if self.training:`"
    operators = GROUPS["loss-in-forward"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("unknown", "no converter in pytorch/TensorRT; some losses are decomposed before"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every loss that is computed without labels being asked for."""
        optional = {p.name for p in code.code.facts.parameters if p.default == "NoneType"}
        for match in super().check(code):
            if not _guarded(code, match.node, optional):
                yield match


def _guarded(code: TracedCode, node: cst.CSTNode, optional: Set[str]) -> bool:
    """Whether it runs only where an argument is given that inference leaves out."""
    above = code.parent(node)
    while above is not None:
        if isinstance(above, cst.If) and any(
            isinstance(part, cst.Name) and part.value in optional for part in _parts(above.test)
        ):
            return True
        above = code.parent(above)
    return False


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """An expression and everything in it."""
    yield node
    for child in node.children:
        yield from _parts(child)
