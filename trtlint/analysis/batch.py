"""Which sizes are the batch of a model's inputs.

The first dimension of what a ``forward`` is given is the batch: that is how layers are written, and
what exporters are told varies. A helper's parameter has a batch only if some traced caller hands it
a tensor whose first dimension follows one; the first dimension of a weight, or of a mask that
belongs to no sample, is a size like any other.

Variable-length attention packs all samples into one sequence: a forward that asks for
``cu_seqlens``, as flash-attention calls the places where samples begin, has no batch dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trtlint.analysis.project import Symbol
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import DimAtom, Size
from trtlint.analysis.values import Int, Tensor, Value

if TYPE_CHECKING:
    from trtlint.analysis.core import Analysis


@dataclass(frozen=True)
class Batched:
    """The parameters of a function that follow a batch, by name.

    Attributes:
        tensors: those whose first dimension does.
        numbers: integers that do themselves.
    """

    tensors: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    def follows(self, size: Size) -> bool:
        """Whether a size varies with the batch."""
        return any(
            one.axis == 0 and one.tensor in self.tensors
            if isinstance(one, DimAtom)
            else one.name in self.numbers
            for one in size.atoms()
        )

    def carries(self, value: Value | None) -> bool:
        """Whether a tensor's first dimension, or the integer that a value is, does."""
        match value:
            case Tensor(shape=Shape() as shape, exact=True):
                first = shape.dim(0)
                return first is not None and self.follows(first)
            case Int(size=size):
                return self.follows(size)
            case _:
                return False


def batch_parameters(analysis: Analysis, symbol: Symbol) -> Batched:
    """The parameters of a traced function that follow a batch."""
    known = analysis.batches.get(symbol.key)
    if known is None:
        analysis.batches[symbol.key] = Batched()  # what a recursion is answered
        known = analysis.batches[symbol.key] = _search(analysis, symbol)
    return known


def _search(analysis: Analysis, symbol: Symbol) -> Batched:
    facts = analysis.project.function(symbol)
    if facts.name == "forward" and facts.is_method:
        if any(p.name.startswith("cu_seqlens") and not p.default for p in facts.parameters):
            return Batched()
        return Batched(frozenset(p.name for p in facts.parameters[1:]))
    traced = analysis.traced.get(symbol.key)
    tensors: set[str] = set()
    numbers: set[str] = set()
    names = [p.name for p in facts.parameters if not p.variadic]
    for caller in traced.callers if traced is not None else ():
        around = batch_parameters(analysis, caller)
        if around == Batched():
            continue
        for function, args in analysis.evaluate(caller).calls.values():
            if function.key != symbol.key:
                continue
            skip = 1 if function.owner is not None and facts.is_method else 0
            given = {**dict(zip(names[skip:], args.pos, strict=False)), **args.kw}
            for name, value in given.items():
                if around.carries(value):
                    (numbers if isinstance(value, Int) else tensors).add(name)
    return Batched(frozenset(tensors), frozenset(numbers))
