"""The rule ``cumulative-scan``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


class CumulativeScan(TranslationRule):
    """Flag cumulative products, maxima and minima, which no exporter translates.

    ## What it does
    Finds ``cumprod``, ``cummax``, ``cummin`` and ``logcumsumexp`` in traced code, as functions
    and as methods. ``cumsum`` converts (except of booleans through the TorchScript exporter).

    ## Why it matters
    Of all scans ONNX had CumSum alone until CumProd came, which neither exporter writes and no
    parser takes.

    ## Use instead
    ``cumprod`` of positive numbers is ``x.log().cumsum(dim).exp()``. A running maximum over a
    few steps is a Python loop of ``torch.maximum``; over many, a product with a triangular mask
    and ``amax``.

    ## Fix safety
    Safe for running maxima and minima over a known number of elements whose places are not used:
    they are taken in steps of 1, 2, 4, ... Products likewise are unsafe, as they round otherwise.

    ## Known limits
    ``logcumsumexp`` converts through the dynamo exporter; it is reported for TorchScript only.
    """

    name = "cumulative-scan"
    family = "operator"
    message = "`{operator}` is a running reduction: {why}"
    hint = "use cumsum (of logarithms, for products) or a loop of torch.maximum"
    operators = GROUPS["cumulative-scan"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("costly", "pytorch/TensorRT: only aten.cumsum has a converter"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
