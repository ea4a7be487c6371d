"""Which sizes are the batch of a model's inputs.

The first dimension of what a ``forward`` is given is the batch: that is how layers are written, and
what exporters are told varies. A helper's parameter has a batch only if some traced caller hands it
a tensor whose first dimension follows one; the first dimension of a weight, or of a mask that
belongs to no sample, is a size like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trtlint.analysis.project import Symbol
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import DimAtom, Size
from trtlint.analysis.values import Int, Tensor, Value

if TYPE_CHECKING:
    from trtlint.analysis import Analysis


def batch_parameters(analysis: Analysis, symbol: Symbol) -> frozenset[str]:
    """Names of the parameters of a traced function whose first dimension is, or follows, a batch.

    For an integer it is the parameter itself.
    """
    known = analysis.batches.get(symbol.key)
    if known is None:
        analysis.batches[symbol.key] = frozenset()  # what a recursion is answered
        known = analysis.batches[symbol.key] = _search(analysis, symbol)
    return known


def _search(analysis: Analysis, symbol: Symbol) -> frozenset[str]:
    facts = analysis.project.function(symbol)
    if facts.name == "forward" and facts.is_method:
        return frozenset(p.name for p in facts.parameters[1:])
    traced = analysis.traced.get(symbol.key)
    found: set[str] = set()
    names = [p.name for p in facts.parameters if not p.variadic]
    for caller in traced.callers if traced is not None else ():
        around = batch_parameters(analysis, caller)
        if not around:
            continue
        for function, args in analysis.evaluate(caller).calls.values():
            if function.key == symbol.key:
                skip = 1 if function.owner is not None and facts.is_method else 0
                given = {**dict(zip(names[skip:], args.pos, strict=False)), **args.kw}
                found |= {name for name, value in given.items() if carries(value, around)}
    return frozenset(found)


def carries(value: Value | None, batched: frozenset[str]) -> bool:
    """Whether a value's first dimension, or the integer it is, follows a batch."""
    match value:
        case Tensor(shape=Shape() as shape, exact=True):
            first = shape.dim(0)
            return first is not None and follows(first, batched)
        case Int(size=size):
            return follows(size, batched)
        case _:
            return False


def follows(size: Size, batched: frozenset[str]) -> bool:
    """Whether a size varies with the batch of one of the parameters ``batched``."""
    return any(
        (isinstance(one, DimAtom) and one.axis == 0 and one.tensor in batched)
        or one.name in batched
        for one in size.atoms()
    )
