"""Values that the source spells out, as Python has them."""

from __future__ import annotations

from trtlint.analysis.values import Int, Items, Nothing, Number, Tensor, Text, Value


def int_of(value: Value | None) -> int | None:
    """The integer, if it is known."""
    return value.size.constant if isinstance(value, Int) else None


def number_of(value: Value | None) -> float | None:
    """The integer or float, if it is known."""
    if isinstance(value, Number) and value.kind != "bool":
        return value.value
    return int_of(value)


def flag_of(value: Value | None, default: bool = False) -> bool | None:
    """The boolean, if it is known; ``default`` if the argument is left out."""
    if value is None:
        return default
    if isinstance(value, Number) and isinstance(value.value, bool):
        return value.value
    return None


def text_of(value: Value | None) -> str | None:
    """The string, if it is known."""
    return value.value if isinstance(value, Text) else None


def is_none(value: Value | None) -> bool:
    """Whether an argument is left out or None."""
    return value is None or isinstance(value, Nothing)


def ints_of(value: Value | None) -> tuple[int, ...] | None:
    """One known integer or a sequence of them."""
    if isinstance(value, Items):
        found = [int_of(item) for item in value.items or ()]
        known = tuple(n for n in found if n is not None)
        return known if value.items is not None and len(known) == len(found) else None
    one = int_of(value)
    return None if one is None else (one,)


def size_along(tensor: Tensor | None, axis: int) -> int | None:
    """How many elements the tensor has along an axis, if that is known."""
    if tensor is None or tensor.shape is None or not tensor.exact:
        return None
    size = tensor.shape.dim(axis)
    return size.constant if size is not None else None


def holds_integers(value: Value | None) -> bool | None:
    """Whether it is integers, as a tensor or a number, booleans not among them; None if unknown."""
    match value:
        case Tensor(dtype=dtype) if dtype is not None:
            if dtype.is_bool:
                return False
            return None if dtype.floating is None else not dtype.floating
        case Int():
            return True
        case Number(kind=kind):
            return kind == "int"
        case _:
            return None


def holds_bools(value: Value | None) -> bool:
    """Whether it is known to be a tensor of booleans."""
    return isinstance(value, Tensor) and value.dtype is not None and value.dtype.is_bool
