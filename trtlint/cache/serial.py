"""Frozen dataclasses to JSON and back, by their annotations.

JSON and not pickle: a cache lies in the folder of the project that is checked, and reading somebody
else's project must not run anything in it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

Plain = Any  # what JSON can say


def encode(value: object) -> Plain:
    """``value`` as JSON can say it: a dataclass as the list of its fields, a set in order."""
    match value:
        case Enum():
            return value.value
        case None | str() | int() | float():
            return value
        case list() | tuple():
            return [encode(item) for item in value]
        case frozenset() | set():
            return sorted(encode(item) for item in value)
        case Mapping():
            return {str(key): encode(item) for key, item in value.items()}
        case Path():
            return str(value)
        case _:
            kind: Any = type(value)
            return [encode(getattr(value, name)) for name in _names(kind)]


@cache
def decoder(kind: Any) -> Callable[[Plain], Any]:
    """The function that makes a ``kind`` of what :func:`encode` made of one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Union or origin is types.UnionType:
        (inner,) = (decoder(part) for part in arguments if part is not type(None))
        return lambda value: None if value is None else inner(value)
    if origin is tuple and arguments[1:] == (...,):
        return _many(tuple, arguments[0])
    if origin in (frozenset, list):
        return _many(origin, arguments[0])
    if origin is not None and issubclass(origin, Mapping):
        value_of = decoder(arguments[1])
        if value_of is _same:
            return dict
        return lambda found: {key: value_of(value) for key, value in found.items()}
    if is_dataclass(kind):
        return _dataclass(kind)
    if kind is Path:
        return _path
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind in (str, int, float, bool):
        return _same
    raise TypeError(f"cannot read a {kind} back")


def _same(value: Plain) -> Any:
    return value


@cache
def _path(value: str) -> Path:
    return Path(value)


def _many(container: Any, kind: Any) -> Callable[[Plain], Any]:
    item = decoder(kind)
    if item is _same:
        return container  # type: ignore[no-any-return]
    return lambda found: container([item(value) for value in found])


def _dataclass(kind: Any) -> Callable[[Plain], Any]:
    hints, names = get_type_hints(kind), _names(kind)
    decoders = [(i, decoder(hints[name])) for i, name in enumerate(names)]
    changed = [(i, decode) for i, decode in decoders if decode is not _same]

    def make(found: Plain) -> Any:
        values = [*found]
        for i, decode in changed:
            values[i] = decode(values[i])
        # Without the constructor, which sets the fields of a frozen class one by one, slowly.
        made = object.__new__(kind)
        made.__dict__.update(zip(names, values, strict=True))
        return made

    return make


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
