"""sequence-stack: cat, stack and split along a dimension that is named."""

from __future__ import annotations

import itertools

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Items,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    Undecided,
    Value,
    int_of,
    ints_of,
    size_along,
)
from trtlint.rules.sequence_stack import SequenceStack

_NAMES = {"row_stack": "vstack"}
_LEAST = {"hstack": 1, "vstack": 2, "dstack": 3}  # dimensions that each gives its tensors


class SequenceStackToCat(Rewrite[OperatorMatch]):
    """Join with ``cat`` or ``stack`` along the dimension that the ranks decide, take apart with
    ``split``.

    Why safe: NumPy's names stand for one of these each, by the number of dimensions; where that is
    not known, the result is written as PyTorch defines it, with ``atleast_2d`` and its kin.
    """

    rule = SequenceStack
    title = "name the dimension"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For tensors whose ranks are known, or that are listed one by one."""
        name = _NAMES.get(found.use.name, found.use.name)
        if "split" in name:
            return _split(found, code)
        new = Composer.of(code, found.use, "tensors")
        rank = _rank(new.value("tensors"))
        if rank is None:
            return new.change(_of_any_rank(name, new, code))
        form = _joining(name, rank)
        if form is None:
            return Decline(f"tensors of {rank} dimensions are reshaped first")
        function, dim = form
        return new.change(f"{new.torch(f'torch.{function}')}({new.source('tensors')}, {dim})")


def _joining(name: str, rank: int) -> tuple[str, int] | None:
    """The function and the dimension that join tensors of that rank."""
    axis = {"hstack": 1, "column_stack": 1, "vstack": 0, "dstack": 2}[name]
    if rank > axis and rank > (name == "vstack"):
        return "cat", axis
    if name == "hstack":
        return "cat", 0
    return ("stack", axis) if rank == axis or (name, rank) == ("vstack", 1) else None


def _of_any_rank(name: str, new: Composer, code: TracedCode) -> str:
    """The definition of one of the functions, for tensors that are listed one by one.

    Raises:
        Undecided: they are not, or would have to be computed twice.
    """
    display = new.operands["tensors"]
    parts = display.elements if isinstance(display, cst.Tuple | cst.List) else ()
    nodes = [part.value for part in parts if not isinstance(part, cst.StarredElement)]
    if not nodes or len(nodes) != len(parts):
        raise Undecided("how many dimensions the tensors have is not known")
    named = all(isinstance(node, cst.Name) for node in nodes)
    sources = [code.source(node) for node in nodes]
    dim = {"vstack": "0", "dstack": "2"}.get(name, "1")
    if name == "column_stack":
        if not named:
            raise Undecided("how many dimensions the tensors have is not known")
        columns = [f"{one} if {one}.dim() > 1 else {one}.reshape(-1, 1)" for one in sources]
        return f"{new.torch('torch.cat')}(({', '.join(columns)}{',' * (len(columns) == 1)}), 1)"
    if name == "hstack":
        if not isinstance(nodes[0], cst.Name):
            raise Undecided("how many dimensions the tensors have is not known")
        dim = f"1 if {sources[0]}.dim() > 1 else 0"
    least = new.torch(f"torch.atleast_{_LEAST[name]}d")
    wide = ", ".join(f"{least}({source})" for source in sources)
    return f"{new.torch('torch.cat')}(({wide}{',' * (len(nodes) == 1)}), {dim})"


def _rank(tensors: Value | None) -> int | None:
    """The rank of all tensors of a sequence; None if it is not known of some, or they differ."""
    if not isinstance(tensors, Items):
        raise Undecided("how many dimensions the tensors have is not known")
    items = tensors.items if tensors.items is not None else (tensors.element,)
    ranks = {item.rank if isinstance(item, Tensor) else None for item in items}
    return (ranks.pop() or None) if len(ranks) == 1 else None


def _split(found: OperatorMatch, code: TracedCode) -> Change | Decline:
    """``split`` into the sizes that ``tensor_split`` would choose."""
    if found.use.name != "tensor_split":
        return Decline("which dimension is split hangs on the rank")
    new = Composer.of(code, found.use, "input", "indices_or_sections", "dim")
    if "indices_or_sections" not in new.operands:
        new = Composer.of(code, found.use, "input", "indices", "dim")
    tensor, axis = new.tensor("input"), int_of(new.value("dim")) if "dim" in new.operands else 0
    whole = size_along(tensor, axis) if axis is not None else None
    if whole is None or axis is None:
        return Decline("the size along the dimension is not known")
    name = "indices_or_sections" if "indices_or_sections" in new.operands else "indices"
    cuts = ints_of(new.value(name))
    if cuts is None:
        return Decline("where it is split is not known")
    if isinstance(new.value(name), Items):
        ends = (0, *cuts, whole)
        lengths = [b - a for a, b in itertools.pairwise(ends)]
        if min(lengths) < 0:
            return Decline("some parts are empty or overlap")
        sizes = ", ".join(map(str, lengths))
        return new.change(f"{new.once('input')}.split(({sizes}), {axis})")
    if cuts[0] < 1 or whole % cuts[0]:
        return Decline("the size is no multiple of the parts")
    return new.change(f"{new.once('input')}.chunk({cuts[0]}, {axis})")
