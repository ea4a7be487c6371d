"""torch2trt-static-shape: the batch size of the sample, written into the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtStaticShape(Torch2trtRule):
    """Flag places at which torch2trt writes the sample's batch size into the engine.

    ## What it does
    Finds converters that record the shape of the sample (`split`, `chunk`, `narrow`, `expand`),
    constants that are as large as the batch, `len(x)` and `int(x.shape[0])` on the way into the
    network, and conditions on the batch size.

    ## Why it matters
    torch2trt traces sizes that are read with `x.shape` and `x.size()` and combined with `+ - * //`.
    Everything else is a number of the sample run, right for that batch size only.

    ## Use instead
    Slices for `chunk` and `split` (`x[:, :c]`), broadcasting for `expand` and for constants of
    batch size, `x.shape[0]` for `len(x)`.

    ## Fix safety
    There is no automatic fix yet.

    ## Known limits
    Concerns a batch size that varies; with a fixed one nothing is reported.
    """

    name = "torch2trt-static-shape"
    family = "batch"
    message = "{what} takes the batch size of the sample run"
    hint = "broadcast, slice, or read sizes with x.shape and combine them with + - * //"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": only_torch2trt(
            cited(
                "fine",
                "measured: torch2trt at 4e820ae, at the batch size of the sample",
                dynamic="wrong",
            ),
            cited("wrong", "traveller59/torch2trt README, Tips: static batch sizes only"),
        )
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"default"})
