"""empty-concat: a tensor grown from an empty one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    "tensorrt-rtx+dynamo": executed("fine", "the exporter drops the empty operand"),
    "tensorrt+dynamo": cited("fine", "torch 2.13 drops the empty operand"),
    "tensorrt-rtx+torchscript": executed("fine", "folded before the parser"),
    "tensorrt+torchscript": cited("rejected", "Concat of tensors of different rank"),
    "torch-tensorrt": cited(
        "costly", "pytorch/TensorRT aten_ops_converters.py cat_validator: falls back to PyTorch"
    ),
    "torch2trt": cited("rejected", "4e820ae: the empty tensor has no place in the network"),
}


class EmptyConcat(OperatorRule):
    """Flag ``torch.cat`` of something with an empty tensor.

    ## What it does
    Finds ``torch.cat`` where one of the tensors is known to have one dimension and no elements,
    such as ``torch.tensor([])``.

    ## Why it matters
    PyTorch skips an empty tensor of one dimension whatever the rank of the others is. TensorRT's
    Concat wants equal ranks; Torch-TensorRT hands the whole operation back to PyTorch.

    ## Use instead
    A list that grows (``outs.append(y)``) and one ``torch.cat(outs)`` at the end.

    ## Fix safety
    Safe where the dtype of the empty tensor is that of the others: it is left out.

    ## Known limits
    In a loop the first operand is empty in the first pass only, and the analysis does not see it.
    """

    name = "empty-concat"
    family = "creation"
    message = "`{operator}` joins an empty tensor"
    hint = "append to a list and concatenate once"
    operators = frozenset({"cat", "concat", "concatenate"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"default": _TABLE}

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Some operand is ``torch.tensor([])`` or the like."""
        return "default" if any(map(_is_empty, _operands(use.args.get(0, "tensors")))) else None


def _operands(value: Value | None) -> Iterator[Value]:
    if isinstance(value, Items):
        yield from value.items if value.items is not None else (value.element,)


def _is_empty(value: Value) -> bool:
    """One dimension of size 0: such a tensor is skipped, whatever the rank of the others."""
    shape = value.shape if isinstance(value, Tensor) and value.exact else None
    return shape is not None and shape.rank == 1 and shape.dims[0].constant == 0
