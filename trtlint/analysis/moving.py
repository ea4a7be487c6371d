"""Whether writes into a tensor can wait until the last of them."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from trtlint.analysis.effects import captured, is_fresh, is_pure, nodes_until, stands_in
from trtlint.analysis.retention import KEPT
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import Int, Number, Ratio, Tensor, aliases
from trtlint.analysis.write_regions import Region, seen_elsewhere
from trtlint.analysis.writes import mentions, names_in

_LAYOUT = frozenset({"is_contiguous", "stride", "as_strided", "data_ptr", "storage_offset"})
_BETWEEN = "statements between the writes may change what is written"


def obstacle(code: TracedCode, region: Region, *, owner: bool = True) -> str | None:
    """Why the writes cannot be moved to the place of the last one, or None.

    Args:
        code: the function.
        region: the writes.
        owner: whether who handed the tensor in may look at it.
    """
    first = region.writes[0].line
    seen = rebinding_obstacle(code, region.name, region.base, first, region.last, owner=owner)
    if seen is not None:
        return seen
    if not all(is_pure(code, part) for write in region.writes for part in write.target.slice):
        return "computing an index may have effects"
    value = region.writes[0].value
    if mentions(value, region.name) and not is_pure(code, value):
        return f"computing what is written may change `{region.name}` itself"
    reason = settled(code, region)
    return reason if isinstance(reason, str) else None


def rebinding_obstacle(
    code: TracedCode,
    name: str,
    base: Tensor,
    first: cst.CSTNode,
    last: cst.CSTNode,
    *,
    owner: bool = True,
) -> str | None:
    """Why a new tensor under the same name is not the same as writes into the old one, or None.

    Args:
        code: the function.
        name: the variable that holds the tensor.
        base: the tensor.
        first: the first statement that writes.
        last: the last one.
        owner: whether who handed the tensor in may look at it.
    """
    shared = seen_elsewhere(code, name, base, first, owner=owner)
    if shared is not None:
        return shared
    if stands_in(code, last, (cst.Try, cst.TryStar)):
        return "an exception in the `try` around it would leave some writes done and some not"
    place = captured(code, aliases(base), nodes_until(code, last))
    if place is not None:
        return f"`{name}` may be kept by {place}, which would see the write"
    for asked in code.walk(cst.Attribute):
        if asked.attr.value in _LAYOUT and aliases(code.value(asked.value)) & aliases(base):
            return f"`{code.source(asked)}` asks for its memory layout, which joining may change"
    return None


def settled(code: TracedCode, region: Region) -> frozenset[int] | str:
    """The writes whose value has to be computed where it stands, or why that is no way out.

    A value that waits for the last write must be the same there. It may not be where what runs in
    between binds a name in it, or may change a tensor. It then gets a name in its place, for which
    it must be a number, or a tensor that nothing else can reach.
    """
    return code.once(("settled", id(region)), lambda: _settled(code, region))


def _settled(code: TracedCode, region: Region) -> frozenset[int] | str:
    for line in region.between:
        if any(isinstance(node, cst.Break | cst.Continue | cst.Del) for node in code.nodes(line)):
            return "statements between the writes may end the loop"
    lines = _in_order(code, [*region.between, *(write.line for write in region.writes)])
    values = {id(write.line): write.value for write in region.writes}
    early: set[int] = set()
    for write in region.writes:
        after = lines[next(i for i, line in enumerate(lines) if line is write.line) + 1 :]
        moved = [values.get(id(line), line) for line in after]
        bound = frozenset().union(*map(code.code.bound_names, moved))
        if bound & {name for part in write.target.slice for name in names_in(part)}:
            return _BETWEEN
        changed = not all(is_pure(code, line) for line in moved)
        waits = not after or (not changed and is_pure(code, write.value))
        if waits and not bound & names_in(write.value):
            continue
        value = write.stored
        own = isinstance(value, Tensor) and is_fresh(code, value, write.line)
        number = isinstance(value, Int | Number | Ratio)
        if changed and not number and not (own and KEPT not in aliases(value)):
            return "computing what is written may have effects, whose order must be kept"
        if not number and not isinstance(value, Tensor):
            return _BETWEEN
        early.add(id(write))
    return frozenset(early)


def _in_order(code: TracedCode, lines: Iterable[cst.CSTNode]) -> list[cst.CSTNode]:
    """Statements of one block in the order in which they stand in it."""
    order = {id(node): at for at, node in enumerate(code.code.nodes())}
    return sorted(lines, key=lambda line: order.get(id(line), -1))


__all__ = ["obstacle", "rebinding_obstacle", "settled"]
