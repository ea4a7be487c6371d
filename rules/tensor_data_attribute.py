"""tensor-data-attribute: ``x.data`` in traced code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    fails,
    through_onnx,
)


@dataclass(frozen=True, eq=False)
class DataAttribute(Match):
    """``x.data``.

    Attributes:
        kind: the variant.
        shown: the attribute as written.
    """

    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``elements``, ``constant`` or ``size``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The attribute as written."""
        return {"attribute": self.shown}


class TensorDataAttribute(Rule[DataAttribute]):
    """Flag ``x.data`` of a tensor in traced code.

    ## What it does
    Finds the attribute ``data`` of tensors, parameters and buffers.

    ## Why it matters
    ``data`` goes behind the tracer's back. The dynamo exporter of torch 2.13 crashes, or finds a
    fake tensor among its constants; the TorchScript exporter and torch2trt take the sample's
    elements for a constant, which those of a parameter or buffer are. Sizes read through it,
    ``x.data.size()``, become numbers.

    ## Use instead
    ``x.detach()``, or just ``x``: an export computes no gradients.

    ## Fix safety
    Safe: both show the same memory. Where a number is added in place, the sum out of place, which
    leaves the gradient alone as well. Other writes go into the tensor itself: unsafe, as autograd
    then sees them. Declined for parameters, and where the result is kept under another name.

    ## Known limits
    Not tied to tests of the real library: the crash takes the process with it.
    """

    name = "tensor-data-attribute"
    family = "host-sync"
    message = "`{attribute}` goes behind the tracer's back"
    hint = "use detach(), or the tensor itself"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "elements": {
            **through_onnx(
                fails("torch 2.13 crashes: a fake tensor among the constants"),
                differs("the sample's elements become a constant"),
                seen=False,
            ),
            "torch-tensorrt": cited("rejected", "torch.export: fake tensor among the constants"),
            "torch2trt": cited("wrong", "measured at 4e820ae: the sample's elements are recorded"),
        },
        "constant": {
            **through_onnx(
                fails("torch 2.13 crashes: a fake tensor among the constants"),
                emits(),
                seen=False,
            ),
            "torch-tensorrt": cited("rejected", "torch.export: fake tensor among the constants"),
            "torch2trt": cited("fine", "4e820ae: a constant"),
        },
        "size": {
            **through_onnx(emits(), emits(dynamic="wrong"), seen=False),
            "torch-tensorrt": cited("fine", "torch.export keeps the size symbolic"),
            "torch2trt": cited("fine", "at the sample's size; 4e820ae", dynamic="wrong"),
        },
    }
    only_if_minded = frozenset({"size"})

    def check(self, code: TracedCode) -> Iterator[DataAttribute]:
        """Every such attribute."""
        for node in code.walk(cst.Attribute):
            if node.attr.value != "data":
                continue
            owner = code.value(node.value)
            if not isinstance(owner, Tensor):
                continue
            outer = code.parent(node)
            kind = "elements" if owner.varies else "constant"
            if isinstance(outer, cst.Attribute) and outer.attr.value in ("size", "shape", "dim"):
                kind = "size"
            if kind != "size" or owner.varies:
                yield DataAttribute(node, kind, code.source(node))
