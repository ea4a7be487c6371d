"""Symbolic shapes of tensors whose rank may be unknown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from trtlint.analysis.sizes import ONE, ZERO, Atom, DimAtom, Size, atom, const


@dataclass(frozen=True)
class Rest:
    """Dimensions of an input that are not spelled out: ``tensor.shape[front : rank - back]``."""

    tensor: str
    front: int = 0
    back: int = 0


@dataclass(frozen=True)
class Shape:
    """Known leading dimensions, perhaps an unspelled middle, known trailing dimensions.

    Where ``rest`` is None the rank is known and ``last`` is empty.
    """

    dims: tuple[Size, ...] = ()
    rest: Rest | None = None
    last: tuple[Size, ...] = ()

    @classmethod
    def of_input(cls, tensor: str) -> Shape:
        """The shape of an input of unknown rank."""
        return cls((), Rest(tensor))

    @classmethod
    def build(
        cls, dims: tuple[Size, ...], rest: Rest | None = None, last: tuple[Size, ...] = ()
    ) -> Shape:
        """Normal form: dimensions that belong to the rest are folded into it."""
        if rest is None:
            return cls(dims + last)
        while dims and rest.front and dims[-1] == atom(DimAtom.of(rest.tensor, rest.front - 1)):
            dims, rest = dims[:-1], Rest(rest.tensor, rest.front - 1, rest.back)
        while last and rest.back and last[0] == atom(DimAtom.of(rest.tensor, -rest.back)):
            last, rest = last[1:], Rest(rest.tensor, rest.front, rest.back - 1)
        return cls(dims, rest, last)

    @property
    def rank(self) -> int | None:
        """Number of dimensions, if known."""
        return len(self.dims) if self.rest is None else None

    @property
    def min_rank(self) -> int:
        """Number of dimensions that are spelled out."""
        return len(self.dims) + len(self.last)

    def rank_over(self, other: Shape) -> int | None:
        """How many dimensions it has more than ``other``, if known: of one input, both may have."""
        mine, theirs = self.rest, other.rest
        if mine is None or theirs is None:
            known = mine is None and theirs is None
            return self.min_rank - other.min_rank if known else None
        if mine.tensor != theirs.tensor:
            return None
        skipped = theirs.front + theirs.back - mine.front - mine.back
        return self.min_rank - other.min_rank + skipped

    def without(self, axes: Collection[int]) -> Shape | None:
        """The shape without those axes; None where it cannot be said which ones they are."""
        spelled: Shape | None = self
        for axis in axes:
            spelled = spelled.spell(axis) if spelled is not None else None
        if spelled is None or (spelled.rest and len({axis < 0 for axis in axes}) > 1):
            return None
        rank = spelled.rank
        gone = {axis % rank if rank else axis for axis in axes}
        dims = tuple(d for i, d in enumerate(spelled.dims) if i not in gone)
        start = -len(spelled.last)
        last = tuple(d for i, d in enumerate(spelled.last, start) if i not in gone)
        return Shape.build(dims, spelled.rest, last)

    def dim(self, axis: int) -> Size | None:
        """The size along ``axis``; None if the axis cannot exist or cannot be named."""
        if self.rest is None:
            return self.dims[axis] if -len(self.dims) <= axis < len(self.dims) else None
        if axis >= 0:
            if axis < len(self.dims):
                return self.dims[axis]
            # An axis past the spelled-out front may already be one of the trailing ones.
            if self.last:
                return None
            return atom(DimAtom.of(self.rest.tensor, self.rest.front + axis - len(self.dims)))
        if -axis <= len(self.last):
            return self.last[axis]
        if self.dims:
            return None
        return atom(DimAtom.of(self.rest.tensor, axis + len(self.last) - self.rest.back))

    def with_dim(self, axis: int, size: Size) -> Shape | None:
        """The shape with the size along ``axis`` replaced."""
        spelled = self.spell(axis)
        if spelled is None:
            return None
        if axis >= 0:
            dims = (*spelled.dims[:axis], size, *spelled.dims[axis + 1 :])
            return Shape.build(dims, spelled.rest, spelled.last)
        if spelled.rest is None:
            at = len(spelled.dims) + axis
            return Shape.build((*spelled.dims[:at], size, *spelled.dims[at + 1 :]))
        at = len(spelled.last) + axis
        return Shape.build(
            spelled.dims, spelled.rest, (*spelled.last[:at], size, *spelled.last[at + 1 :])
        )

    def spell(self, axis: int) -> Shape | None:
        """The same shape with the dimension at ``axis`` spelled out, not in normal form."""
        if self.rest is None:
            return self if -len(self.dims) <= axis < len(self.dims) else None
        dims, rest, last = self.dims, self.rest, self.last
        if axis >= 0:
            while len(dims) <= axis:
                if last:
                    return None
                dims = (*dims, atom(DimAtom.of(rest.tensor, rest.front)))
                rest = Rest(rest.tensor, rest.front + 1, rest.back)
        else:
            while len(last) < -axis:
                if dims:
                    return None
                last = (atom(DimAtom.of(rest.tensor, -rest.back - 1)), *last)
                rest = Rest(rest.tensor, rest.front, rest.back + 1)
        return Shape(dims, rest, last)

    def numel(self) -> Size | None:
        """The product of all dimensions."""
        if self.rest is not None:
            return None
        total = ONE
        for size in self.dims:
            total = total * size
        return total

    def __str__(self) -> str:
        middle = [] if self.rest is None else [f"*{self.rest.tensor}.shape[{self.rest.front}:]"]
        return "(" + ", ".join([*map(str, self.dims), *middle, *map(str, self.last)]) + ")"


def closed(*sizes: Size | int) -> Shape:
    """A shape of known rank."""
    return Shape(tuple(const(s) if isinstance(s, int) else s for s in sizes))


@dataclass(frozen=True)
class Broadcast:
    """What two shapes broadcast to, and whether that is all that can be said of the result."""

    shape: Shape | None
    exact: bool


def broadcast(left: Shape | None, right: Shape | None) -> Broadcast:
    """The shape of an elementwise result.

    ``exact`` is False where a dimension of the result is only known to be at least the one given
    (the other operand's is unknown, and would have to be 1 or the same).
    """
    if left is None or right is None:
        return Broadcast(left if right is None else right, False)
    if left == right:
        return Broadcast(left, True)
    for one, other in ((left, right), (right, left)):
        if one.rank is not None and all(size == ONE for size in one.dims):
            fits = other.rank is None or one.rank <= other.rank
            if fits and (other.rank is not None or one.rank <= other.min_rank or one.rank <= 1):
                return Broadcast(other, other.rank is not None or one.rank == 0)
    if left.rank is None or right.rank is None:
        return Broadcast(left if left.rank is None else right, False)
    first, second = sorted((left.dims, right.dims), key=len, reverse=True)
    padded = (ONE,) * (len(first) - len(second)) + second
    exact, dims = True, []
    for a, b in zip(first, padded, strict=True):
        if a == b or b == ONE:
            dims.append(a)
        elif a == ONE:
            dims.append(b)
        else:
            exact = False
            dims.append(b if a.constant is not None else a)
    return Broadcast(Shape(tuple(dims)), exact)


def fresh_dims(name: str, count: int) -> tuple[Size, ...]:
    """``count`` positive sizes of which nothing else is known."""
    return tuple(atom(Atom(f"{name}#{i}", 1)) for i in range(count))


__all__ = ["ONE", "ZERO", "Broadcast", "Rest", "Shape", "broadcast", "closed", "fresh_dims"]
