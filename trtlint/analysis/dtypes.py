"""What is known of a tensor's element type.

A dtype is either spelled by torch (``float32``) or symbolic: the dtype of an input, or ``model``,
the dtype of parameters and of what convolutions and linear layers return. ``default`` is
``torch.get_default_dtype()``.

Two questions are asked of dtypes, with different strictness. Whether a *cast* does anything asks
for proof: only identical dtypes are equal. Whether two tensors *may be joined* without changing
numbers takes the model's floating dtype to be one dtype throughout (``default``, ``model`` and the
floating inputs agree), which is how a model that runs at all without autocast is built.
"""

from __future__ import annotations

from dataclasses import dataclass

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_INTS = ("uint8", "int8", "int16", "int32", "int64")
_SPELLED = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "byte": "uint8",
    "char": "int8",
}


@dataclass(frozen=True)
class DType:
    """An element type; ``floating`` is None where even that is unknown."""

    name: str
    floating: bool | None = None
    spelled: bool = False

    @property
    def is_bool(self) -> bool:
        """Whether this is ``torch.bool``."""
        return self.name == "bool"

    def __str__(self) -> str:
        if self.spelled:
            return self.name
        if self.name in ("model", "default"):
            return f"the {self.name}'s dtype" if self.name == "model" else "the default dtype"
        unknown = self.name if self.name.endswith(".dtype") else "some dtype"
        return "a floating dtype" if self.floating else unknown


def spelled(name: str) -> DType | None:
    """The dtype called ``torch.<name>``, aliases resolved; None if there is none."""
    name = _SPELLED.get(name, name)
    if name in _FLOATS or name.startswith("float8"):
        return DType(name, True, True)
    if name in _INTS or name == "bool":
        return DType(name, False, True)
    if name in ("complex32", "complex64", "complex128", "chalf", "cfloat", "cdouble"):
        return DType(name, False, True)
    return None


FLOAT32 = DType("float32", True, True)
INT64 = DType("int64", False, True)
BOOL = DType("bool", False, True)
MODEL = DType("model", True)
DEFAULT = DType("default", True)
# Some floating dtype out of several that are one in a model without autocast.
MIXED = DType("mixed", True)


def of_input(tensor: str) -> DType:
    """The unknown dtype of an input."""
    return DType(f"{tensor}.dtype")


def same(left: DType | None, right: DType | None, *, default_is_float32: bool = False) -> bool:
    """Whether both are proven to be one dtype.

    Args:
        left: one dtype.
        right: the other.
        default_is_float32: whether the project leaves torch's default dtype alone.
    """
    if default_is_float32:
        left, right = (FLOAT32 if dtype == DEFAULT else dtype for dtype in (left, right))
    return left is not None and left == right and left != MIXED


def may_be_one_float(left: DType | None, right: DType | None) -> bool:
    """Whether two dtypes may be one floating dtype."""
    if any(dtype is not None and dtype.floating is False for dtype in (left, right)):
        return False
    spelled = [dtype for dtype in (left, right) if dtype is not None and dtype.spelled]
    return len(spelled) < 2 or left == right


_DERIVED = ("floating(", "with an integer(")


def same_of_floats(left: DType | None, right: DType | None) -> bool:
    """Whether both are the dtype of one input, provided that it is a floating one."""
    if left is None or right is None or left.spelled or right.spelled:
        return False
    return _root(left.name) == _root(right.name)


def _root(name: str) -> str:
    for prefix in _DERIVED:
        if name.startswith(prefix):
            return _root(name.removeprefix(prefix).removesuffix(")"))
    return name


def source(dtype: DType | None) -> str | None:
    """``torch.float32`` for a dtype that has a name; the default one is float32."""
    if dtype == DEFAULT:
        return "torch.float32"
    return f"torch.{dtype.name}" if dtype is not None and dtype.spelled else None


# Significant bits of each floating dtype, and value bits of each integer one.
_MANTISSA = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
_BITS = {"bool": 1, "uint8": 8, "int8": 7, "int16": 15, "int32": 31, "int64": 63}


def keeps_every_value(start: DType | None, via: DType | None) -> bool:
    """Whether every value of the integer dtype ``start`` survives the way to ``via`` and back."""
    if start is None or via is None or not (start.spelled and via.spelled):
        return False
    bits = _BITS.get(start.name)
    if bits is None:
        return False
    if via.name in _MANTISSA:
        return bits <= _MANTISSA[via.name]
    signed = start.name.startswith("int") and via.name == "uint8"
    return bits <= _BITS.get(via.name, 0) and not signed


def joinable(left: DType | None, right: DType | None) -> bool:
    """Whether joining the two keeps numbers, taking the model's floating dtype to be one."""
    return same(left, right) or (_is_models(left) and _is_models(right))


def _is_models(dtype: DType | None) -> bool:
    if dtype is None or not dtype.floating:
        return False
    return not dtype.spelled or dtype == FLOAT32


def promote(left: DType | None, right: DType | None) -> DType | None:
    """The dtype of ``left + right`` for two tensors of at least one dimension each."""
    if left is None or right is None:
        return None
    if left == right:
        return left
    if left.is_bool:
        return right
    if right.is_bool:
        return left
    if same_of_floats(left, right):
        return max(
            left, right, key=lambda dtype: (bool(dtype.floating), dtype.name != _root(dtype.name))
        )
    if left.floating is False and right.floating:
        return right
    if right.floating is False and left.floating:
        return left
    if left.spelled and right.spelled:
        return _promote_spelled(left, right)
    if _is_models(left) and _is_models(right):
        return MIXED
    return None


def _promote_spelled(left: DType, right: DType) -> DType | None:
    order = _FLOATS if left.floating and right.floating else _INTS
    if left.name not in order or right.name not in order:
        return None
    names = {left.name, right.name}
    if names == {"float16", "bfloat16"}:
        return FLOAT32
    if "uint8" in names and names != {"uint8"}:
        other = (names - {"uint8"}).pop()
        return spelled("int16" if other == "int8" else other)
    return max(left, right, key=lambda dtype: order.index(dtype.name))


_COUNTED = "with an integer("


def with_scalar(dtype: DType | None, scalar: str) -> DType | None:
    """The dtype of ``tensor + scalar`` for a Python ``int``, ``float`` or ``bool``."""
    if dtype is None or dtype.floating:
        return dtype
    if scalar == "float":
        return DEFAULT if dtype.floating is False else _float_of(dtype)
    if scalar == "int" and dtype.is_bool:
        return INT64
    if scalar == "bool" or dtype.floating is False:
        return dtype
    if scalar != "int" or dtype.name.startswith(_COUNTED):
        return dtype
    return DType(f"{_COUNTED}{dtype.name})")  # only if the input is bool does an int change it


def as_floating(dtype: DType | None) -> DType | None:
    """The dtype of a function that turns integers into floats (``sigmoid``, true division)."""
    if dtype is None:
        return None
    if dtype.floating:
        return dtype
    return DEFAULT if dtype.floating is False else _float_of(dtype)


def _float_of(dtype: DType) -> DType:
    return DType(f"floating({dtype.name})", True)
