"""Symbolic integers: sizes of tensors and what is computed from them.

A :class:`Size` is a polynomial with integer coefficients over atoms. Atoms are input dimensions
(``x.shape[1]``), loop variables, unknown integers, and the few operations that a polynomial cannot
hold: floor division and clamping at zero. Two sizes are equal when their normal forms
are; an inequality holds when it can be proven, and *not proven* is not *false*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Atom:
    """An integer that is not taken apart.

    Attributes:
        name: identity; two atoms of one name are the same number.
        low: a proven lower bound, or None.
    """

    name: str
    low: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class DimAtom(Atom):
    """``tensor.shape[axis]`` of an input. At least 1: exporters assume so too."""

    tensor: str = ""
    axis: int = 0

    @classmethod
    def of(cls, tensor: str, axis: int) -> DimAtom:
        """The size of ``tensor`` along ``axis`` (which may count from the end)."""
        return cls(f"{tensor}.shape[{axis}]", 1, tensor, axis)


@dataclass(frozen=True)
class FloorDivAtom(Atom):
    """``num // den`` where nothing simpler is known."""

    num: Size = field(default=None, compare=False)  # type: ignore[assignment]
    den: Size = field(default=None, compare=False)  # type: ignore[assignment]


@dataclass(frozen=True)
class ClampAtom(Atom):
    """``max(0, inner)``."""

    inner: Size = field(default=None, compare=False)  # type: ignore[assignment]


Monomial = tuple[Atom, ...]


@dataclass(frozen=True)
class Size:
    """A polynomial over atoms in normal form; build it with :func:`const` and :func:`atom`."""

    terms: tuple[tuple[Monomial, int], ...]

    @classmethod
    def build(cls, terms: Mapping[Monomial, int]) -> Size:
        """Normal form of a sum: zero terms dropped, the rest in a fixed order."""
        kept = ((mono, coef) for mono, coef in terms.items() if coef)
        return cls(tuple(sorted(kept, key=lambda term: [a.name for a in term[0]])))

    @cached_property
    def constant(self) -> int | None:
        """The number, if there are no atoms."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and self.terms[0][0] == ():
            return self.terms[0][1]
        return None

    def __add__(self, other: Size) -> Size:
        terms = dict(self.terms)
        for mono, coef in other.terms:
            terms[mono] = terms.get(mono, 0) + coef
        return Size.build(terms)

    def __neg__(self) -> Size:
        return Size(tuple((mono, -coef) for mono, coef in self.terms))

    def __sub__(self, other: Size) -> Size:
        return self + (-other)

    def __mul__(self, other: Size) -> Size:
        terms: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                mono = tuple(sorted(left + right, key=lambda atom: atom.name))
                terms[mono] = terms.get(mono, 0) + a * b
        return Size.build(terms)

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        parts: list[str] = []
        for mono, coef in self.terms:
            names = " * ".join(atom.name for atom in mono)
            if not names:
                parts.append(str(coef))
            elif coef == 1:
                parts.append(names)
            else:
                parts.append(f"{coef} * {names}")
        return " + ".join(parts).replace("+ -", "- ")

    def atoms(self) -> Iterator[Atom]:
        """Every atom, also those inside floor divisions and clamps."""
        for mono, _ in self.terms:
            for one in mono:
                yield one
                if isinstance(one, FloorDivAtom):
                    yield from one.num.atoms()
                    yield from one.den.atoms()
                elif isinstance(one, ClampAtom):
                    yield from one.inner.atoms()


def rename(size: Size, names: Callable[[str], str]) -> Size:
    """``size`` with its unknown integers called otherwise."""
    total = Size(())
    for mono, coef in size.terms:
        product = const(coef)
        for one in mono:
            if isinstance(one, FloorDivAtom):
                part = floor_div(rename(one.num, names), rename(one.den, names))
            elif isinstance(one, ClampAtom):
                part = clamp_low(rename(one.inner, names))
            elif isinstance(one, DimAtom):
                part = atom(DimAtom.of(names(one.tensor), one.axis))
            else:
                part = atom(Atom(names(one.name), one.low))
            product = product * part
        total = total + product
    return total


def const(value: int) -> Size:
    """The size ``value``."""
    return Size.build({(): value})


def atom(one: Atom) -> Size:
    """The size that is just ``one``."""
    return Size.build({(one,): 1})


ZERO, ONE = const(0), const(1)


def floor_div(num: Size, den: Size) -> Size:
    """``num // den`` for ``den >= 1`` or opaque ``den``, as far as it can be simplified."""
    if den == ONE:
        return num
    k = den.constant
    if k is None or k <= 0:
        low = 0 if at_least(num, 0) and at_least(den, 1) else None
        return atom(FloorDivAtom(f"({num}) // ({den})", low, num, den))
    whole = {mono: coef // k for mono, coef in num.terms if coef % k == 0}
    rest = Size.build({mono: coef for mono, coef in num.terms if coef % k})
    if rest.constant is not None:
        whole[()] = whole.get((), 0) + rest.constant // k
        return Size.build(whole)
    match rest.terms:
        case (((FloorDivAtom() as inner,), 1),) if (inner.den.constant or 0) > 0:
            quotient = floor_div(inner.num, inner.den * den)
        case _:
            low = 0 if at_least(rest, 0) else None
            quotient = atom(FloorDivAtom(f"({rest}) // {k}", low, rest, den))
    return Size.build(whole) + quotient


def minimum(left: Size, right: Size) -> Size:
    """``min(left, right)``."""
    return left - clamp_low(left - right)


def clamp_low(value: Size) -> Size:
    """``max(0, value)``, the value or zero where its sign can be proven.

    ``max(0, e)`` and ``e + max(0, -e)`` are the same number; the one whose first coefficient is
    positive is the normal form.
    """
    if at_least(value, 0):
        return value
    if at_least(-value, 0):
        return ZERO
    leading = next(coef for mono, coef in value.terms if mono)
    if leading < 0:
        return value + clamp_low(-value)
    return atom(ClampAtom(f"max(0, {value})", 0, value))


def at_least(value: Size, bound: int, depth: int = 4) -> bool:
    """Whether ``value >= bound`` can be proven."""
    rest = value - const(bound)
    low = _low_sum(rest)
    if low is not None and low >= 0:
        return True
    if depth == 0:
        return False
    for mono, coef in rest.terms:
        if len(mono) == 1 and isinstance(mono[0], ClampAtom) and coef < 0:
            others = rest - Size.build({mono: coef})
            inner = mono[0].inner * const(coef)
            return at_least(others, 0, depth - 1) and at_least(others + inner, 0, depth - 1)
    return any(at_least(other, 0, depth - 1) for other in _relaxations(rest))


def _low_sum(value: Size) -> int | None:
    """A lower bound from the bounds of the atoms alone."""
    total = 0
    for mono, coef in value.terms:
        if not mono:
            total += coef
            continue
        lows = [one.low for one in mono]
        if coef < 0 or any(low is None or low < 0 for low in lows):
            if len(mono) == 1 and coef > 0 and lows[0] is not None:
                total += coef * lows[0]
                continue
            return None
        product = coef
        for low in lows:
            product *= low or 0
        total += product
    return total


def _relaxations(value: Size) -> Iterator[Size]:
    """Sizes whose being non-negative implies that ``value`` is.

    ``k * (e // k) <= e`` and ``>= e - (k - 1)``; ``max(0, e) >= e``. Products are left alone.
    """
    for mono, coef in value.terms:
        if len(mono) != 1:
            continue
        one, rest = mono[0], value - Size.build({mono: coef})
        k = one.den.constant if isinstance(one, FloorDivAtom) else None
        if isinstance(one, FloorDivAtom) and k is not None and k > 0:
            if coef < 0:
                yield rest * const(k) + one.num * const(coef)
            else:
                yield rest * const(k) + (one.num - const(k - 1)) * const(coef)
        elif isinstance(one, FloorDivAtom) and coef < 0 and one.low == 0:
            yield rest + one.num * const(coef)  # num >= 0 and den >= 1
        elif isinstance(one, ClampAtom):
            yield rest + one.inner * const(coef)
