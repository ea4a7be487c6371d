"""Results of Python's built-in functions and of a few libraries beside torch."""

from __future__ import annotations

from typing import Literal

from trtlint.analysis.arguments import Args
from trtlint.analysis.sizes import ONE, ZERO, Size, at_least, floor_div, minimum
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Items,
    Module,
    NdArray,
    Number,
    Range,
    Ratio,
    Ref,
    ShapeOf,
    Tensor,
    Text,
    Unknown,
    Value,
    aliases,
    element_of,
    row_of,
)


def call_builtin(name: str, args: Args) -> Value:
    """The result of ``name(...)``: a built-in, or a function of a library by qualified name."""
    first = args.pos[0] if args.pos else None
    match name:
        case "int":
            return _int(first)
        case "float":
            return _float(first)
        case "bool" | "isinstance" | "hasattr" | "any" | "all":
            return Number("bool")
        case "str":
            return Text()
        case "__import__":
            return _package(first)
        case "len":
            return _len(first)
        case "range":
            return _range(args)
        case "min" | "max" if len(args.pos) == 2:
            return _extreme(name, args)
        case "list" | "tuple":
            return _sequence(name, first)
        case "zip":
            lengths = {_length(value) for value in args.pos}
            row = Items("tuple", tuple(map(_element, args.pos)))
            return Items("list", None, row, lengths.pop() if len(lengths) == 1 else None)
        case "enumerate":
            element = _element(first) if first is not None else UNKNOWN
            pair = Items("tuple", (Number("int"), element))
            return Items("list", None, pair, _length(first), len(args.pos) == 1 and not args.kw)
        case "reversed" | "sorted":
            return Items("list", None, _element(first) if first is not None else UNKNOWN)
        case "math.floor" | "math.ceil":
            return _floor(first) if name == "math.floor" else Number("int")
        case _ if name.startswith("math."):
            return Number("float")
        case _ if name.startswith("numpy."):
            return NdArray()
        case _:
            return Unknown(args.shared)


def _package(value: Value | None) -> Value:
    """``__import__("numpy")``; of a dotted name it is the first part."""
    name = value.value if isinstance(value, Text) else None
    return Ref(name.partition(".")[0]) if name else UNKNOWN


def _int(value: Value | None) -> Value:
    match value:
        case Int():
            return value
        case Ratio(num=num, den=den) if at_least(num, 0):
            return Int(floor_div(num, den))
        case _:
            return Number("int")


def _floor(value: Value | None) -> Value:
    match value:
        case Int():
            return value
        case Ratio(num=num, den=den):
            return Int(floor_div(num, den))
        case _:
            return Number("int")


def _float(value: Value | None) -> Value:
    """``float("-inf")`` and ``float(2)`` are known."""
    try:
        match value:
            case Text(value=str() as spelled):
                return Number("float", float(spelled))
            case Int(size=size) if size.constant is not None:
                return Number("float", float(size.constant))
    except (ValueError, OverflowError):
        pass
    return Number("float")


def _len(value: Value | None) -> Value:
    match value:
        case Tensor() if value.shape is not None and value.exact:
            size = value.shape.dim(0)
            return Int(size) if size is not None else Number("int")
        case Items(items=tuple() as items):
            return Int(ONE.build({(): len(items)}))
        case Items(length=Size() as length):
            return Int(length)
        case _:
            return Number("int")


def _length(value: Value | None) -> Size | None:
    """How many elements an iterable has, if that is known."""
    if isinstance(value, Range) and value.start == ZERO and value.step == ONE:
        return value.stop if at_least(value.stop, 0) else None
    known = _len(value)
    return known.size if isinstance(known, Int) else None


def _range(args: Args) -> Value:
    sizes = [value.size for value in args.pos if isinstance(value, Int)]
    if len(sizes) != len(args.pos) or not sizes:
        return Items("list", None, Number("int"))
    if len(sizes) == 1:
        return Range(ZERO, sizes[0], ONE)
    return Range(sizes[0], sizes[1], sizes[2] if len(sizes) > 2 else ONE)


def _extreme(name: str, args: Args) -> Value:
    match args.pos:
        case (Int(size=a), Int(size=b)):
            low = minimum(a, b)
            return Int(low if name == "min" else a + b - low)
        case _:
            return Number("float") if not any(isinstance(v, Tensor) for v in args.pos) else UNKNOWN


def _sequence(name: str, value: Value | None) -> Value:
    kind: Literal["list", "tuple"] = "list" if name == "list" else "tuple"
    match value:
        case None:
            return Items(kind, ())
        case Items(items=tuple() as items):
            return Items(kind, items)
        case ShapeOf():
            return Items(kind, None, Number("int"))
        case _:
            return Items(kind, None, _element(value))


def _element(value: Value) -> Value:
    match value:
        case Items():
            return element_of(value)
        case Range(start=start):
            return Number("int") if start is not None else UNKNOWN
        case Tensor():
            return row_of(value)
        case Module(args=children) if len(set(children)) == 1:
            return children[0]
        case _:
            return Unknown(aliases(value))
