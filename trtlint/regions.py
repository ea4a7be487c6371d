"""From a rebuilt region to a change of the function: what may move, and what goes away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from trtlint.analysis.cells import Cell, Piece, cells_of, decompose, merged, untouched
from trtlint.analysis.effects import is_fresh, is_pure, stands_in
from trtlint.analysis.moving import obstacle, settled
from trtlint.analysis.sizes import Size
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import subtree
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Items, Range, Tensor, aliases
from trtlint.analysis.write_regions import Region, region_of
from trtlint.analysis.writes import SliceWrite, mentions
from trtlint.changes import Change, Swap
from trtlint.codegen import Text, layout, primary, tailed
from trtlint.rebuilding import Rebuilder
from trtlint.size_texts import SizeTexts
from trtlint.written_values import Values


def rebuilt(
    code: TracedCode, region: Region, *, only_converted: bool = False, alike: bool = False
) -> Change:
    """Put one expression for the whole tensor where the last write stands.

    The line that created the tensor goes too, where nothing of the tensor is needed. Writes that
    cross one another are taken in several steps, where these have fewer parts.

    Args:
        code: the function.
        region: the writes, free to be put together there.
        only_converted: whether to keep to what torch2trt converts.
        alike: whether floating tensors are taken to be of one dtype then.

    Raises:
        Undecided: a value does not provably fit, or the writes cannot be told apart.
    """
    if region.base.shape is None:
        raise Undecided("nothing is known of the tensor's shape")
    numbers = not any(isinstance(write.stored, Tensor) for write in region.writes)
    if numbers and stands_in(code, region.last, (cst.For, cst.While)):
        raise Undecided("numbers are written one by one in a loop")
    if region.creation is None and _many_rounds(code, region):
        raise Undecided("every round of a loop of unknown length would copy the whole tensor")
    try:
        changes = [_in_one(code, step, cut, only_converted, alike) for step, cut in _steps(region)]
    except Undecided:
        if len(region.writes) == 1:
            raise
        steps = _parted(region, [[write] for write in region.writes])
        changes = [_in_one(code, step, _cut(step), only_converted, alike) for step in steps]
    swaps = tuple(swap for change in changes for swap in change.swaps)
    imports = {name for change in changes for name in change.imports}
    return Change(swaps, imports=tuple(sorted(imports)))


def _many_rounds(code: TracedCode, region: Region) -> bool:
    """Whether the writes are repeated in a loop, nobody knows how often, on one tensor."""
    loop = code.parent(region.last)
    while loop is not None and not isinstance(loop, cst.For | cst.While):
        loop = code.parent(loop)
    if loop is None:
        return False
    for target in code.walk(cst.AssignTarget, loop):
        if isinstance(target.target, cst.Name) and target.target.value == region.name:
            return False
    match code.value(loop.iter) if isinstance(loop, cst.For) else None:
        case Range(start=start, stop=stop):
            return start.constant is None or stop.constant is None
        case Items(items=items, length=length):
            return items is None and (length is None or length.constant is None)
    return True


def _cut(region: Region) -> Piece:
    assert region.base.shape is not None
    return merged(decompose(region.base.shape, region.writes))


def _steps(region: Region) -> list[tuple[Region, Piece]]:
    """The writes in groups, each taken apart; a write joins a group if that costs no extra part."""
    groups: list[list[SliceWrite]] = []
    pieces: list[Piece] = []
    for write in region.writes:
        alone = _cut(replace(region, writes=(write,)))
        joint = _joint(region, [*groups[-1], write]) if groups else None
        if joint is not None and _cost(joint) <= _cost(pieces[-1]) + _cost(alone):
            groups[-1].append(write)
            pieces[-1] = joint
        else:
            groups.append([write])
            pieces.append(alone)
    return list(zip(_parted(region, groups), pieces, strict=True))


def _parted(region: Region, groups: Sequence[Sequence[SliceWrite]]) -> list[Region]:
    """The region as several; the tensor that the later ones write into is no creation."""
    first, *others = (tuple(group) for group in groups)
    later = replace(region, creation=None, base=replace(region.base, creation=None))
    return [replace(region, writes=first), *(replace(later, writes=group) for group in others)]


def _joint(region: Region, writes: Sequence[SliceWrite]) -> Piece | None:
    try:
        return _cut(replace(region, writes=tuple(writes)))
    except Undecided:
        return None


def _cost(piece: Piece) -> int:
    return len(cells_of(piece))


def _in_one(
    code: TracedCode, region: Region, piece: Piece, only_converted: bool, alike: bool
) -> Change:
    """One expression for the writes of a region."""
    names = _named(code, region, piece)
    made = region.base.creation
    fill = made.fill if made is not None else None
    droppable = removable(code, region) and (fill is not None or not untouched(piece))
    if only_converted and untouched(piece):
        droppable = False
    reason: Undecided | None = None
    for drop in (True, False) if droppable else (False,):
        sizes = SizeTexts(code, region.last, region.writes, region.name if drop else "")
        values = Values(
            code,
            region.writes,
            region.base,
            sizes,
            alive=not drop,
            names=names,
            only_converted=only_converted,
            alike=alike,
        )
        build = Rebuilder(values, fill if drop else None)
        try:
            text = build.text(piece)
        except Undecided as error:
            reason = reason or error
            continue
        if isinstance(piece, Cell) and piece.write is not None:
            text = _own(code, region, piece.write, text)
        return change(code, region, text, build.imports, drop=drop, names=names)
    assert reason is not None
    raise reason


def _own(code: TracedCode, region: Region, write: SliceWrite, text: Text) -> Text:
    """The value of a write into the whole tensor, which copies: the name must be no alias."""
    if write.augmented or not isinstance(write.stored, Tensor):
        return text
    source = code.source(write.value)
    wider = str(text).count(".expand") > source.count(".expand")
    if is_fresh(code, write.stored, region.last) and not wider:
        return text
    return f"{primary(source, write.value) if str(text) == source else text}.clone()"


def _named(code: TracedCode, region: Region, piece: Piece) -> Mapping[int, str]:
    """Names for values that are used twice or in part, or that have to be computed in place."""
    early = settled(code, region)
    if isinstance(early, str):
        raise Undecided(early)
    cells = cells_of(piece)
    uses = Counter(id(cell.write) for cell in cells if cell.write is not None)
    partly = {id(cell.write) for cell in cells if cell.part}
    names: dict[int, str] = {}
    taken: set[str] = set()
    for write in region.writes:
        shared = uses[id(write)] > 1 or id(write) in partly
        plain = not any(
            isinstance(node, cst.Call | cst.BinaryOperation | cst.IfExp | cst.Comparison)
            for node in subtree(write.value)
        )
        number = not isinstance(write.stored, Tensor)
        if uses[id(write)] and (id(write) in early or (shared and not plain and not number)):
            wish, count = f"{region.name}_part", 2
            name = code.fresh_name(wish)
            while name in taken:
                name, count = code.fresh_name(f"{wish}_{count}"), count + 1
            taken.add(name)
            names[id(write)] = name
    return names


def change(
    code: TracedCode,
    region: Region,
    value: Text,
    imports: Collection[str],
    *,
    drop: bool,
    names: Mapping[int, str] | None = None,
) -> Change:
    """Put ``name = value`` where the last write stands, and take the other writes away.

    Args:
        code: the function.
        region: the writes.
        value: what the tensor is made of now.
        imports: what ``value`` needs.
        drop: whether the line that created the tensor goes too.
        names: names that what some writes put in is given in its place, by the write.
    """
    swaps: list[Swap] = []
    if drop and region.creation is not None:
        swaps.append(Swap(code.code, region.creation, ""))
        value = laid_out(code, region, value)
    for write in region.writes:
        name = (names or {}).get(id(write))
        indent = code.code.span(write.line).column - 1
        lines = [layout(name, code.source(write.value), indent)] if name is not None else []
        if write is region.writes[-1]:
            lines.append(layout(region.name, value, indent))
        swaps.append(Swap(code.code, write.line, "\n".join(lines)))
    return Change(tuple(swaps), imports=tuple(sorted(imports)))


def region_to_rebuild(code: TracedCode, write: SliceWrite, *, owner: bool = True) -> Region:
    """The region around a write, free to be put together at the place of its last write.

    Args:
        code: the function.
        write: the write.
        owner: whether who handed the tensor in may look at it.

    Raises:
        Undecided: why the writes have to stay where they are.
    """
    region = region_of(code, write)
    if region is None:
        raise Undecided("the write does not stand alone in a plain block of statements")
    key = ("obstacle", id(region), owner)
    reason = code.once(key, lambda: obstacle(code, region, owner=owner))
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
