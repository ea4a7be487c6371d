"""torch2trt-baked-value: numbers of the sample run that become part of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt

_KINDS = ("scalar", "branch", "random", "weight", "size")
_BAKED = only_torch2trt(
    cited("wrong", "measured: torch2trt at 4e820ae runs the model once, on the sample")
)


class Torch2trtBakedValue(Torch2trtRule):
    """Flag values that torch2trt takes from its sample run, such as `x.max().item()`.

    ## What it does
    Finds Python numbers read from a tensor that follows the input (`.item()`, `int(t)`) where they
    enter the network, branches that such a value decides, random tensors, weights
    computed from the input, and sizes multiplied by a fraction.

    ## Why it matters
    torch2trt runs the model once. What Python reads from a tensor is a constant of the engine from
    then on; a branch is taken once and for all. Its integers drop the fraction of what they meet:
    `int(x.shape[2] * 1.5)` is `x.shape[2] * 1`.

    ## Use instead
    Tensor operations that have a converter: multiply by the tensor, not by its `.item()`. Noise as
    an input. `x.shape[2] * 3 // 2` for a size times 1.5.

    ## Fix safety
    There is no automatic fix yet.

    ## Known limits
    Values that only decide whether to raise or to warn are not reported, nor are random tensors
    with a generator of their own.
    """

    name = "torch2trt-baked-value"
    family = "host-sync"
    message = "`{value}` {why}"
    hint = "compute it with tensor operations that torch2trt converts, or pass it in as an input"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = dict.fromkeys(_KINDS, _BAKED)
    only_if_minded: ClassVar[frozenset[str]] = frozenset(_KINDS)
