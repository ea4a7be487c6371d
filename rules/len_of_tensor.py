"""len-of-tensor: the batch size asked for with ``len``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import Match, Ref, Rule, Tensor, TracedCode, Verdict, cited, executed

_NAMED = "torch 2.13 replaces a named Dim by the sample's size without a word"


@dataclass(frozen=True, eq=False)
class Length(Match):
    """``len(x)`` of a tensor.

    Attributes:
        call: the call.
        shown: the tensor as written.
    """

    call: cst.Call
    shown: str

    def facts(self) -> Mapping[str, str]:
        """The tensor as written."""
        return {"tensor": self.shown}


class LenOfTensor(Rule[Length]):
    """Flag ``len(x)`` of a tensor whose first dimension is the batch.

    ## What it does
    Finds calls of ``len`` on tensors whose first dimension varies with the batch of an input.

    ## Why it matters
    ``len`` must return a plain integer. The TorchScript tracer records the sample's ("Using len to
    get tensor shape might cause the trace to be incorrect"); the dynamo exporter gives the input
    that fixed batch where its dimension was declared with a name.

    ## Use instead
    ``x.shape[0]``, which the exporters keep symbolic.

    ## Fix safety
    Safe: the two are the same number.

    ## Known limits
    At a fixed batch size there is nothing wrong with it, and it is not reported.
    """

    name = "len-of-tensor"
    family = "batch"
    message = "`len({tensor})` is the sample's batch size as a plain number"
    hint = "write {tensor}.shape[0]"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            "tensorrt-rtx+dynamo": cited("fine", _NAMED, dynamic="wrong"),
            "tensorrt+dynamo": cited("fine", _NAMED, dynamic="wrong"),
            "tensorrt-rtx+torchscript": executed("fine", "at that batch", dynamic="wrong"),
            "tensorrt+torchscript": cited("fine", "a TracerWarning", dynamic="wrong"),
            "torch-tensorrt": cited("fine", "torch.export guards on it", dynamic="rejected"),
            "torch2trt": cited("fine", "4e820ae: at the sample's batch", dynamic="wrong"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[Length]:
        """Every such call."""
        for call in code.walk(cst.Call):
            if code.value(call.func) != Ref("builtins.len") or len(call.args) != 1:
                continue
            tensor = code.value(call.args[0].value)
            if isinstance(tensor, Tensor) and code.has_batch(tensor):
                yield Length(call, call, code.source(call.args[0].value))
