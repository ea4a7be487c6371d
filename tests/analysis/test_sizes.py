"""Symbolic integers against the integers that they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from abstract import evaluate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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
    minimum,
    rename,
)

ATOMS = (
    Atom("n"),  # any integer
    Atom("i", 0),
    Atom("k", 1),
    Atom("deep", -2),
    DimAtom.of("x", 0),
    DimAtom.of("x", -1),
)
numbers = st.integers(-6, 6)


@st.composite
def assignments(draw: st.DrawFn) -> dict[str, int]:
    """Integers for the atoms, within their bounds."""
    return {one.name: draw(st.integers(-9 if one.low is None else one.low, 12)) for one in ATOMS}


@st.composite
def pairs(draw: st.DrawFn, values: Mapping[str, int], depth: int = 3) -> tuple[Size, int]:
    """An expression, computed symbolically and with numbers side by side."""
    if depth == 0 or draw(st.booleans()):
        if draw(st.booleans()):
            number = draw(numbers)
            return const(number), number
        one = draw(st.sampled_from(ATOMS))
        return atom(one), values[one.name]
    left, a = draw(pairs(values, depth - 1))
    right, b = draw(pairs(values, depth - 1))
    match draw(st.sampled_from(["+", "-", "*", "//", "min", "clamp", "neg"])):
        case "+":
            return left + right, a + b
        case "-":
            return left - right, a - b
        case "*":
            return left * right, a * b
        case "//":
            assume(b != 0)
            return floor_div(left, right), a // b
        case "min":
            return minimum(left, right), min(a, b)
        case "clamp":
            return clamp_low(left), max(0, a)
        case _:
            return -left, -a


@st.composite
def cases(draw: st.DrawFn) -> tuple[Size, int, dict[str, int]]:
    """An expression with its value and the atoms' values."""
    values = draw(assignments())
    size, number = draw(pairs(values))
    return size, number, values


@settings(max_examples=600, deadline=None)
@given(cases())
def test_symbolic_is_concrete(case: tuple[Size, int, dict[str, int]]) -> None:
    size, number, values = case
    assert evaluate(size, values) == number


@settings(max_examples=800, deadline=None)
@given(cases(), st.integers(-8, 8))
def test_what_is_proven_holds(case: tuple[Size, int, dict[str, int]], bound: int) -> None:
    size, number, _ = case
    if at_least(size, bound):
        assert number >= bound, f"proved {size} >= {bound}"


@settings(max_examples=300, deadline=None)
@given(cases())
def test_renaming_keeps_the_value(case: tuple[Size, int, dict[str, int]]) -> None:
    size, number, values = case
    named = {f"call<{name}": value for name, value in values.items()}
    named.update({f"call<x.shape[{axis}]": values[f"x.shape[{axis}]"] for axis in (0, -1)})
    assert evaluate(rename(size, lambda name: f"call<{name}"), named) == number


N, J, K, X = (atom(ATOMS[j]) for j in (0, 1, 2, 4))
TWO, THREE = const(2), const(3)


def test_proofs_that_rewrites_need() -> None:
    assert at_least(X, 1)
    assert at_least(X - ONE, 0)
    assert at_least(X - minimum(K, X), 0)
    assert at_least(minimum(K, X), 0)
    assert at_least(X - floor_div(X, const(8)), 0)
    assert at_least(X - floor_div(X, const(8)) * TWO, 0)
    assert at_least(X * const(4) - X, 0)
    assert at_least(X - clamp_low(X - J), 0)
    assert at_least(clamp_low(X - J), 0)


def test_nothing_is_proven_of_the_unknown() -> None:
    assert not at_least(N, 0)
    assert not at_least(X - TWO, 0)
    assert not at_least(X - K, 0)
    assert not at_least(floor_div(X, N), 0)


def test_normal_forms_are_equal() -> None:
    assert floor_div(X * const(4), TWO) == X * TWO
    assert floor_div(X * const(4) + THREE, const(4)) == X
    assert floor_div(floor_div(X, TWO), THREE) == floor_div(X, const(6))
    assert minimum(X, X + ONE) == X
    assert clamp_low(J - X) == clamp_low(X - J) + J - X
    assert minimum(TWO, X) == minimum(X, TWO)
    assert X - X == ZERO
    assert (X + ONE) * (X - ONE) == X * X - ONE


def test_floor_division_by_what_may_be_negative() -> None:
    ceiling = -floor_div(X, const(-2))
    assert not at_least(floor_div(X, const(-2)), 0)
    assert not at_least(floor_div(X, const(-2)) - const(10), 0)
    assert not at_least(ceiling - const(2), 0)
