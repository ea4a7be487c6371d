"""torch2trt-unsupported-method: rows, copies and extremes by operations that have a converter."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
    Undecided,
    int_of,
    ints_of,
    is_none,
    sequence,
    size_along,
)
from trtlint.rules.torch2trt_unsupported_method import Torch2trtUnsupportedMethod

_NONE = "nothing that torch2trt converts moves elements like it"
_MANY = 8  # rows that are still spelled out


class Torch2trtUnsupportedMethodToLayout(Rewrite[Torch2trtMatch]):
    """Write ``repeat`` as ``cat``, ``unbind`` and ``select`` as indices, ``movedim`` as ``permute``
    and ``amax`` as ``max`` along one dimension after the other.

    Why safe: the same elements are moved or looked at; ``cat`` copies as ``repeat`` does, and an
    index is the view that ``select`` is. (In training, ``max`` hands its gradient to one of several
    equal elements, where ``amax`` shares it out.)
    """

    rule = Torch2trtUnsupportedMethod
    title = "write it with what torch2trt converts"
    safety = Safety.SAFE
    order = 5

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For dimensions and counts that are spelled out."""
        use = next((use for use in code.uses() if use.node is found.node), None)
        if use is None:
            return Decline(_NONE, beside=True)
        match use.name:
            case "amax" | "amin" as name:
                return _extreme(Composer.of(code, use, "input", "dim", "keepdim"), name)
            case "movedim" | "moveaxis":
                return _moved(Composer.of(code, use, "input", "source", "destination"))
            case "select":
                return _selected(Composer.of(code, use, "input", "dim", "index"))
            case "unbind":
                return _rows(Composer.of(code, use, "input", "dim"))
            case "repeat" | "tile":
                # Counts are given one by one or as a sequence, which is then the first of them.
                places = (f"repeats{i}" for i in range(max(len(use.args.pos) - 1, 1)))
                return _copies(Composer.of(code, use, "input", *places))
        return Decline(_NONE, beside=True)


def _extreme(new: Composer, name: str) -> Change | Decline:
    """``max`` along one dimension after the other."""
    dims = ints_of(new.value("dim"))
    if is_none(new.value("dim")) or not dims:
        return Decline("the dimensions are not known")
    if min(dims) < 0 <= max(dims):
        return Decline("some dimensions are counted from the front and some from the end")
    keep = f", keepdim={new.source('keepdim')}" if "keepdim" in new.operands else ""
    order = sorted(dims, reverse=min(dims) >= 0)  # so that the others keep their numbers
    tail = "".join(f".{name[1:]}({dim}{keep})[0]" for dim in order)
    return new.change(f"{new.once('input')}{tail}")


def _moved(new: Composer) -> Change | Decline:
    """``permute`` with every dimension spelled out."""
    rank = new.rank("input")
    source, target = int_of(new.value("source")), int_of(new.value("destination"))
    if source is None or target is None or not (-rank <= source < rank and -rank <= target < rank):
        return Decline("the dimensions are not known")
    order = [axis for axis in range(rank) if axis != source % rank]
    order.insert(target % rank, source % rank)
    return new.change(f"{new.once('input')}.permute({', '.join(map(str, order))})")


def _selected(new: Composer) -> Change | Decline:
    """An index, which the converter of slices takes behind the batch."""
    axis, index = int_of(new.value("dim")), int_of(new.value("index"))
    if index is None or index < 0 or axis is None:
        return Decline("the place is not known")
    place = _place(new, axis, str(index))
    return new.change(f"{new.once('input')}[{place}]")


def _rows(new: Composer) -> Change | Decline:
    """A tuple of indices along a dimension of known size."""
    axis = 0 if "dim" not in new.operands else int_of(new.value("dim"))
    size = size_along(new.tensor("input"), axis) if axis is not None else None
    if size is None or axis is None or size > _MANY:
        return Decline("the size of the dimension is not known, or large")
    places = [_place(new, axis, str(index)) for index in range(size)]
    value = new.often("input")
    return new.change(sequence([f"{value}[{place}]" for place in places]))


def _place(new: Composer, axis: int, index: str) -> str:
    """An index along one dimension.

    Raises:
        Undecided: it is the batch dimension, which torch2trt does not index.
    """
    if axis < -1:
        axis += new.rank("input")
    if axis == 0:
        raise Undecided("torch2trt has no index of the batch dimension")
    return ", ".join([*(["..."] if axis < 0 else [":"] * axis), index])


def _copies(new: Composer) -> Change | Decline:
    """``cat`` of copies along each dimension that is repeated.

    A tensor has at most as many dimensions as there are counts; those it lacks are put in front.
    """
    names = [name for name in new.operands if name != "input"]
    several = ints_of(new.value(names[0])) if len(names) == 1 else None
    counts = list(several or (int_of(new.value(name)) for name in names))
    repeated = [i for i, count in enumerate(counts) if count != 1]
    if not repeated or counts.count(None) > 1:
        return Decline("it is not one dimension that is repeated")
    if 0 in counts:
        return Decline("nothing is left of the dimension")
    rank = new.tensor("input").rank
    text = new.source("input")
    if rank is None or rank < len(counts):
        if new.use.name == "tile":
            return Decline(f"how many dimensions `{text}` has is not known")
        held = new.often("input")
        lacking = f"{len(counts)} - {held}.dim()" if rank is None else str(len(counts) - rank)
        text = f"{held}[(None,) * ({lacking})]" if rank is None else f"{held}[{_nones(lacking)}]"
    elif rank > len(counts):
        return Decline("it is not one dimension that is repeated")
    for axis in repeated:
        times = new.factor(names[axis]) if len(names) == len(counts) else str(counts[axis])
        text = f"{new.torch('torch.cat')}([{text}] * {times}, {axis})"
    return new.change(text)


def _nones(count: str) -> str:
    """``None, None, ...``: so many dimensions of size 1 in front."""
    return ", ".join([*["None"] * int(count), "..."])
