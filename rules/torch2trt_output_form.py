"""torch2trt-output-form: outputs that torch2trt cannot hand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtOutputForm(Torch2trtRule):
    """Flag outputs of a model that torch2trt cannot hand out: its own input, integer tensors.

    ## What it does
    Looks at what the `forward` of an outermost module returns: an input as it is, a constant, one
    tensor twice, tensors of an integer type, an object of a class of the project.

    ## Why it matters
    Outputs have to be tensors that a converter made, of float or bool type, in tuples, lists and
    dicts. An input cannot be an output of the network, a constant has no `_trt`; integer tensors
    and second copies are left out, so that the engine returns fewer outputs than the model.

    ## Use instead
    Return each result once, as a float tensor. `x + 0` for an input that has to be handed on, and
    constants kept outside of the model.

    ## Fix safety
    There is no automatic fix yet.

    ## Known limits
    A module counts as outermost if no other code in its file mentions its class.
    """

    name = "torch2trt-output-form"
    family = "io"
    message = "the output is not one that torch2trt hands out: {why}"
    hint = "return float tensors that the network computes, each once"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "refused": only_torch2trt(
            cited("rejected", "measured: torch2trt at 4e820ae, mark_outputs")
        ),
        "wrong": only_torch2trt(cited("wrong", "measured: torch2trt at 4e820ae, Flattener")),
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"refused", "wrong"})
