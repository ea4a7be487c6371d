"""Basic indexing on symbolic shapes, against torch's on tensors of those shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from abstract import evaluate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trtlint.analysis.selectors import Point, Run, select
from trtlint.analysis.shapes import Rest, Shape, broadcast
from trtlint.analysis.sizes import Atom, DimAtom, atom, const
from trtlint.analysis.values import EllipsisValue, Int, Nothing, Slice, Value

torch = pytest.importorskip("torch")

K = Atom("k", 1)  # a bound that is a parameter


def concrete(shape: Shape, dims: tuple[int, ...], values: Mapping[str, int]) -> list[int]:
    """The numbers of ``shape``, whose rest is that of an input of shape ``dims``."""
    middle: list[int] = []
    if shape.rest is not None:
        middle = list(dims[shape.rest.front : len(dims) - shape.rest.back])
    front, back = ([evaluate(s, values) for s in part] for part in (shape.dims, shape.last))
    return [*front, *middle, *back]


def environment(dims: tuple[int, ...], k: int) -> dict[str, int]:
    """The value of every dimension, by either way of counting."""
    named = {f"x.shape[{axis}]": size for axis, size in enumerate(dims)}
    named |= {f"x.shape[{axis - len(dims)}]": size for axis, size in enumerate(dims)}
    return named | {"k": k}


bounds = st.none() | st.integers(-7, 7) | st.sampled_from(["k", "-k"])


@st.composite
def elements(draw: st.DrawFn) -> Any:
    """One element of a subscript; text for the bounds that are parameters."""
    kind = draw(st.sampled_from(["slice", "slice", "slice", "index", "none", "dots"]))
    if kind == "slice":
        return slice(draw(bounds), draw(bounds), draw(st.none() | st.integers(1, 4)))
    if kind == "index":
        return draw(st.integers(-3, 3) | st.just("-k"))
    return None if kind == "none" else ...


def as_value(element: Any) -> Value:
    """The abstract value of an element."""
    match element:
        case slice():
            parts = (element.start, element.stop, element.step)
            return Slice(*(None if part is None else as_value(part) for part in parts))
        case "k":
            return Int(atom(K))
        case "-k":
            return Int(-atom(K))
        case None:
            return Nothing()
        case int():
            return Int(const(element))
        case _:
            return EllipsisValue()


def as_index(element: Any, k: int) -> Any:
    """The element as torch takes it."""
    match element:
        case slice():
            parts = (element.start, element.stop, element.step)
            return slice(*(as_index(part, k) for part in parts))
        case "k":
            return k
        case "-k":
            return -k
        case _:
            return element


shapes = st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple)
indices = st.lists(elements(), min_size=1, max_size=5).map(tuple)


def check(shape: Shape, dims: tuple[int, ...], index: tuple[Any, ...], k: int) -> None:
    """The symbolic selection is what torch selects, wherever both succeed."""
    chosen = select(shape, [as_value(e) for e in index])
    try:
        taken = torch.zeros(dims)[tuple(as_index(e, k) for e in index)]
    except IndexError:
        return  # the program fails there, so nothing need hold
    assume(chosen is not None)
    assert chosen is not None
    values = environment(dims, k)
    assert concrete(chosen.shape, dims, values) == list(taken.shape)
    mask = torch.zeros(dims, dtype=torch.bool)
    mask[tuple(as_index(e, k) for e in index)] = True
    mine = torch.ones(dims, dtype=torch.bool)
    for axis in range(len(dims)):
        selector = chosen.on(axis) or chosen.on(axis - len(dims))
        inside = torch.zeros(dims[axis], dtype=torch.bool)
        match selector:
            case None:
                inside[:] = True
            case Run(start=start, stop=stop, step=step):
                inside[evaluate(start, values) : evaluate(stop, values) : step] = True
            case Point(index=at):
                inside[evaluate(at, values)] = True
        view = [1] * len(dims)
        view[axis] = dims[axis]
        mine &= inside.view(view)
    assert torch.equal(mine, mask)


@settings(max_examples=500, deadline=None)
@given(shapes, indices, st.integers(1, 6))
def test_known_rank_and_sizes(dims: tuple[int, ...], index: tuple[Any, ...], k: int) -> None:
    check(Shape(tuple(map(const, dims))), dims, index, k)


@settings(max_examples=500, deadline=None)
@given(shapes, indices, st.integers(1, 6))
def test_known_rank(dims: tuple[int, ...], index: tuple[Any, ...], k: int) -> None:
    symbolic = tuple(atom(DimAtom.of("x", axis)) for axis in range(len(dims)))
    check(Shape(symbolic), dims, index, k)


@settings(max_examples=500, deadline=None)
@given(shapes, indices, st.integers(1, 6))
def test_unknown_rank(dims: tuple[int, ...], index: tuple[Any, ...], k: int) -> None:
    check(Shape.of_input("x"), dims, index, k)


@settings(max_examples=400, deadline=None)
@given(shapes, indices, indices, st.integers(1, 6))
def test_selection_of_a_selection(
    dims: tuple[int, ...], first: tuple[Any, ...], second: tuple[Any, ...], k: int
) -> None:
    chosen = select(Shape.of_input("x"), [as_value(e) for e in first])
    assume(chosen is not None)
    assert chosen is not None
    again = select(chosen.shape, [as_value(e) for e in second])
    assume(again is not None)
    assert again is not None
    try:
        part = torch.zeros(dims)[tuple(as_index(e, k) for e in first)]
        taken = part[tuple(as_index(e, k) for e in second)]
    except IndexError:
        return
    assert concrete(again.shape, dims, environment(dims, k)) == list(taken.shape)


@settings(max_examples=300, deadline=None)
@given(shapes, st.integers(-6, 5))
def test_dim_and_spell(dims: tuple[int, ...], axis: int) -> None:
    shape = Shape.of_input("x")
    values = environment(dims, 1)
    size = shape.dim(axis)
    if size is not None and -len(dims) <= axis < len(dims):
        assert evaluate(size, values) == dims[axis]
        spelled = shape.spell(axis)
        assert spelled is not None
        assert concrete(spelled, dims, values) == list(dims)
        replaced = shape.with_dim(axis, const(9))
        assert replaced is not None
        wanted = list(dims)
        wanted[axis] = 9
        assert concrete(replaced, dims, values) == wanted


@settings(max_examples=300, deadline=None)
@given(shapes, shapes, st.booleans(), st.booleans())
def test_broadcast(
    left: tuple[int, ...], right: tuple[int, ...], symbolic_left: bool, symbolic_right: bool
) -> None:
    """Where it is exact, the result is torch's; where not, no dimension is smaller than said."""
    try:
        wanted = list(torch.broadcast_shapes(left, right))
    except RuntimeError:
        return
    values: dict[str, int] = {}

    def shape(name: str, dims: tuple[int, ...], symbolic: bool) -> Shape:
        values.update({f"{name}.shape[{axis}]": size for axis, size in enumerate(dims)})
        sizes = [
            atom(DimAtom.of(name, axis)) if symbolic else const(n) for axis, n in enumerate(dims)
        ]
        return Shape(tuple(sizes))

    found = broadcast(shape("a", left, symbolic_left), shape("b", right, symbolic_right))
    assert found.shape is not None
    numbers = [evaluate(size, values) for size in found.shape.dims]
    if found.exact:
        assert numbers == wanted
    else:
        assert len(numbers) == len(wanted)
        assert all(n <= m for n, m in zip(numbers, wanted, strict=True))


def test_rest_is_folded() -> None:
    spelled = Shape.of_input("x").spell(2)
    assert spelled is not None
    assert Shape.build(spelled.dims, spelled.rest, spelled.last) == Shape.of_input("x")
    assert Shape((), Rest("x")).rank is None


@pytest.mark.parametrize("axes", [(0,), (1, 3), (0, 2, 3), (-1,), (-1, -3), (2, -1)])
@pytest.mark.parametrize("rank", [None, 4, 5])
def test_without_axes(axes: tuple[int, ...], rank: int | None) -> None:
    dims = (2, 3, 5, 7, 11)[: rank or 5]
    whole = Shape.of_input("x") if rank is None else Shape(tuple(map(const, dims)))
    left = whole.without(axes)
    if left is None:
        assert rank is None
        assert len({axis < 0 for axis in axes}) == 2
        return
    kept = [d for i, d in enumerate(dims) if i not in {axis % len(dims) for axis in axes}]
    assert concrete(left, dims, environment(dims, 1)) == kept
    assert whole.rank_over(left) == len(axes)
    assert left.rank_over(whole) == -len(axes)


def test_ranks_of_two_inputs_are_not_compared() -> None:
    assert Shape.of_input("x").rank_over(Shape.of_input("y")) is None
    assert Shape.of_input("x").rank_over(Shape((const(2),))) is None
