"""The rule ``loss-in-forward``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


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
    A branch that never runs in deployment, because no labels are given, is reported where the
    analysis cannot see that.
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
