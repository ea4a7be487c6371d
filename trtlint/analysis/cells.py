"""A tensor after writes into parts of it, cut into cells that each hold one value.

The tensor is a region of index space, the product of one span (``start:stop:step``) an axis. The
writes are regions too, in order; where several overlap, the last one wins. The whole is taken apart
from the last write down:

- a region that the last write covers is a cell of that write's value, or of a part of it;
- otherwise one axis is chosen along which the last write covers only some of the region. Where the
  writes have bounds inside, the region is cut there (:class:`Joined`: parts behind one another, a
  ``cat``). Where they have strides, it is dealt out to the phases of the common period
  (:class:`Woven`: parts that take turns, a ``stack`` and a ``flatten``). Then each part in turn.
- a region that no write reaches keeps what it held.

Every comparison of bounds is a proof on symbolic sizes; where one fails, so does the whole. That an
integer index exists is a proof too: the original raises an exception otherwise.
The axis is the one whose cuts split the fewest writes, so writes that lie side by side stay whole.
What is cut from a write that a later one covers in part is a cell whose region is less than the
write's: its value is sliced where it is used.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trtlint.analysis.selectors import NewAxis, Point, Run
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE, ZERO, ClampAtom, Size, at_least, const, floor_div
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.writes import SliceWrite

_LONGEST_PERIOD = 16


@dataclass(frozen=True)
class Span:
    """The indices ``start:stop:step`` along one axis, all within the tensor."""

    start: Size
    stop: Size
    step: int = 1

    @property
    def size(self) -> Size:
        """How many indices these are."""
        length = self.stop - self.start
        return (
            length if self.step == 1 else floor_div(length + const(self.step - 1), const(self.step))
        )


Region = Mapping[int, Span]


@dataclass(frozen=True, eq=False)
class Cell:
    """A region of one value.

    Attributes:
        region: the axes that it restricts, and to what.
        write: where the value comes from; None if it is what was there before.
        part: whether it is less than what the write reaches.
    """

    region: Region
    write: SliceWrite | None
    part: bool = False


@dataclass(frozen=True, eq=False)
class Joined:
    """Parts behind one another along ``axis``; ``spans`` are theirs."""

    axis: int
    parts: tuple[Piece, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class Woven:
    """Parts that take turns along ``axis``.

    Attributes:
        axis: which.
        parts: in the order of their turns.
        region: what they make up.
        even: whether they are known to be of one size; of two parts, the first may be longer by 1.
    """

    axis: int
    parts: tuple[Piece, ...]
    region: Region
    even: bool = True


Piece = Cell | Joined | Woven


def cells_of(piece: Piece) -> list[Cell]:
    """All cells, in the order in which an expression names them."""
    if isinstance(piece, Cell):
        return [piece]
    return [cell for part in piece.parts for cell in cells_of(part)]


def untouched(piece: Piece) -> bool:
    """Whether some part keeps what was there before."""
    return any(cell.write is None for cell in cells_of(piece))


def reach(write: SliceWrite, shape: Shape, ignore: frozenset[int] = frozenset()) -> Region:
    """The axes that a write restricts, and to what.

    Raises:
        Undecided: the index is not known well enough.
    """
    if write.selection is None:
        raise Undecided("its index is not known well enough")
    found: dict[int, Span] = {}
    for selector in write.selection.selectors:
        if isinstance(selector, NewAxis) or selector.axis in ignore:
            continue
        if isinstance(selector, Point):
            found[selector.axis] = Span(selector.index, selector.index + ONE)
        elif not selector.whole:
            size = shape.dim(selector.axis)
            found[selector.axis] = Span(selector.start, _last(selector, size), selector.step)
    return found


def _last(run: Run, size: Size | None) -> Size:
    """The end of a run: not before its start, and of a strided one as late as selects the same."""
    end = run.start + run.size * const(run.step)
    if run.step == 1 or size is None:
        return end
    return size if at_least(end - size, 0) else end if at_least(size - end, 0) else run.stop


def decompose(
    shape: Shape, writes: Sequence[SliceWrite], ignore: frozenset[int] = frozenset()
) -> Piece:
    """Take the tensor of ``shape`` apart after ``writes``.

    Args:
        shape: of the tensor that is written to.
        writes: in order.
        ignore: axes that all writes index alike, left out of the picture.

    Raises:
        Undecided: why not.
    """
    reaches = [(reach(write, shape, ignore), write) for write in writes]
    axes = {axis for region, _ in reaches for axis in region}
    if shape.rank is None and min(axes, default=0) < 0 <= max(axes, default=0):
        raise Undecided("axes are counted from both ends, and the rank of the tensor is not known")
    knife = _Knife(shape, _facts(shape, writes), 6 * len(writes) + 10)
    return knife.solve({}, [(knife.settled(region), write) for region, write in reaches])


def _facts(shape: Shape, writes: Sequence[SliceWrite]) -> tuple[Size, ...]:
    """Sizes that are not negative: integer indices exist."""
    found: list[Size] = []
    for write in writes:
        for selector in write.selection.selectors if write.selection is not None else ():
            size = shape.dim(selector.axis) if isinstance(selector, Point) else None
            if isinstance(selector, Point) and size is not None:
                found += [selector.index, size - selector.index - ONE]
    return tuple(fact for fact in dict.fromkeys(found) if not at_least(fact, 0))


@dataclass
class _Knife:
    shape: Shape
    facts: tuple[Size, ...]
    budget: int

    def settled(self, region: Region) -> Region:
        """The region without the clamping that the facts show to do nothing."""
        return {
            axis: Span(self._settled(span.start), self._settled(span.stop), span.step)
            for axis, span in region.items()
        }

    def _settled(self, size: Size) -> Size:
        for mono, coef in size.terms:
            if self.facts and len(mono) == 1 and isinstance(mono[0], ClampAtom):
                others, inner = size - Size.build({mono: coef}), mono[0].inner
                if self._not_negative(inner):
                    return self._settled(others + inner * const(coef))
                if self._not_negative(-inner):
                    return self._settled(others)
        return size

    def solve(self, region: Region, writes: Sequence[tuple[Region, SliceWrite]]) -> Piece:
        self.budget -= 1
        if self.budget < 0:
            raise Undecided("the writes overlap in too many ways")
        writes = [(r, w) for r, w in writes if not self._misses(r, region)]
        if not writes:
            return Cell(region, None)
        top, last = writes[-1]
        open_axes = [
            axis for axis in top if self._relation(top[axis], self._span(region, axis)) != "all"
        ]
        if not open_axes:
            whole = all(top.get(axis) == span for axis, span in region.items()) and all(
                region.get(axis) == span for axis, span in top.items()
            )
            return Cell(region, last, part=not whole)
        reasons: list[str] = []
        plans = []
        for axis in open_axes:
            try:
                plans.append(self._plan(region, axis, top, [r for r, _ in writes[:-1]]))
            except Undecided as error:  # noqa: PERF203
                reasons.append(str(error))
        if not plans:
            raise Undecided(reasons[0])
        _, axis, segments, period = min(plans, key=lambda plan: plan[0])
        if period > 1:
            return self._deal(region, axis, period, writes)
        parts: list[Piece] = []
        spans: list[Span] = []
        for segment in segments:
            piece = self.solve({**region, axis: segment}, writes)
            if isinstance(piece, Joined) and piece.axis == axis:
                parts += piece.parts
                spans += piece.spans
            else:
                parts.append(piece)
                spans.append(segment)
        return Joined(axis, tuple(parts), tuple(spans))

    def _deal(
        self, region: Region, axis: int, period: int, writes: Sequence[tuple[Region, SliceWrite]]
    ) -> Piece:
        span = self._span(region, axis)
        phases = [
            Span(span.start + const(k * span.step), span.stop, span.step * period)
            for k in range(period)
        ]
        parts = tuple(self.solve({**region, axis: phase}, writes) for phase in phases)
        return Woven(axis, parts, region, _is_multiple(span.size, period))

    def _plan(
        self, region: Region, axis: int, top: Region, others: Sequence[Region]
    ) -> tuple[int, int, list[Span], int]:
        """How to cut the region along one axis: how many writes that splits, and the cuts."""
        span = self._span(region, axis)
        near = [r[axis] for r in others if axis in r and self._relation(r[axis], span) == "some"]
        strided = any(one.step > span.step for one in (top[axis], *near))
        cuts: list[Size] = []
        for one in (top[axis], *near) if strided else (top[axis],):
            cuts += self._bounds(one, span)
        ordered = self._ordered([span.start, *cuts, span.stop])
        period = 1
        if strided and len(ordered) == 2:
            period = math.lcm(*(one.step for one in (top[axis], *near))) // span.step
            if period > _LONGEST_PERIOD:
                raise Undecided("the strides have no short common period")
            known = span.size.constant
            if known is None and period > 2 and not _is_multiple(span.size, period):
                raise Undecided(f"dimension {axis} is not known to be a multiple of {period}")
            if known is not None and known % period:
                rest = known // period * period
                starts = [rest, *range(rest + 1, known)] if rest else list(range(1, known))
                ordered = [
                    span.start,
                    *(span.start + const(n * span.step) for n in starts),
                    span.stop,
                ]
                period = 1
        segments = [Span(a, b, span.step) for a, b in itertools.pairwise(ordered)]
        split = sum(
            1
            for one in near
            if sum(self._relation(one, segment) == "some" for segment in segments)
            or sum(self._relation(one, segment) == "all" for segment in segments) > 1
        )
        crossing = sum(1 for r in others if axis not in r or self._relation(r[axis], span) == "all")
        return 2 * (split + crossing), axis, segments, period

    def _bounds(self, one: Span, span: Span) -> list[Size]:
        """The bounds of one write inside a span."""
        found = []
        if not self._not_negative(span.start + const(one.step - 1) - one.start):
            if not self._not_negative(one.start - span.start):
                raise Undecided("the order of the bounds along an axis is not known")
            found.append(one.start)
        if not self._not_negative(one.stop - span.stop):
            if not self._not_negative(span.stop - one.stop):
                raise Undecided("the order of the bounds along an axis is not known")
            found.append(one.stop)
        if span.step != 1 and found:
            raise Undecided("bounds and strides along one axis are mixed")
        return found

    def _span(self, region: Region, axis: int) -> Span:
        if axis in region:
            return region[axis]
        size = self.shape.dim(axis)
        if size is None:
            raise Undecided("the size of the tensor is not known")
        return Span(ZERO, size)

    def _misses(self, reached: Region, region: Region) -> bool:
        return any(
            self._relation(span, self._span(region, axis)) == "none"
            for axis, span in reached.items()
        )

    def _relation(self, one: Span, span: Span) -> str:
        """How much of ``span`` a write reaches: ``all``, ``some`` or ``none`` of it."""
        if self._not_negative(one.start - span.stop) or self._not_negative(span.start - one.stop):
            return "none"
        inside = self._not_negative(span.start - one.start) and self._not_negative(
            one.stop - span.stop
        )
        if one.step == 1:
            return "all" if inside else "some"
        if span.step % one.step and span.size != ONE:
            return "some"
        offset = _residue(span.start - one.start, one.step)
        if offset is None:
            raise Undecided("where the strides meet is not known")
        if offset:
            return "none"
        return "all" if inside else "some"

    def _not_negative(self, value: Size) -> bool:
        return at_least(value, 0) or any(at_least(value - fact, 0) for fact in self.facts)

    def _ordered(self, ends: Sequence[Size]) -> list[Size]:
        """The distinct ends from low to high."""
        result: list[Size] = []
        for end in ends:
            if end in result:
                continue
            at = 0
            while at < len(result) and self._not_negative(end - result[at]):
                at += 1
            if at < len(result) and not self._not_negative(result[at] - end):
                raise Undecided("the order of the bounds along an axis is not known")
            result.insert(at, end)
        return result


def _is_multiple(size: Size, of: int) -> bool:
    return floor_div(size, const(of)) * const(of) == size


def _residue(value: Size, step: int) -> int | None:
    """``value % step`` where it is known."""
    known = 0
    for mono, coef in value.terms:
        if not mono:
            known = coef
        elif coef % step:
            return None
    return known % step


def merged(piece: Piece) -> Piece:
    """The same with neighbours of one value made one cell."""
    if isinstance(piece, Cell):
        return piece
    parts = [merged(part) for part in piece.parts]
    if isinstance(piece, Woven):
        return replace(piece, parts=tuple(parts))
    kept: list[Piece] = []
    spans: list[Span] = []
    for part, span in zip(parts, piece.spans, strict=True):
        before = kept[-1] if kept else None
        if (
            isinstance(part, Cell)
            and isinstance(before, Cell)
            and part.write is before.write
            and {**part.region, piece.axis: span} == {**before.region, piece.axis: span}
        ):
            spans[-1] = replace(spans[-1], stop=span.stop)
            kept[-1] = Cell({**before.region, piece.axis: spans[-1]}, part.write, part.part)
        else:
            kept.append(part)
            spans.append(span)
    if len(kept) == 1:
        return kept[0]
    return Joined(piece.axis, tuple(kept), tuple(spans))
