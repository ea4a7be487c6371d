"""torch2trt-lost-write: in-place changes that never reach the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtLostWrite(Torch2trtRule):
    """Flag in-place changes of a tensor that torch2trt does not see, such as `y.add_(1)`.

    ## What it does
    Finds in-place methods without a converter (`add_`, `clamp_`, `copy_`, `fill_`), writes through
    masks and index tensors, converted in-place operations on a view whose base is used later, and
    augmented assignments to a constant (`out = torch.zeros(...)`, `out += x`). Writes through plain
    slices are the business of slice-assign.

    ## Why it matters
    The tensor keeps the `_trt` that it had before, so the engine ignores the change, without a
    message. A constant is taken into the network after the change, which is then made twice.

    ## Use instead
    The form that returns a new tensor: `y = y + 1`, `torch.clamp`, `out = out + x`;
    multiplication by a mask for writes through it.

    ## Fix safety
    Safe for methods with an underscore and augmented assignments, where nobody else sees the tensor
    and its dtype stays. Writes through masks have no form that torch2trt converts.

    ## Known limits
    A view is known as such only within one function.
    """

    name = "torch2trt-lost-write"
    family = "assign"
    message = "`{write}` changes a tensor behind the back of torch2trt"
    hint = "use the form that returns a new tensor"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": only_torch2trt(
            cited("wrong", "measured: torch2trt at 4e820ae; the engine ignores the change"),
            cited("rejected", "traveller59/torch2trt README, Tips: no assign"),
        )
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"default"})
