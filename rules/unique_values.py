"""The rule ``unique-values``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


class UniqueValues(TranslationRule):
    """Flag ``unique``, ``bincount``, ``histc``, ``searchsorted``, which count or search by value.

    ## What it does
    Finds ``torch.unique``, ``unique_consecutive``, ``bincount``, ``histc``, ``histogram`` and
    ``searchsorted`` in traced code.

    ## Why it matters
    How many distinct values there are is known at run time only; the dynamo exporter writes
    ONNX Unique, which no TensorRT parser takes. A histogram becomes a scatter with a sum, and a
    search has no translation.

    ## Use instead
    ``bincount`` of a fixed number of bins is ``F.one_hot(ids, bins).sum(0)``; ``searchsorted``
    and ``bucketize`` over a few edges are ``(x[..., None] > edges).sum(-1)``. The distinct
    values themselves belong outside the engine.

    ## Fix safety
    Safe for ``searchsorted`` among a known number of edges. ``bincount`` with ``minlength`` is
    unsafe: numbers beyond it give more bins, where ``one_hot`` fails. The others are left, as how
    many values there are hangs on the values.

    ## Known limits
    ``np.unique`` and the like are not torch's and are not looked at.
    """

    name = "unique-values"
    family = "operator"
    message = "`{operator}` depends on values: {why}"
    hint = "count over a fixed number of bins with one_hot or comparisons"
    operators = GROUPS["unique-values"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("costly", "no converter in pytorch/TensorRT; it runs in PyTorch"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
