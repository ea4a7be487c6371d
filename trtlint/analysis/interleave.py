"""Strided writes that take turns: every offset of every period written exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from trtlint.analysis.selectors import Run
from trtlint.analysis.sizes import const, floor_div
from trtlint.analysis.writes import Region, SliceWrite


@dataclass(frozen=True, eq=False)
class Interleaving:
    """Writes ``x[..., i::p, j::q] = value`` for all offsets.

    Attributes:
        axes: the interleaved axes, ascending.
        periods: the step along each.
        writes: ordered by their offsets, the last axis fastest.
    """

    axes: tuple[int, ...]
    periods: tuple[int, ...]
    writes: tuple[SliceWrite, ...]


def interleaving(region: Region) -> Interleaving | str:
    """The region as an interleaving, or why it is none."""
    shape = region.base.shape
    offsets: dict[tuple[int, ...], SliceWrite] = {}
    axes: tuple[int, ...] | None = None
    periods: tuple[int, ...] = ()
    for write in region.writes:
        if write.selection is None or write.augmented:
            return "its index is not known well enough"
        runs = [s for s in write.selection.selectors if isinstance(s, Run) and s.step > 1]
        others = [s for s in write.selection.selectors if s not in runs]
        if not runs or not all(isinstance(s, Run) and s.whole for s in others):
            return "the writes are not strided ones that take turns"
        found = tuple(run.axis for run in runs)
        steps = tuple(run.step for run in runs)
        if axes is None:
            axes, periods = found, steps
        if found != axes or steps != periods:
            return "the writes do not share their strides"
        starts = tuple(run.start.constant for run in runs)
        ends = [shape.dim(run.axis) if shape is not None else None for run in runs]
        if any(run.stop != end for run, end in zip(runs, ends, strict=True)):
            return "a strided write ends before the tensor does"
        if None in starts or starts in offsets:
            return "an offset is written twice, or is not known"
        offsets[starts] = write  # type: ignore[index]
    wanted = list(product(*(range(period) for period in periods)))
    if axes is None or sorted(offsets) != wanted:
        return "the strided writes do not reach every element"
    for axis, period in zip(axes, periods, strict=True):
        size = shape.dim(axis) if shape is not None else None
        if size is None or floor_div(size, const(period)) * const(period) != size:
            return f"dimension {axis} is not known to be a multiple of {period}"
    return Interleaving(axes, periods, tuple(offsets[key] for key in wanted))


def has_strides(region: Region) -> bool:
    """Whether some write of the region has a step."""
    return any(
        isinstance(selector, Run) and selector.step > 1
        for write in region.writes
        if write.selection is not None
        for selector in write.selection.selectors
    )
