"""The rule ``order-statistics``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


class OrderStatistics(TranslationRule):
    """Flag ``median``, ``mode``, ``kthvalue`` and ``quantile``.

    ## What it does
    Finds order statistics in traced code, as functions and as methods, with and without a
    dimension.

    ## Why it matters
    Neither exporter translates ``median``, ``mode`` and ``kthvalue``; ``quantile``,
    ``nanquantile`` and ``msort`` convert through the dynamo exporter only.

    ## Use instead
    ``x.topk(n // 2 + 1, dim, largest=False).values[..., -1]`` is the (lower) median of ``n``
    numbers and ``kthvalue`` likewise, where ``n`` is at most 3840; ``sort`` and a linear blend
    give a quantile.

    ## Fix safety
    Safe where the places are not used: ``kthvalue`` is the last of ``topk(k, largest=False)``,
    ``median`` likewise where the size is known, and not-a-number where one of the values is. A
    median of numbers whose dtype is not known, quantiles and ``mode`` are left.

    ## Known limits
    Several equal values: which index is returned is unspecified, and ``topk`` may choose
    another.
    """

    name = "order-statistics"
    family = "operator"
    message = "`{operator}` is an order statistic: {why}"
    hint = "take the k-th of topk(k, largest=False)"
    operators = GROUPS["order-statistics"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("costly", "no converter in pytorch/TensorRT; it runs in PyTorch"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
