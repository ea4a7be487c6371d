"""tensor-from-tensors: elements of tensors put into a new one by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Items,
    OperatorRule,
    OperatorUse,
    Tensor,
    TracedCode,
    Value,
    Verdict,
    cited,
    executed,
)

_TABLE = {
    "tensorrt-rtx+dynamo": cited("fine", "torch.export keeps the elements"),
    "tensorrt+dynamo": cited("fine", "torch.export keeps the elements"),
    "tensorrt-rtx+torchscript": executed("wrong", "the tracer keeps the sample's elements"),
    "tensorrt+torchscript": cited("wrong", "torch 2.13: registered as a constant in the trace"),
    "torch-tensorrt": cited("fine", "torch.export keeps the elements"),
    "torch2trt": cited("rejected", "4e820ae: the new tensor has no place in the network"),
}


class TensorFromTensors(OperatorRule):
    """Flag ``torch.tensor([...])`` of elements that are tensors themselves.

    ## What it does
    Finds ``torch.tensor``, ``torch.FloatTensor`` and the like, and ``new_tensor``, with a tensor
    among the elements.

    ## Why it matters
    The TorchScript tracer cannot see where the elements come from ("torch.tensor results are
    registered as constants in the trace"): the graph holds the sample's numbers. torch2trt has the
    same trouble.

    ## Use instead
    ``torch.stack([a, b])``, which joins them in the graph.

    ## Fix safety
    Safe for elements of no dimensions and one dtype. ``torch.tensor`` cuts off their history,
    so the stack is detached.

    ## Known limits
    ``torch.tensor(x)`` of a single tensor is traced, and fine.
    """

    name = "tensor-from-tensors"
    family = "creation"
    message = "`{operator}` copies elements of tensors by value"
    hint = "use torch.stack"
    operators = frozenset(
        "tensor new_tensor Tensor FloatTensor LongTensor IntTensor as_tensor".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"default": _TABLE}

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Some element is a tensor."""
        at = 1 if use.name == "new_tensor" else 0
        data = use.args.get(at, "data")
        return "default" if _holds_tensor(data) else None


def _holds_tensor(value: Value | None) -> bool:
    if not isinstance(value, Items):
        return False
    inside = value.items if value.items is not None else (value.element,)
    return any(isinstance(one, Tensor) or _holds_tensor(one) for one in inside)
