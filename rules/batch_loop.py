"""batch-loop: Python that goes through the samples of a batch one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Int,
    Items,
    Match,
    Range,
    Ref,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    executed,
)

_WHY = "unrolled as often as the sample has rows"
_LOOP = {
    "tensorrt-rtx+dynamo": executed("fine", "unrolled at that batch", dynamic="rejected"),
    "tensorrt-rtx+torchscript": executed("fine", "unrolled at that batch", dynamic="wrong"),
    "tensorrt+dynamo": cited("fine", f"torch 2.13: {_WHY}", dynamic="rejected"),
    "tensorrt+torchscript": cited("fine", f"torch 2.13: {_WHY}", dynamic="wrong"),
    "torch-tensorrt": cited("fine", f"torch.export: {_WHY}", dynamic="rejected"),
    "torch2trt": cited("fine", f"4e820ae: {_WHY}", dynamic="wrong"),
}
_CHUNK = {
    **_LOOP,
    "tensorrt-rtx+torchscript": executed("fine", "the exporter computes the sizes"),
    "tensorrt+torchscript": cited("fine", "the exporter computes the sizes"),
}


@dataclass(frozen=True, eq=False)
class SampleLoop(Match):
    """``for i in range(x.shape[0])`` and the like.

    Attributes:
        kind: the variant.
        shown: what is gone through, as written.
    """

    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``loop`` or ``chunk``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """What is gone through."""
        return {"over": self.shown}


class BatchLoop(Rule[SampleLoop]):
    """Flag loops over the samples of a batch, such as ``for i in range(x.shape[0]):``.

    ## What it does
    Finds loops and comprehensions over ``range(batch)`` or over a tensor's first dimension, lists
    repeated ``batch`` times, and ``split``, ``unbind`` and ``chunk`` along the first dimension.

    ## Why it matters
    Exporters unroll such a loop as often as the sample has rows. With a batch that varies dynamo
    refuses it, or fixes the batch where the dimension was declared with a name; the
    TorchScript one writes a graph for that number of rows.

    ## Use instead
    The same computation on the whole batch; ``torch.vmap``, or ``torch.gather`` where every sample
    picks its own elements. ``x.view(2, -1, ...)`` for the two halves of ``x.chunk(2)``.

    ## Fix safety
    There is no automatic fix.

    ## Known limits
    A tensor that comes out of something unknown is not known to have a batch.
    """

    name = "batch-loop"
    family = "batch"
    message = "`{over}` goes through the samples of a batch in Python"
    hint = "compute on the whole batch at once"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"loop": _LOOP, "chunk": _CHUNK}
    only_if_minded = frozenset({"loop", "chunk"})

    def check(self, code: TracedCode) -> Iterator[SampleLoop]:
        """Every such loop, repetition and split."""
        for node in code.nodes():
            match node:
                case cst.For(iter=over) | cst.CompFor(iter=over) if _per_sample(code, over):
                    yield SampleLoop(over, "loop", code.source(over))
                case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right):
                    for one, other in ((left, right), (right, left)):
                        if isinstance(code.value(one), Items) and _is_size(code, other):
                            yield SampleLoop(node, "loop", code.source(node))
        for use in code.uses("split", "unbind", "chunk"):
            at = 1 if use.name == "unbind" else 2
            dim = use.option("dim", at)
            first = dim is None or (isinstance(dim, Int) and dim.size.constant == 0)
            if first and use.tensor is not None and code.has_batch(use.tensor):
                kind = "chunk" if use.name == "chunk" else "loop"
                yield SampleLoop(use.node, kind, code.source(use.node))


def _is_size(code: TracedCode, node: cst.BaseExpression) -> bool:
    value = code.value(node)
    return isinstance(value, Int) and code.follows_batch(value.size)


def _per_sample(code: TracedCode, over: cst.BaseExpression) -> bool:
    """Whether iterating over an expression takes as many steps as the batch has samples."""
    match code.value(over):
        case Range(start=start, stop=stop):
            return code.follows_batch(stop) or code.follows_batch(start)
        case Tensor() as tensor:
            return code.has_batch(tensor)
    if isinstance(over, cst.Call):
        match code.value(over.func):
            case Ref(name="builtins.zip" | "builtins.enumerate" | "builtins.reversed"):
                return any(_per_sample(code, arg.value) for arg in over.args)
    return False
