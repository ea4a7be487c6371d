"""baked-batch: a reshape that spells out the batch size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Rule,
    Size,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    executed,
    is_input,
    size_arguments,
)

_READ = {
    "tensorrt-rtx-1.7": executed("fine", "the dynamo exporter keeps the size symbolic"),
    "tensorrt": cited("fine", "torch.onnx keeps the size symbolic"),
    "torch-tensorrt": cited("fine", "torch.export keeps the size symbolic"),
    "torch2trt-0.5": cited("fine", "4e820ae: sizes are traced through its int wrapper"),
    "torch2trt-0.1": cited("wrong", "traveller59/torch2trt README, Tips: static batch sizes only"),
}
_LITERAL = {
    **_READ,
    "tensorrt-rtx-1.7": executed("fine", "at that batch size", dynamic="rejected"),
    "tensorrt-rtx-1.7+torchscript": cited("fine", "at that batch size", dynamic="wrong"),
    "tensorrt": cited("fine", "torch.onnx writes the number", dynamic="rejected"),
    "torch-tensorrt": cited("fine", "torch.export fixes the batch", dynamic="rejected"),
}


@dataclass(frozen=True, eq=False)
class BakedReshape(Match):
    """``x.view(b, ...)`` where ``b`` is the batch size of an input, or a number in its place.

    Attributes:
        call: the reshape.
        operand: what is reshaped.
        tensor: its value.
        sizes: the size arguments in order, as nodes.
        values: what is known of each; None if it is not an integer the analysis follows.
        literal: whether the batch is a number in the source.
    """

    call: cst.Call
    operand: cst.BaseExpression
    tensor: Tensor
    sizes: tuple[cst.BaseExpression, ...]
    values: tuple[Size | None, ...]
    literal: bool
    shown: str

    @property
    def variant(self) -> str:
        """``literal`` or ``read``."""
        return "literal" if self.literal else "read"

    def facts(self) -> Mapping[str, str]:
        """The batch argument as written."""
        how = "as a number" if self.literal else "that it reads from the input"
        return {"call": self.shown, "how": how}


class BakedBatch(Rule[BakedReshape]):
    """Flag reshapes that name the batch size, such as ``x.view(x.size(0), -1)``.

    ## What it does
    Finds ``view`` and ``reshape`` whose first size is the batch size of an input, or a number where
    the tensor's first dimension is one and no other size is ``-1``.

    ## Why it matters
    Whether the batch stays symbolic then depends on the exporter and on every ``int()`` on the way.
    A number fixes the batch for good: with a dynamic batch the engine fails at every other one.
    Early torch2trt records the sample's sizes and accepts no other batch.

    ## Use instead
    ``flatten(1)``, or ``-1`` in the batch position with the other sizes spelled out.

    ## Fix safety
    Safe: for any input that has elements at all, ``-1`` stands for the same number.
    ``x.flatten(1)`` also takes inputs that ``view`` refuses as not contiguous.

    ## Known limits
    A number is reported but not changed: it may be meant. A tensor of unknown rank is taken to have
    at least two dimensions; a single one makes ``flatten(1)`` raise. Where another size
    is already ``-1`` and the call is no plain flattening, there is no room for a second one.
    """

    name = "baked-batch"
    family = "batch"
    message = "`{call}` names the batch size {how}"
    hint = "use flatten(1), or -1 in the batch position"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"read": _READ, "literal": _LITERAL}

    def check(self, code: TracedCode) -> Iterator[BakedReshape]:
        """Every such reshape."""
        for call in code.walk(cst.Call):
            found = size_arguments(code, call, {"view", "reshape"})
            if found is None or len(found.nodes) < 2:
                continue
            first = found.values[0]
            dim = found.tensor.shape.dim(0) if found.tensor.shape is not None else None
            shown = f"{call_name(call)}({', '.join(map(code.source, found.nodes))})"
            if first is not None and code.is_batch(first) and (is_input(first) or first == dim):
                literal = False
            elif first is not None and first.constant is not None and first.constant > 0:
                rest = [a for size in found.values[1:] if size is not None for a in size.atoms()]
                free = any(size is not None and size.constant == -1 for size in found.values)
                if dim is None or free or not code.is_batch(dim) or not is_input(dim):
                    continue
                if any(one in tuple(dim.atoms()) for one in rest):
                    continue
                literal = True
            else:
                continue
            yield BakedReshape(
                call, call, found.operand, found.tensor, found.nodes, found.values, literal, shown
            )


def call_name(call: cst.Call) -> str:
    """``view`` of ``x.view(...)``."""
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else "reshape"
