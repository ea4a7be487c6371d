"""Arguments of a call, and readings of them that many torch functions share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from trtlint.analysis import dtypes
from trtlint.analysis.dtypes import DType
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import Size, const
from trtlint.analysis.values import (
    DeviceValue,
    DTypeValue,
    Int,
    Items,
    Nothing,
    Number,
    Ref,
    ShapeOf,
    Tensor,
    Text,
    Value,
    aliases,
)


@dataclass(frozen=True)
class Args:
    """The arguments of one call.

    Attributes:
        pos: positional values; the tensor itself comes first for a method.
        kw: keyword values.
        token: a name for storage that the call allocates.
        open: whether ``*args`` or ``**kwargs`` hide some.
    """

    pos: tuple[Value, ...]
    kw: Mapping[str, Value] = field(default_factory=dict)
    token: str = ""
    open: bool = False

    def get(self, position: int, name: str) -> Value | None:
        """The argument at ``position`` or called ``name``."""
        if position < len(self.pos):
            return self.pos[position]
        return self.kw.get(name)

    @property
    def shared(self) -> frozenset[str]:
        """Tokens of all storage that the arguments may share."""
        found: frozenset[str] = frozenset()
        for value in (*self.pos, *self.kw.values()):
            found |= aliases(value)
        return found

    def tensor(self, position: int = 0, name: str = "input") -> Tensor | None:
        """The same if it is a tensor."""
        value = self.get(position, name)
        return value if isinstance(value, Tensor) else None

    def integer(self, position: int, name: str) -> int | None:
        """The same if it is a known integer."""
        value = self.get(position, name)
        return value.size.constant if isinstance(value, Int) else None

    def axis(self, position: int, name: str, rank: int | None) -> int | None:
        """The same as a non-negative axis of a tensor of that rank."""
        return normal_axis(self.integer(position, name), rank)

    def flag(self, name: str, position: int = 99, default: bool = False) -> bool | None:
        """A boolean argument; None if it is not known."""
        value = self.get(position, name)
        if value is None:
            return default
        return value.value if isinstance(value, Number) and isinstance(value.value, bool) else None

    def sizes(self, position: int, name: str) -> Shape | None:
        """Sizes given one by one or as a sequence, from ``position`` on."""
        first = self.get(position, name)
        if first is None:
            return Shape() if not self.open else None
        if isinstance(first, ShapeOf):
            return first.tensor.shape if first.tensor.exact else None
        if isinstance(first, Items):
            return shape_of_items(first)
        return shape_of_items(Items("tuple", self.pos[position:]))


def shape_of_items(items: Items) -> Shape | None:
    """A sequence of ints as a shape."""
    if items.items is None:
        return None
    sizes: list[Size] = []
    for item in items.items:
        if not isinstance(item, Int):
            return None
        sizes.append(item.size)
    return Shape(tuple(sizes))


def normal_axis(axis: int | None, rank: int | None) -> int | None:
    """``axis`` counted from the front; None if unknown or out of range."""
    if axis is None or rank is None:
        return axis if axis is not None and axis >= 0 else None
    axis = axis + rank if axis < 0 else axis
    return axis if 0 <= axis < rank else None


def dtype_of(value: Value | None) -> DType | None:
    """The dtype that a ``dtype=`` argument names."""
    match value:
        case DTypeValue(dtype=dtype):
            return dtype
        case Ref(name=name) if name.startswith("torch."):
            return dtypes.spelled(name.removeprefix("torch."))
        case _:
            return None


def meaning(qualified: str) -> Value:
    """What a name of a library stands for: a dtype, a number, or itself.

    ``torch.finfo`` is what a call of it returns as well, so that ``torch.finfo(dtype).min`` is a
    float.
    """
    known = dtype_of(Ref(qualified))
    if known is not None:
        return DTypeValue(known)
    library, _, name = qualified.rpartition(".")
    if library in ("math", "numpy", "torch") and name in ("inf", "nan", "pi", "e", "tau"):
        return Number("float", getattr(math, name))
    if library in ("torch.finfo", "torch.iinfo"):
        return Number("float" if library == "torch.finfo" else "int")
    return Ref(qualified)


def device_of(value: Value | None) -> str | None:
    """A token for the device that a ``device=`` argument names."""
    match value:
        case DeviceValue(device=device):
            return device
        case Text(value=str() as name):
            return name
        case _:
            return None


def absent(value: Value | None) -> bool:
    """Whether an optional argument was left out or is None."""
    return value is None or isinstance(value, Nothing)


def as_int(value: int) -> Int:
    """A known integer."""
    return Int(const(value))


def asked_dtype(args: Args, dtype: DType | None) -> DType | None:
    """The dtype that an argument asks for, or ``dtype``."""
    for value in (*args.pos[1:], *args.kw.values()):
        if isinstance(value, DTypeValue):
            return value.dtype
    return dtype if absent(args.kw.get("dtype")) else None
