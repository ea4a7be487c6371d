"""From a rebuilt region to a change of the function: what may move, and what goes away."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from trtlint.analysis.effects import captured, is_pure, nodes_until, stands_in
from trtlint.analysis.sizes import Size
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, aliases
from trtlint.analysis.writes import (
    Region,
    SliceWrite,
    mentions,
    names_in,
    region_of,
    shared_with,
)
from trtlint.changes import Change, Swap
from trtlint.codegen import Text, layout, tailed

_LAYOUT = frozenset({"is_contiguous", "stride", "as_strided", "data_ptr", "storage_offset"})


def change(
    code: TracedCode, region: Region, value: Text, imports: Collection[str], *, drop: bool
) -> Change:
    """Put ``name = value`` where the last write stands, and take the other writes away.

    Args:
        code: the function.
        region: the writes.
        value: what the tensor is made of now.
        imports: what ``value`` needs.
        drop: whether the line that created the tensor goes too.
    """
    indent = code.code.span(region.last).column - 1
    gone = [write.line for write in region.writes[:-1]]
    if drop and region.creation is not None:
        gone.insert(0, region.creation)
        value = laid_out(code, region, value)
    swaps = [Swap(code.code, line, "") for line in gone]
    swaps.append(Swap(code.code, region.last, layout(region.name, value, indent)))
    return Change(tuple(swaps), imports=tuple(sorted(imports)))


def region_to_rebuild(code: TracedCode, write: SliceWrite) -> Region:
    """The region around a write, free to be put together at the place of its last write.

    Raises:
        Undecided: why the writes have to stay where they are.
    """
    region = region_of(code, write)
    if region is None:
        raise Undecided("the write does not stand alone in a plain block of statements")
    reason = code.once(("obstacle", id(region)), lambda: obstacle(code, region))
    if reason is not None:
        raise Undecided(reason)
    return region


def laid_out(code: TracedCode, region: Region, value: Text) -> Text:
    """``value``, made contiguous as the created tensor was, where ``view`` depends on it later.

    Joining keeps the memory format of what is joined: channels-last inputs stay so.
    """
    tokens = aliases(region.base)
    for call_node in code.walk(cst.Call):
        match call_node.func:
            case cst.Attribute(value=owner, attr=cst.Name(value="view" | "view_as")):
                if aliases(code.value(owner)) & tokens:
                    return tailed(value, ".contiguous()")
    return value


def obstacle(code: TracedCode, region: Region) -> str | None:
    """Why the writes cannot be moved to the place of the last one, or None."""
    shared = shared_with(code, region)
    if shared is not None:
        return shared
    if stands_in(code, region.last, (cst.Try, cst.TryStar)):
        return "an exception in the `try` around it would leave some writes done and some not"
    place = captured(code, aliases(region.base), nodes_until(code, region.last))
    if place is not None:
        return f"`{region.name}` may be kept by {place}, which would see the write"
    for asked in code.walk(cst.Attribute):
        if asked.attr.value in _LAYOUT and aliases(code.value(asked.value)) & aliases(region.base):
            return f"`{code.source(asked)}` asks for its memory layout, which joining may change"
    if not all(is_pure(code, part) for write in region.writes for part in write.target.slice):
        return "computing an index may have effects"
    moved = len(region.writes) > 1 or bool(region.between)
    if moved and not all(is_pure(code, write.value) for write in region.writes):
        return "computing what is written may have effects, whose order must be kept"
    first = region.writes[0].value
    if mentions(first, region.name) and not is_pure(code, first):
        return f"computing what is written may change `{region.name}` itself"
    used = {name for write in region.writes for name in names_in(write.line)}
    for line in region.between:
        if not _quiet(code, line, used):
            return "statements between the writes may change what is written"
    return None


def _quiet(code: TracedCode, line: cst.CSTNode, used: set[str]) -> bool:
    """Whether a statement only binds names that the writes do not use."""
    if not isinstance(line, cst.SimpleStatementLine):
        return False
    for small in line.body:
        if not isinstance(small, cst.Assign) or not is_pure(code, small.value):
            return False
        for target in small.targets:
            if isinstance(target.target, cst.Subscript | cst.Attribute):
                return False
            if names_in(target.target) & used:
                return False
    return True


def removable(code: TracedCode, region: Region) -> bool:
    """Whether the line that created the tensor can go: nothing reads the tensor before the end."""
    if region.creation is None or not is_pure(code, region.creation):
        return False
    return not any(mentions(write.value, region.name) or write.augmented for write in region.writes)


def size_sources(code: TracedCode, region: Region) -> list[str] | None:
    """Source of each dimension of the region's tensor: the names of local integers, or numbers."""
    shape = region.base.shape
    if shape is None or shape.rank is None:
        return None
    names: dict[Size, str] = {}
    for name, value in sorted(code.before(region.last).items()):
        if isinstance(value, Int) and value.size not in names:
            names[value.size] = name
    sources = []
    for size in shape.dims:
        text = str(size.constant) if size.constant is not None else names.get(size)
        if text is None:
            return None
        sources.append(text)
    return sources
