"""The rule ``unsupported-operator``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import UNJUDGED, TranslationRule, Verdict, remaining, translated


class UnsupportedOperator(TranslationRule):
    """Flag operators that no exporter translates, or whose ONNX form TensorRT lacks.

    ## What it does
    Looks up every torch function, Tensor method and layer in a measured table: each operator of
    torch 2.13 was exported with both exporters and shown to TensorRT-RTX 1.7. Operators with a
    page of their own are reported there; an operator that is not in the table is unknown and
    not reported.

    ## Why it matters
    The dynamo exporter stops at the first operator without a translation, with a long trace
    that ends in a decomposed name (``prims.prod`` for ``cumprod``); the TorchScript exporter
    says ``UnsupportedOperatorError``. Neither names your line.

    ## Use instead
    What the operator is made of: ``x.exp() - 1`` for ``expm1``, ``torch.where(a > b, a, b)``
    for ``fmax``, ``x.pow(2).sum(-1).sqrt()`` for a distance.

    ## Fix safety
    Safe where others compute it bit for bit: comparisons, roundings, ``x.transpose(-2, -1)`` for
    ``mT``, flips, counts, differences. One-line formulas (``x.exp() - 1``) round at each step and
    are unsafe. Special functions, ``signbit`` and the rest are left.

    ## Known limits
    The table was measured on floating tensors of two to four dimensions. What only the
    TorchScript exporter lacks is reported where that exporter is selected.
    """

    name = "unsupported-operator"
    family = "operator"
    message = "`{operator}` does not convert: {why}"
    hint = "write it with operators that convert, or move it out of the engine"
    operators = remaining()
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        UNJUDGED,
        UNJUDGED,
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
