"""Where a cell lies within the value of its write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trtlint.analysis.cells import Cell, Span, reach
from trtlint.analysis.selectors import NewAxis, Point, Selector
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE, ZERO, Size, const
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Tensor
from trtlint.analysis.writes import SliceWrite, is_dots


@dataclass(frozen=True)
class Placement:
    """The axes of a tensor and those of what is written into it.

    Attributes:
        base: the tensor.
        ignore: axes that all writes index alike.
    """

    base: Tensor
    ignore: frozenset[int]

    @property
    def _shape(self) -> Shape:
        assert self.base.shape is not None
        return self.base.shape

    def whole(self, axis: int) -> Size:
        """The tensor's size along an axis."""
        size = self._shape.dim(axis)
        if size is None:
            raise Undecided("the size of the tensor is not known")
        return size

    def named(self, cell: Cell, write: SliceWrite) -> set[int]:
        """The axes that the cell or the write restricts."""
        return {*cell.region, *reach(write, self._shape, self.ignore)}

    def slot_size(self, write: SliceWrite, axis: int) -> Size:
        """How many indices of an axis the write reaches."""
        reached = reach(write, self._shape, self.ignore).get(axis)
        return reached.size if reached is not None else self.whole(axis)

    def local(self, cell: Cell, write: SliceWrite, axis: int) -> Span | None:
        """Where the cell lies within the write along an axis; None if it is all of it."""
        reached = reach(write, self._shape, self.ignore).get(axis)
        reached = reached or Span(ZERO, self.whole(axis))
        shown = cell.region.get(axis, Span(ZERO, self.whole(axis)))
        if shown == reached:
            return None
        if shown.step % reached.step and shown.size != ONE:
            raise Undecided("the strides of overlapping writes do not fit")
        start = _exact_div(shown.start - reached.start, reached.step)
        step = max(1, shown.step // reached.step)
        if step == 1:
            return Span(start, start + shown.size)
        if shown.stop == reached.stop:
            return Span(start, reached.size, step)
        return Span(start, start + (shown.size - ONE) * const(step) + ONE, step)

    def dims(self, cell: Cell, write: SliceWrite) -> list[Size]:
        """The shape of the cell, without the axes of integer indices."""
        if self.base.rank is None:
            return []
        dims = []
        for axis in self.slots(write):
            if axis is None:
                dims.append(ONE)
            elif axis in cell.region:
                dims.append(cell.region[axis].size)
            else:
                dims.append(self.slot_size(write, axis))
        return dims

    def slots(self, write: SliceWrite) -> list[int | None]:
        """The axis of each dimension of a write's value; None for one that ``None`` adds."""
        listed = selectors(write)
        points = {s.axis for s in listed if isinstance(s, Point)}
        added = any(isinstance(s, NewAxis) for s in listed)
        if self.base.rank is None:
            if added:
                raise Undecided("an index of None adds an axis")
            return []
        if added and any(map(is_dots, write.target.slice)):
            raise Undecided("an index of None and `...` come together")
        slots: list[int | None] = []
        for selector in listed if added else ():
            if isinstance(selector, NewAxis):
                slots.append(None)
            elif not isinstance(selector, Point):
                slots.append(selector.axis)
        done = {slot for slot in slots if slot is not None} | points
        return [*slots, *(axis for axis in range(self.base.rank) if axis not in done)]


def selectors(write: SliceWrite) -> Sequence[Selector]:
    """What a write's index says of each axis, as far as it is known."""
    return write.selection.selectors if write.selection is not None else ()


def _exact_div(value: Size, by: int) -> Size:
    if any(coef % by for _, coef in value.terms):
        raise Undecided("the strides of overlapping writes do not fit")
    return Size.build({mono: coef // by for mono, coef in value.terms})
