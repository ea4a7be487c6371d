"""The rule ``scatter-reduce``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    fails,
    flag_of,
    is_none,
    text_of,
    through_onnx,
)

_IGNORED = {
    f"tensorrt>=8.2,<10.0{exporter}": cited("wrong", "NVIDIA/TensorRT#2396: reduction ignored")
    for exporter in ("+dynamo", "+torchscript")
}
_OTHERS = {
    "torch-tensorrt": cited("costly", "pytorch/TensorRT: a loop of scatters, or PyTorch"),
    "torch2trt": cited("rejected", "4e820ae: no converter"),
}


class ScatterReduce(OperatorRule):
    """Flag scatters that add up: ``scatter_add``, ``scatter_reduce``, ``index_add``.

    ## What it does
    Finds the functions and methods, in place or not, that combine several sources into one
    element.

    ## Why it matters
    ScatterElements with a reduction is taken by TensorRT from 10.0 on, through a plugin that
    TensorRT-RTX does not ship; versions 8.2 to 8.6 ignored the reduction without a word.
    ``index_add`` and accumulating ``index_put`` become ScatterND with a reduction, which no
    version takes; the TorchScript exporter writes them without the reduction, which is wrong
    where an index occurs twice. The mean of ``scatter_reduce`` becomes a plain scatter.

    ## Use instead
    For a known number of places, a product with a one-hot matrix: ``F.one_hot(index,
    k).to(x.dtype).transpose(0, 1) @ x``. Where every index occurs once, ``scatter`` and
    ``index_copy`` are the same and convert.

    ## Fix safety
    There is no automatic fix. ``scatter_add`` with an expanded index takes the place of
    ``index_add`` for exporters, but TensorRT-RTX has no such layer either; a product with a one-hot
    matrix adds in another order, turns infinities into not-a-number and grows with the places.

    ## Known limits
    Whether an index occurs twice is not looked at.
    """

    name = "scatter-reduce"
    family = "operator"
    message = "`{operator}` combines what goes to one place"
    hint = "multiply with a one-hot matrix, or scatter without reduction"
    operators = frozenset(
        """scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ index_add
        index_add_ index_put index_put_ index_reduce index_reduce_ put put_""".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "elements": {
            **through_onnx(emits("ScatterElements[reduction]")),
            **_IGNORED,
            **_OTHERS,
        },
        "mean": {
            **through_onnx(
                differs("the dynamo exporter drops the mean"),
                fails("ONNX does not support mean reduction for scatter_reduce"),
                seen=False,
            ),
            **_OTHERS,
        },
        "index": {
            **through_onnx(
                emits("ScatterND[reduction]"),
                differs("written without the reduction: wrong where an index occurs twice"),
                seen=False,
            ),
            **_OTHERS,
        },
        "untranslated": {
            **through_onnx(fails("the exporter has no translation"), seen=False),
            **_OTHERS,
        },
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which kind of scatter it is, if it reduces."""
        name = use.name.rstrip("_")
        if name == "scatter":
            return None if is_none(use.option("reduce", 4)) else "untranslated"
        if name == "index_put":
            return "index" if flag_of(use.option("accumulate", 3)) else None
        if name in ("put", "index_reduce"):
            return "untranslated"
        if name == "scatter_reduce" and text_of(use.option("reduce", 4)) == "mean":
            return "mean"
        return "index" if name == "index_add" else "elements"
