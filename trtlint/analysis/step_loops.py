"""Loops that fill a tensor one index at a time: ``for i in range(n): out[:, i] = ...``.

The variable runs over a range with a known step, or is counted by ``enumerate``. The indices that
it makes, such as ``i + 1`` or ``n - i``, are those of a slice of the axis, from the front or from
the back; what the loop does not reach stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from trtlint.analysis.cells import Span
from trtlint.analysis.selectors import NewAxis, Point
from trtlint.analysis.sizes import (
    ONE,
    ZERO,
    Atom,
    DimAtom,
    Size,
    at_least,
    atom,
    clamp_low,
    const,
    floor_div,
)
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Items, Range, Tensor
from trtlint.analysis.write_regions import Region, creation_before
from trtlint.analysis.writes import SliceWrite, is_dots, mentions, slice_writes, slice_writes_in


@dataclass(frozen=True, eq=False)
class StepLoop:
    """A loop each of whose iterations writes one index of an axis, and all of it.

    Attributes:
        loop: the statement.
        axis: the axis that the loop variable indexes.
        reached: the indices that are written; None if it is all of them.
        backwards: whether the last one is written first.
        steps: what each path through the body writes, as a region of its own.
        region: all writes of the loop.
        start: a line before the loop that the list of steps can be made at.
        certain: whether it runs at least once.
    """

    loop: cst.For
    axis: int
    reached: Span | None
    backwards: bool
    steps: tuple[Region, ...]
    region: Region
    start: cst.SimpleStatementLine
    certain: bool

    def before_loop(self) -> Region:
        """The tensor with only its last write, to ask what may see it before that one is done."""
        return replace(self.region, writes=self.region.writes[-1:])


def step_loop(code: TracedCode, write: SliceWrite) -> StepLoop | None:
    """The loop that ``write`` is a step of; None if it does not stand in a loop.

    Raises:
        Undecided: it does, but the loop does more or less than one step at a time.
    """
    loop = _loop_around(code, write.line)
    if loop is None or write.name is None:
        return None
    name = write.name
    writes = [w for w in slice_writes(code) if w.name == name and _inside(code, w.line, loop)]
    for node in code.nodes(loop.body):
        if isinstance(node, cst.Break | cst.Continue | cst.Return):
            raise Undecided("the loop may end early")
    if not all(w.alone for w in writes):
        raise Undecided("a statement in the loop does more than one write")
    known = {id(w.target.value) for w in writes} | set(_own_reads(code, writes))
    for used in code.walk(cst.Name, loop):
        if used.value == name and id(used) not in known:
            raise Undecided(f"the loop also reads `{name}`")
    suite = code.suite_of(loop)
    base = code.before(loop).get(name)
    if suite is None or not isinstance(base, Tensor) or base.shape is None:
        raise Undecided(f"nothing is known of `{name}` before the loop")
    creation = creation_before(code, list(suite.body), loop, name)
    start = creation or _line_before(suite, loop)
    if start is None:
        raise Undecided("no plain statement stands before the loop")
    variable, first, count, step = _course(code, loop)
    axis, factor, offset = _step_axis(variable, writes)
    stride = factor * step
    low = first * const(factor) + offset
    if stride < 0:
        low = low + (count - ONE) * const(stride)
    reached = Span(low, low + (count - ONE) * const(abs(stride)) + ONE, abs(stride))
    whole = base.shape.dim(axis)
    if whole is None or not (at_least(low, 0) and at_least(whole - reached.stop, 0)):
        raise Undecided(f"the loop is not known to stay within dimension {axis}")
    certain = at_least(_seldom(code, count), 1)
    steps = tuple(
        Region(name, tuple(group), None, base, tuple(between))
        for group, between in _paths(code, loop.body, name)
    )
    if any(needs_old(w) for region in steps if len(region.writes) > 1 for w in region.writes):
        raise Undecided("a step is added to what an earlier one wrote")
    full = reached == Span(ZERO, whole)
    region = Region(name, tuple(writes), creation, base)
    beyond = None if full else reached
    return StepLoop(loop, axis, beyond, stride < 0, steps, region, start, certain)


def _own_reads(code: TracedCode, writes: Sequence[SliceWrite]) -> Iterator[int]:
    """Names in values that read exactly what is then written: ``y[i]`` in ``y[i] = y[i] + x``."""
    for write in writes:
        for read in code.walk(cst.Subscript, write.value):
            if code.source(read) == code.source(write.target):
                yield id(read.value)


def needs_old(write: SliceWrite) -> bool:
    """Whether a step is computed from what the tensor held there."""
    return write.augmented or (write.name is not None and mentions(write.value, write.name))


def _line_before(suite: cst.IndentedBlock, loop: cst.For) -> cst.SimpleStatementLine | None:
    at = next(i for i, line in enumerate(suite.body) if line is loop)
    line = suite.body[at - 1] if at else None
    return line if isinstance(line, cst.SimpleStatementLine) else None


def _loop_around(code: TracedCode, node: cst.CSTNode) -> cst.For | None:
    """The innermost ``for`` that the statement stands in, through ``if`` only."""
    parent = code.parent(node)
    while isinstance(parent, cst.IndentedBlock | cst.If | cst.Else):
        parent = code.parent(parent)
    return parent if isinstance(parent, cst.For) else None


def _inside(code: TracedCode, node: cst.CSTNode, loop: cst.For) -> bool:
    parent = code.parent(node)
    while parent is not None and parent is not loop:
        parent = code.parent(parent)
    return parent is loop


def _course(code: TracedCode, loop: cst.For) -> tuple[Atom, Size, Size, int]:
    """What the loop variable is, where it starts, how many rounds there are, and its step."""
    over = code.value(loop.iter)
    target: cst.BaseExpression = loop.target
    after = code.before(loop.body.body[0])
    match over:
        case Range(start=first, stop=stop, step=by) if by.constant:
            step = by.constant
            length = stop - first if step > 0 else first - stop
            count = clamp_low(floor_div(length + const(abs(step) - 1), const(abs(step))))
        case Items(counted=True, length=Size() as count):
            first, step = ZERO, 1
            if isinstance(target, cst.Tuple) and target.elements:
                target = target.elements[0].value
        case _:
            raise Undecided("how often the loop runs is not known")
    known = after.get(target.value) if isinstance(target, cst.Name) else None
    if loop.orelse or not isinstance(known, Int):
        raise Undecided("the loop has no variable that counts")
    variable = next(known.size.atoms(), None)
    if variable is None or atom(variable) != known.size:
        raise Undecided("the loop has no variable that counts")
    return variable, first, count, step


def _seldom(code: TracedCode, count: Size) -> Size:
    """The least that a loop runs: a function that is no method may get things that are none.

    What a module's methods get are inputs, which have elements. A function gets boxes or matches
    too, of which an image may have none; their number is the first size.
    """
    if code.owner is not None:
        return count
    few = [a for a in count.atoms() if isinstance(a, DimAtom) and a.axis == 0]
    return sum((atom(Atom(f"{a}?", 0)) - atom(a) for a in few), count)


def _step_axis(variable: Atom, writes: list[SliceWrite]) -> tuple[int, int, Size]:
    """The one axis that every write indexes with the loop variable, and factor and offset of it."""
    found: set[tuple[int, int, Size]] = set()
    for write in writes:
        selection = write.selection
        listed = selection.selectors if selection is not None else ()
        if any(not isinstance(s, NewAxis) and s.axis < 0 for s in listed):
            raise Undecided("the rank of the tensor is not known")
        points = [s for s in listed if isinstance(s, Point) and variable in s.index.atoms()]
        if len(points) != 1:
            raise Undecided("the writes are not all at the loop's index along one axis")
        factor = dict(points[0].index.terms).get((variable,), 0)
        offset = points[0].index - atom(variable) * const(factor)
        if factor == 0 or variable in offset.atoms():
            raise Undecided("the writes are not all at the loop's index along one axis")
        found.add((points[0].axis, factor, offset))
    if len(found) != 1:
        raise Undecided("the writes are not all at the loop's index along one axis")
    return found.pop()


def index_source(code: TracedCode, write: SliceWrite, axis: int) -> str:
    """The source of a write's index along an axis."""
    point = write.selection.on(axis) if write.selection is not None else None
    parts = [part.slice for part in write.target.slice if not is_dots(part)]
    listed = write.selection.selectors if write.selection is not None else ()
    if len(parts) == len(listed):
        for part, selector in zip(parts, listed, strict=True):
            if selector is point and isinstance(part, cst.Index):
                return code.source(part.value)
    raise Undecided("the writes are not all at the loop's index along one axis")


def _paths(
    code: TracedCode, block: cst.BaseSuite, name: str
) -> Iterator[tuple[list[SliceWrite], list[cst.CSTNode]]]:
    """The writes of each path through a block, with the lines between them."""
    lines = list(block.body)
    direct = list(slice_writes_in(code, lines, name))
    nested = [line for line in lines if not _is_line(line) and mentions(line, name)]
    if direct and nested:
        raise Undecided("a step is written partly under a condition")
    if direct:
        ids = [id(write.line) for write in direct]
        first, last = (
            next(i for i, n in enumerate(lines) if id(n) == k) for k in (ids[0], ids[-1])
        )
        yield direct, [line for line in lines[first:last] if id(line) not in ids]
        return
    if len(nested) != 1 or not isinstance(nested[0], cst.If):
        raise Undecided("a path through the loop writes no step")
    branch: cst.If | cst.Else | None = nested[0]
    while isinstance(branch, cst.If):
        yield from _paths(code, branch.body, name)
        branch = branch.orelse
    if branch is None:
        raise Undecided("a path through the loop writes no step")
    yield from _paths(code, branch.body, name)


def _is_line(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine)
