"""What a model hands to its caller beside tensors."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from trtlint.analysis.project import Symbol
from trtlint.analysis.sizes import DimAtom
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import (
    Class,
    DTypeValue,
    Int,
    Items,
    Mapping,
    Number,
    ShapeOf,
    Text,
    Value,
)

Found = tuple[cst.BaseExpression, str, str]


def odd_outputs(code: TracedCode) -> Iterator[Found]:
    """Parts of the result that are no tensors: the expression, its kind, and what it is in words.

    Of the ``forward`` of a class that no other class of the project names.
    """
    owner = code.owner
    if owner is None or code.traced.symbol.qualname != f"{owner.qualname}.forward":
        return
    others = any(user != owner for user in code.traced.users)
    if code.traced.callers or code.traced.nested or others:
        return
    inner = {
        id(one) for function in code.walk(cst.FunctionDef) for one in code.nodes(function.body)
    }
    for node in code.walk(cst.Return):
        if node.value is not None and id(node) not in inner:
            yield from _parts(code, node.value)


def _parts(code: TracedCode, node: cst.BaseExpression) -> Iterator[Found]:
    match node:
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                yield from _parts(code, element.value)
        case cst.Dict(elements=entries):
            for entry in entries:
                yield from _parts(code, entry.value)
        case cst.IfExp(body=body, orelse=orelse):
            yield from _parts(code, body)
            yield from _parts(code, orelse)
        case cst.Set() | cst.SetComp():
            yield node, "object", "a set"
        case cst.Call() if _is_plain_class(code, node):
            yield node, "object", "an object of a class that no exporter knows"
        case _:
            found = _kind(code.value(node))
            if found is not None:
                yield node, *found


def _kind(value: Value) -> tuple[str, str] | None:
    match value:
        case Number(varies=True):
            return "read", "a number read from a tensor"
        case Number():
            return "number", "a Python number"
        case Int(size=size):
            atoms = tuple(size.atoms())
            if not any(isinstance(one, DimAtom) for one in atoms):
                return "number", "a Python number"
            batch = all(isinstance(one, DimAtom) and one.axis == 0 for one in atoms)
            return ("batch" if batch else "size"), "a size"
        case ShapeOf() | Items(kind="size"):
            return "size", "a shape"
        case Text():
            return "text", "a string"
        case DTypeValue():
            return "object", "a dtype"
        case Items(items=tuple() as items):
            return next((found for found in map(_kind, items) if found is not None), None)
        case Mapping(entries=tuple() as entries):
            inner = (_kind(entry) for _, entry in entries)
            return next((found for found in inner if found is not None), None)
        case _:
            return None


def _is_plain_class(code: TracedCode, call: cst.Call) -> bool:
    """Whether an instance of a project class without bases is made."""
    function = code.value(call.func)
    symbol: Symbol | None = None
    if isinstance(function, Class):
        symbol = code.analysis.class_symbol(function.key)
    return (
        symbol is not None
        and symbol.path is not None
        and not any(base != "object" for base in code.project.class_facts(symbol).bases)
    )
