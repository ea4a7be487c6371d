"""torch2trt-converter-limits: calls at which a converter of torch2trt fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtConverterLimits(Torch2trtRule):
    """Flag calls that torch2trt's converter raises at, such as `x.mean(-1)`.

    ## What it does
    Finds calls of functions and layers that have a converter which does not take them in that form:
    negative dims in reductions, operands given by keyword, functional pooling without a stride,
    `padding="same"`, normalisation without weights, tensors of several dtypes, operands of
    different rank in a matrix product, adaptive pooling in one dimension.

    ## Why it matters
    The conversion stops with an exception in the converter, or TensorRT refuses the network; the
    message names neither the line nor the reason.

    ## Use instead
    The spelling that the converter takes: `x.mean(3)` for `x.mean(-1)`, `F.max_pool2d(x, 2, 2)` for
    `F.max_pool2d(x, 2)`, numbers for `padding="same"`, operands of one rank and one dtype.

    ## Fix safety
    Safe: dimensions are counted from the front, `F.pad` gets four numbers, a pooling its stride,
    edges are joined as slices, and weights of an einsum are cloned, which gives them a `_trt`.
    Unsafe: a mask in arithmetic is computed as a number. What needs another computation is left.

    ## Known limits
    Ranks and dtypes of inputs are seldom visible in source; what depends on them is reported only
    where they are. An input that meets a weight matrix in a product is taken to have three
    dimensions or more, and an input that meets an integer tensor in arithmetic to be floating.
    """

    name = "torch2trt-converter-limits"
    family = "operator"
    message = "`{operator}` makes the converter fail: {why}"
    hint = "write it in the form that the converter takes"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": only_torch2trt(
            cited("rejected", "measured: torch2trt at 4e820ae; the converter's own source")
        )
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"default"})
