"""Loops that fill a tensor one index at a time: ``for i in range(n): out[:, i] = ...``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from trtlint.analysis.selectors import NewAxis, Point
from trtlint.analysis.sizes import ONE, ZERO, Size, at_least
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Range, Tensor
from trtlint.analysis.write_regions import Region, creation_before
from trtlint.analysis.writes import SliceWrite, mentions, slice_writes, slice_writes_in


@dataclass(frozen=True, eq=False)
class StepLoop:
    """A loop each of whose iterations writes one index of an axis, and all of it.

    Attributes:
        loop: the statement.
        creation: the line before it that makes the tensor.
        axis: the axis that the loop variable indexes.
        steps: what each path through the body writes, as a region of its own.
        region: all writes of the loop.
    """

    loop: cst.For
    creation: cst.SimpleStatementLine
    axis: int
    steps: tuple[Region, ...]
    region: Region

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
    name, length = write.name, _trip_count(code, loop)
    writes = [w for w in slice_writes(code) if w.name == name and _inside(code, w.line, loop)]
    for node in code.nodes(loop.body):
        if isinstance(node, cst.Break | cst.Continue | cst.Return):
            raise Undecided("the loop may end early")
    if not all(w.alone for w in writes):
        raise Undecided("a statement in the loop does more than one write")
    if any(w.augmented for w in writes):
        raise Undecided("a step is added to what an earlier one wrote")
    targets = {id(w.target.value) for w in writes}
    for used in code.walk(cst.Name, loop):
        if used.value == name and id(used) not in targets:
            raise Undecided(f"the loop also reads `{name}`")
    suite = code.suite_of(loop)
    creation = creation_before(code, list(suite.body), loop, name) if suite is not None else None
    base = code.before(loop).get(name)
    if creation is None or not isinstance(base, Tensor) or base.shape is None:
        raise Undecided(f"`{name}` is not created right before the loop")
    axis = _step_axis(code, loop, writes)
    if length != base.shape.dim(axis):
        raise Undecided(f"the loop does not reach every index of dimension {axis}")
    if not at_least(length, 1):
        raise Undecided("the loop may not run at all")
    steps = tuple(
        Region(name, tuple(group), None, base, tuple(between))
        for group, between in _paths(code, loop.body, name)
    )
    return StepLoop(loop, creation, axis, steps, Region(name, tuple(writes), creation, base))


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


def _trip_count(code: TracedCode, loop: cst.For) -> Size:
    over = code.value(loop.iter)
    if not isinstance(over, Range) or over.start != ZERO or over.step != ONE or loop.orelse:
        raise Undecided("the loop does not run over a plain range(n)")
    return over.stop


def _step_axis(code: TracedCode, loop: cst.For, writes: list[SliceWrite]) -> int:
    """The one axis that every write indexes with the loop variable."""
    if not isinstance(loop.target, cst.Name):
        raise Undecided("the loop has no single variable")
    start = code.before(loop.body.body[0]).get(loop.target.value)
    axes: set[int | None] = set()
    for write in writes:
        points = [
            s.axis
            for s in (write.selection.selectors if write.selection is not None else ())
            if isinstance(s, Point) and isinstance(start, Int) and s.index == start.size
        ]
        axes.add(points[0] if len(points) == 1 else None)
        if write.selection is not None and any(
            not isinstance(s, NewAxis) and s.axis < 0 for s in write.selection.selectors
        ):
            raise Undecided("the rank of the tensor is not known")
    if len(axes) != 1 or None in axes:
        raise Undecided("the writes are not all at the loop's index along one axis")
    return int(axes.pop() or 0)


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
