"""The rule ``argmax-flat``."""

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
    ints_of,
    is_none,
    through_onnx,
)


class ArgmaxFlat(OperatorRule):
    """Flag ``argmax``, ``max`` and ``min`` with indices over a tensor of one dimension.

    ## What it does
    Finds ``argmax`` and ``argmin`` without ``dim``, which flatten first, and ``argmax(dim)``,
    ``max(dim)`` and the like of a tensor known to have one dimension. ``amax``, ``amin`` and
    ``aminmax`` without ``dim`` fail in the dynamo exporter alone.

    ## Why it matters
    TensorRT's TopK layer, which finds indices, takes tensors of two dimensions or more; the
    parser refuses the rest in every version.

    ## Use instead
    Keep a leading dimension of one: ``x.flatten()[None].argmax(1)``, or ``x.view(1,
    -1).max(1)``. For the extreme value alone ``x.max()`` converts, and ``x.amax(dim)`` with
    every dimension spelled out.

    ## Fix safety
    Safe: the place is looked for in a tensor of one row, ``x.max()`` stands for ``x.amax()``. An
    extreme that is used together with its place is left.

    ## Known limits
    A tensor whose rank is not known is taken to have two dimensions or more.
    """

    name = "argmax-flat"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "keep a leading dimension, x.flatten()[None].argmax(1); spell out dim"
    operators = frozenset("argmax argmin max min amax amin aminmax".split())
    what = {
        "flat": "looks for an index in a tensor of one dimension",
        "no_dim": "has no dim, which the dynamo exporter asks for",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "flat": {
            **through_onnx(emits("ArgMax[rank 1]")),
            "torch-tensorrt": cited("costly", "pytorch/TensorRT#1491: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter for argmax"),
        },
        "no_dim": {
            **through_onnx(
                fails("aten.amax: required parameter 'dim' is not provided"), emits(), seen=False
            ),
            "torch-tensorrt": cited("fine", "pytorch/TensorRT converts aten.amax"),
            "torch2trt": cited("unknown", "not measured without dim"),
        },
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether the index of a flat tensor is looked for."""
        if use.tensor is None or use.args.open:
            return None
        dim = use.option("dim", 1)
        if use.name in ("amax", "amin", "aminmax"):
            missing = is_none(dim) or (not ints_of(dim) and ints_of(dim) is not None)
            return "no_dim" if missing else None
        if use.name in ("argmax", "argmin"):
            return "flat" if is_none(dim) or use.tensor.rank == 1 else None
        return "flat" if use.tensor.rank == 1 and int_of(dim) is not None else None
