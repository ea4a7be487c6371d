"""Basic indexing, axis by axis: what ``x[:, 0::2, i, ...]`` selects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE, ZERO, Size, at_least, clamp_low, const, floor_div, minimum
from trtlint.analysis.values import EllipsisValue, Int, Nothing, Slice, Value


@dataclass(frozen=True)
class Run:
    """``start:stop:step`` along ``axis``, clamped to the tensor; ``stop`` is exclusive."""

    axis: int
    start: Size
    stop: Size
    step: int
    size: Size  # number of elements selected
    whole: bool = False  # a plain ``:``, or provably everything


@dataclass(frozen=True)
class Point:
    """One index along ``axis``, which the result lacks."""

    axis: int
    index: Size


@dataclass(frozen=True)
class NewAxis:
    """``None`` in a subscript."""


Selector = Run | Point | NewAxis


@dataclass(frozen=True)
class Selection:
    """A basic index applied to a shape.

    ``selectors`` names the axes that the index spells out; an axis after an ellipsis counts from
    the end where the rank is unknown. All other axes are taken whole.
    """

    selectors: tuple[Selector, ...]
    shape: Shape

    def on(self, axis: int) -> Run | Point | None:
        """The selector of that axis, or None if it is taken whole without being named."""
        for selector in self.selectors:
            if not isinstance(selector, NewAxis) and selector.axis == axis:
                return selector
        return None


def select(shape: Shape | None, index: Sequence[Value]) -> Selection | None:
    """Apply a basic index.

    Args:
        shape: the tensor's shape.
        index: the subscript's elements in order.

    Returns:
        None if an element is not a slice, an integer, ``...`` or ``None``, if it is not known
        well enough, or if the axis it means is not.
    """
    if shape is None:
        return None
    axes = _axes(shape, index)
    if axes is None:
        return None
    selectors: list[Selector] = []
    for value, axis in zip(index, axes, strict=True):
        if isinstance(value, EllipsisValue):
            continue
        if isinstance(value, Nothing):
            selectors.append(NewAxis())
            continue
        size = shape.dim(axis)
        if size is None:
            return None
        selector = _selector(value, axis, size)
        if selector is None:
            return None
        selectors.append(selector)
    result = _result(shape, index, axes, selectors)
    return None if result is None else Selection(tuple(selectors), result)


def _axes(shape: Shape, index: Sequence[Value]) -> list[int] | None:
    """The axis each element is about; from the end after an ellipsis if the rank is unknown."""
    consuming = [not isinstance(v, EllipsisValue | Nothing) for v in index]
    dots = [i for i, v in enumerate(index) if isinstance(v, EllipsisValue)]
    count = sum(consuming)
    if len(dots) > 1 or (shape.rank is not None and count > shape.rank):
        return None
    axes, axis = [], 0
    for i, consumes in enumerate(consuming):
        if dots and i == dots[0]:
            after = sum(consuming[i:])
            axis = -after if shape.rank is None else shape.rank - after
        axes.append(axis)
        axis += consumes
    return axes


def _selector(value: Value, axis: int, size: Size) -> Run | Point | None:
    if isinstance(value, Int):
        index = value.size
        if at_least(index, 0):
            return Point(axis, index)
        return Point(axis, size + index) if at_least(-index, 1) else None
    if not isinstance(value, Slice):
        return None
    step = 1
    if value.step is not None and not isinstance(value.step, Nothing):
        known = value.step.size.constant if isinstance(value.step, Int) else None
        if known is None or known < 1:
            return None
        step = known
    start = _bound(value.start, size, ZERO)
    stop = _bound(value.stop, size, size)
    if start is None or stop is None:
        return None
    length = clamp_low(stop - start)
    whole = step == 1 and length == size
    if step != 1:
        length = floor_div(length + const(step - 1), const(step))
    return Run(axis, start, stop, step, length, whole)


def _bound(value: Value | None, size: Size, missing: Size) -> Size | None:
    if value is None or isinstance(value, Nothing):
        return missing
    if not isinstance(value, Int):
        return None
    bound = value.size
    if at_least(bound, 0):
        return minimum(bound, size)
    if at_least(-bound, 1):
        return clamp_low(size + bound)
    return None


def _result(
    shape: Shape, index: Sequence[Value], axes: list[int], selectors: list[Selector]
) -> Shape | None:
    """The shape of what is selected."""
    spelled: Shape | None = shape
    for value, axis in zip(index, axes, strict=True):
        if spelled is not None and not isinstance(value, EllipsisValue | Nothing):
            spelled = spelled.spell(axis)
    if spelled is None:
        return None
    front = list(spelled.dims)
    back = list(spelled.last)
    taken = iter(selectors)
    kept_front: list[Size] = []
    kept_back: list[Size] = []
    position, target, seen_dots = 0, kept_front, False
    for value, axis in zip(index, axes, strict=True):
        if isinstance(value, EllipsisValue):
            seen_dots = True
            if spelled.rest is None:
                after = sum(not isinstance(v, Nothing) for v in index[index.index(value) + 1 :])
                upto = len(front) - after
                kept_front += front[position:upto]
                position = upto
            else:
                kept_front += front[position:]
                target = kept_back
                kept_back += back[: len(back) + _first_negative(axes, index)]
            continue
        selector = next(taken)
        if isinstance(selector, NewAxis):
            target.append(ONE)
            continue
        if isinstance(selector, Run):
            target.append(selector.size)
        if axis >= 0:
            position = axis + 1
    if spelled.rest is None or not seen_dots:
        kept_front += front[position:]
    if spelled.rest is not None and not seen_dots:
        kept_back += back
    return Shape.build(tuple(kept_front), spelled.rest, tuple(kept_back))


def _first_negative(axes: list[int], index: Sequence[Value]) -> int:
    """Minus the number of axes named after the ellipsis."""
    dots = next(i for i, v in enumerate(index) if isinstance(v, EllipsisValue))
    return -sum(not isinstance(v, Nothing) for v in index[dots + 1 :])
