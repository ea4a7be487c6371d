"""torch2trt-ignored-argument: arguments that a converter of torch2trt does not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtIgnoredArgument(Torch2trtRule):
    """Flag calls whose arguments torch2trt's converter does not read, such as `F.pad(mode=...)`.

    ## What it does
    Finds calls of functions and layers that have a converter and an argument, or a default, that
    the converter leaves aside: `mode` and `value` of `F.pad`, `alpha` of `torch.add`,
    `rounding_mode`, `dim` of `log_softmax`, the exact `gelu`, `dilation` of max pooling and
    transposed convolutions, `padding_mode` of convolutions, `dim` of `squeeze`, `axis=` anywhere.

    ## Why it matters
    The engine is built without a message and computes something else.

    ## Use instead
    What the argument does, written out: `x + alpha * y`, `torch.cat` of flipped edges for
    reflection padding, `x.view(...)` for `squeeze`, `dim=` for `axis=`, `approximate="tanh"`.

    ## Fix safety
    Safe for `unsqueeze`, whose dimension is counted from the front, and for `squeeze` of a
    dimension whose size is known to be 1, which becomes an index; and for `F.pad` with known
    amounts of edges, which become slices and `cat`. The others are left.

    ## Known limits
    An argument in a variable is reported only where its value is known to matter.
    """

    name = "torch2trt-ignored-argument"
    family = "operator"
    message = "`{operator}` is converted to something else: {why}"
    hint = "write out what the argument does, in operations without it"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": only_torch2trt(
            cited("wrong", "measured: torch2trt at 4e820ae; the converter's own source")
        )
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"default"})
