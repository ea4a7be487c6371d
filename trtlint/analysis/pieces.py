"""How a tensor that was written part by part is put together without mutation.

The writes are boxes in index space. :func:`decompose` cuts the whole along one axis after the
other until each part is one write's value, or untouched. Later writes win over earlier ones that
they cover.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trtlint.analysis.selectors import Point, Run
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE, ZERO, Size, at_least
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.writes import SliceWrite

Interval = tuple[Size, Size]
Box = Mapping[int, Interval]


@dataclass(frozen=True, eq=False)
class Written:
    """The value of one write."""

    write: SliceWrite


@dataclass(frozen=True, eq=False)
class Untouched:
    """What no write covers, within ``box``."""

    box: Box


@dataclass(frozen=True, eq=False)
class Joined:
    """Parts behind one another along ``axis``, with the cuts between them."""

    axis: int
    parts: tuple[Piece, ...]
    cuts: tuple[Size, ...]

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The length of each part along the axis."""
        return tuple(b - a for a, b in itertools.pairwise(self.cuts))


Piece = Written | Untouched | Joined


def box_of(write: SliceWrite, ignore: frozenset[int] = frozenset()) -> Box:
    """The axes that a write restricts, and to what.

    Raises:
        Undecided: the index is strided, adds an axis or is not known.
    """
    if write.selection is None:
        raise Undecided("its index is not known well enough")
    found: dict[int, Interval] = {}
    for selector in write.selection.selectors:
        if isinstance(selector, Run):
            if selector.step != 1:
                raise Undecided("strided writes do not cover the whole tensor")
            if not selector.whole and selector.axis not in ignore:
                found[selector.axis] = (selector.start, selector.stop)
        elif isinstance(selector, Point):
            if selector.axis not in ignore:
                found[selector.axis] = (selector.index, selector.index + ONE)
        else:
            raise Undecided("an index of None adds an axis")
    return found


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
    boxes = [(box_of(write, ignore), write) for write in writes]
    return _solve(shape, {}, boxes)


def _solve(shape: Shape, region: Box, boxes: Sequence[tuple[Box, SliceWrite]]) -> Piece:
    if not boxes:
        return Untouched(region)
    last_box, last = boxes[-1]
    if _fills(shape, last_box, region):
        return Written(last)
    axes = [axis for axis in last_box if last_box[axis] != _whole(shape, axis, region)]
    axes += [axis for box, _ in boxes for axis in box if axis not in axes]
    for axis in axes:
        whole = _whole(shape, axis, region)
        cuts = _ordered(
            [whole[0], whole[1], *(end for box, _ in boxes for end in box.get(axis, ()))]
        )
        if cuts is None or cuts[0] != whole[0] or cuts[-1] != whole[1] or len(cuts) < 3:
            continue
        segments = list(itertools.pairwise(cuts))
        if any(box.get(axis, whole) not in segments for box, _ in boxes):
            continue
        parts = [
            _solve(
                shape,
                {**region, axis: segment},
                [(box, write) for box, write in boxes if box.get(axis, whole) == segment],
            )
            for segment in segments
        ]
        return Joined(axis, tuple(parts), tuple(cuts))
    raise Undecided("the written parts overlap, or their order along an axis is not known")


def _whole(shape: Shape, axis: int, region: Box) -> Interval:
    if axis in region:
        return region[axis]
    size = shape.dim(axis)
    if size is None:
        raise Undecided("the size of the tensor is not known")
    return (ZERO, size)


def _fills(shape: Shape, box: Box, region: Box) -> bool:
    return all(interval == _whole(shape, axis, region) for axis, interval in box.items()) and all(
        box.get(axis, (ZERO, shape.dim(axis))) == interval for axis, interval in region.items()
    )


def _ordered(ends: Sequence[Size]) -> list[Size] | None:
    """The distinct ends from low to high; None if some two cannot be ordered."""
    result: list[Size] = []
    for end in ends:
        if end in result:
            continue
        at = 0
        while at < len(result) and at_least(end - result[at], 0):
            at += 1
        if at < len(result) and not at_least(result[at] - end, 0):
            return None
        result.insert(at, end)
    return result


def untouched(piece: Piece) -> bool:
    """Whether some part keeps what was there before."""
    if isinstance(piece, Joined):
        return any(map(untouched, piece.parts))
    return isinstance(piece, Untouched)
