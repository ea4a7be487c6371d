"""The rule ``sort-limit``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    emits,
    fails,
    int_of,
    is_none,
    size_along,
    through_onnx,
)

LIMIT = 3840  # elements that ITopKLayer returns at most


class SortLimit(OperatorRule):
    """Flag ``topk``, ``sort`` and ``argsort`` beyond 3840 elements, and stable sorts.

    ## What it does
    Finds ``topk`` with a number above 3840, ``sort`` and ``argsort`` along a dimension known to
    be longer, and both with ``stable=`` spelled out.

    ## Why it matters
    A sort becomes a TopK of all elements, and TensorRT's TopK layer returns 3840 at most: the
    engine is refused when it is built. For ``stable=True`` neither exporter has a translation.

    ## Use instead
    Take fewer: detection heads sort before a threshold that keeps a few hundred. In two steps,
    the best 3840 of each chunk and then the best of those, any number of inputs works.

    ## Fix safety
    Safe where only values are used: they are the same in any order of equal ones, and the first
    ``k`` of a sort are those of ``topk``. Places of equal elements are PyTorch's own and left.

    ## Known limits
    Sizes that only the input decides are not known here; `trtlint verify` shows them.
    """

    name = "sort-limit"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "take at most 3840 elements, without stable="
    operators = frozenset("topk sort argsort msort".split())
    what = {"long": "sorts more than 3840 elements", "stable": "asks for a stable order"}
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "long": {
            **through_onnx(emits("TopK[k > 3840]")),
            "torch-tensorrt": cited("rejected", "ITopKLayer: at most 3840 elements"),
            "torch2trt": cited("rejected", "4e820ae: no converter for sort and topk"),
        },
        "stable": {
            **through_onnx(
                fails("aten.sort.stable has no translation"),
                fails("Sort: out parameter"),
                seen=False,
            ),
            "torch-tensorrt": cited("unknown", "aten.sort.stable is not in the list of converters"),
            "torch2trt": cited("rejected", "4e820ae: no converter for sort"),
        },
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether too many elements are asked for, or a stable order."""
        if use.tensor is None:
            return None
        if use.name == "topk":
            count = int_of(use.option("k", 1))
            return "long" if count is not None and count > LIMIT else None
        if not is_none(use.args.kw.get("stable")):
            return "stable"
        dim = use.option("dim", 1)
        axis = 0 if use.name == "msort" else -1 if dim is None else int_of(dim)
        size = size_along(use.tensor, axis) if axis is not None else None
        return "long" if size is not None and size > LIMIT else None
