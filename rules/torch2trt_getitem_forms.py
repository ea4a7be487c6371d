"""torch2trt-getitem-forms: subscripts that torch2trt's converter does not take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtGetitemForms(Torch2trtRule):
    """Flag subscripts such as `x[0]`, `x[:, idx]` and `x[..., -1:]` that torch2trt gets wrong.

    ## What it does
    Finds subscripts of tensors that follow the input: a single index or slice (`x[0]`, `x[1:]`),
    index tensors, masks and lists (`x[mask]`, `x[:, [2, 0]]`), and slices whose bounds are
    miscounted (`x[:, -2:]`, `x[:, :-1:2]`).

    ## Why it matters
    The converter iterates over the index, so one that is no tuple raises TypeError. Index tensors
    and lists are dropped without a message: the engine returns the whole tensor. A negative start
    gives a slice that reads past the end.

    ## Use instead
    `x[0, ...]` for `x[0]`, `x[:1, ...]` for `x[:1]`; `torch.split` and `torch.cat` for a fixed list
    of channels; `x[:, n - 2:]` with the size spelled out for `x[:, -2:]`.

    ## Fix safety
    Safe: an ellipsis behind a single index, and `cat` of slices for a list of known places, copy or
    show the same elements. Unsafe for an input that may be a list of tensors. A slice that begins
    at the end has no fix: where it begins hangs on the size.

    ## Known limits
    A bound in a variable is not reported if its sign is not known. Whether a parameter is a tensor
    or a list of them has to be visible in the function.
    """

    name = "torch2trt-getitem-forms"
    family = "operator"
    message = "`{form}` is not converted: {why}"
    hint = "index with a tuple of slices and integers, counted from the front"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "single": only_torch2trt(
            cited("rejected", "4e820ae: convert_tensor_getitem iterates over the index")
        ),
        "advanced": only_torch2trt(
            cited("wrong", "measured: torch2trt at 4e820ae returns the whole tensor")
        ),
        "bounds": only_torch2trt(
            cited("rejected", "measured: torch2trt at 4e820ae, slice_to_trt; out of bounds")
        ),
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"single", "advanced", "bounds"})
