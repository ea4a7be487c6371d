"""The rule ``sequence-stack``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


class SequenceStack(TranslationRule):
    """Flag ``hstack``, ``vstack``, ``dstack`` and their kin, which become ONNX sequences.

    ## What it does
    Finds the stacking functions that NumPy has as well, and their inverses (``hsplit``,
    ``tensor_split`` ...), in traced code.

    ## Why it matters
    The dynamo exporter writes SequenceConstruct and ConcatFromSequence for stacking, which no
    TensorRT parser takes; the TorchScript exporter writes a sequence for ``tensor_split`` and
    has no translation of most others.

    ## Use instead
    ``torch.cat`` along the dimension that is meant: 0 for ``vstack``, 1 for ``hstack`` (0 of
    vectors), 2 for ``dstack``; ``torch.split`` or ``chunk`` instead of ``tensor_split``.

    ## Fix safety
    Safe where the ranks are known, which decide the dimension, or where the tensors are listed one
    by one, with ``atleast_2d`` and its kin; ``tensor_split`` where the size is known. Otherwise it
    is left.

    ## Known limits
    What the splitting functions do is reported for the TorchScript exporter only.
    """

    name = "sequence-stack"
    family = "operator"
    message = "`{operator}` does not convert: {why}"
    hint = "use torch.cat along the dimension that is meant, torch.split to take apart"
    operators = GROUPS["sequence-stack"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("fine", "pytorch/TensorRT converts aten.cat, to which it decomposes"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
