"""The rule ``embedding-bag``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    GROUPS,
    TranslationRule,
    Verdict,
    cited,
    translated,
)


class EmbeddingBag(TranslationRule):
    """Flag ``nn.EmbeddingBag`` and ``F.embedding_bag``.

    ## What it does
    Finds the layer and the function, in every mode.

    ## Why it matters
    The dynamo exporter writes a Loop over an ONNX sequence, which no TensorRT parser takes; the
    loop of the TorchScript exporter makes the builder fail.

    ## Use instead
    For bags of one size ``F.embedding(index, weight).mean(1)`` (or ``sum``, ``amax``), with the
    same weights.

    ## Fix safety
    There is no automatic fix yet: the layer's parameters would move.

    ## Known limits
    Whether all bags have one size is not looked at.
    """

    name = "embedding-bag"
    family = "operator"
    message = "`{operator}` sums over bags: {why}"
    hint = "use F.embedding and reduce, where bags have one size"
    operators = GROUPS["embedding-bag"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        **translated(
            operators,
            cited("costly", "aten._embedding_bag has a converter of many layers"),
            cited("rejected", "4e820ae: no converter"),
        ),
    }
