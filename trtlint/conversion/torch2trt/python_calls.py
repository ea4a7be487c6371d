"""Calls of Python itself and of other libraries, with tensors among the arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.conversion.torch2trt.operands import Call
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    PLAIN,
    UNKNOWN,
    Baked,
    Constant,
    Followed,
    Group,
    Inputs,
    Loss,
    Scalar,
    Sizes,
    Status,
    join,
    joined,
    of_batch,
)

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions


def python_function(found: Expressions, node: cst.Call, name: str) -> Status:
    """What a builtin, or a function of another library, returns."""
    last = name.rpartition(".")[2]
    operands = [found.operand(arg.value) for arg in node.args]
    statuses = [one.status for one in operands]
    first = statuses[0] if statuses else NOTHING
    if not name.startswith("builtins."):
        return _of_library(found, node, name, statuses)
    match last:
        case "len":
            return _length(first)
        case "int" | "float" | "bool" | "round":
            return _number(found, node, first, last)
        case "range":
            kind = join(*statuses[:2]) if len(statuses) > 1 else first
            if not isinstance(kind, Scalar):
                return Group(None, PLAIN)
            return Group(None, replace(kind, kind="plain") if kind.kind == "size" else kind)
        case "enumerate":
            return Group(None, Group((PLAIN, found.element(first, node))))
        case "zip":
            return Group(None, Group(tuple(found.element(one, node) for one in statuses)))
        case "list" | "tuple" | "sorted" | "reversed" | "set" | "iter":
            if isinstance(first, Group | Sizes):
                return first
            return Group(None, found.element(first, node))
        case "sum":
            if isinstance(first, Group):
                each = joined(first)
                found.flow.use(each)
                return Followed(found.token(node)) if isinstance(each, Followed) else each
            return found.element(first, node)
        case "abs" | "pow" | "divmod":
            if operands and operands[0].tensor:
                call = Call(f"torch.Tensor.__{last}__", node, tuple(operands), form="operator")
                return found.calls.converting.apply(call)
            return first
        case "max" | "min":
            return _extremum(found, node, statuses)
        case "print" | "isinstance" | "hasattr" | "str" | "type" | "any" | "all" | "id":
            return PLAIN
        case "next":
            return found.element(first, node)
        case _:
            return UNKNOWN


def _length(first: Status) -> Status:
    if isinstance(first, Followed | Inputs | Baked):
        return Scalar("plain", isinstance(first, Followed | Baked))
    return Scalar("plain", isinstance(first, Constant) and first.batch)


def _number(found: Expressions, node: cst.Call, first: Status, name: str) -> Status:
    """``int(x)``: of a traced size a plain number, of a tensor the sample's value."""
    match first:
        case Followed():
            facts = {"value": found.code.source(node), "why": "reads the sample's value"}
            return Scalar("baked", cause=Loss("torch2trt-baked-value", node, "scalar", facts))
        case Baked(cause=cause):
            return Scalar("baked", cause=cause)
        case Scalar(kind="size"):
            return replace(first, kind="plain")
        case Scalar():
            return first
        case Constant():
            return PLAIN
        case _:
            return UNKNOWN


def _extremum(found: Expressions, node: cst.Call, statuses: list[Status]) -> Status:
    """Python's ``max`` and ``min``: with tensors, a comparison that the sample decides."""
    if len(statuses) == 1 and isinstance(statuses[0], Group):
        statuses = list(statuses[0].each())
    if any(isinstance(one, Followed | Baked) for one in statuses):
        facts = {"value": found.code.source(node), "why": "is decided by the sample's values"}
        found.flow.report.add(Loss("torch2trt-baked-value", node, "branch", facts))
        return Followed(found.token(node))
    for one in statuses:
        if isinstance(one, Scalar) and one.kind == "baked":
            return one
    return Scalar("plain", any(map(of_batch, statuses)))


def _of_library(found: Expressions, node: cst.Call, name: str, statuses: list[Status]) -> Status:
    """``math``, ``numpy`` and others."""
    for one in statuses:
        if isinstance(one, Scalar) and one.kind == "baked":
            return one
    if name.startswith("math.") and all(isinstance(one, Scalar) for one in statuses):
        return Scalar("plain", any(map(of_batch, statuses)))
    if name.startswith("random."):
        facts = {"value": found.code.source(node), "why": "is drawn once, in the sample run"}
        return Scalar("baked", cause=Loss("torch2trt-baked-value", node, "random", facts))
    return UNKNOWN


def container_method(
    found: Expressions, node: cst.Call, func: cst.Attribute, owner: Status
) -> Status:
    """A method of a list or dict: what it puts in, what it hands out."""
    statuses = [found.status(arg.value) for arg in node.args]
    name = func.attr.value
    if isinstance(owner, Inputs):
        pair = Group((NOTHING, owner))
        return Group(None, pair if name == "items" else owner) if name != "get" else owner
    assert isinstance(owner, Group)
    key = func.value.value if isinstance(func.value, cst.Name) else None
    match name:
        case "append" | "insert" | "add" if statuses:
            if key is not None:
                items = owner.items
                grown = (*items, statuses[-1]) if items is not None and name == "append" else None
                if grown is not None and len(grown) <= 8:
                    found.flow.env[key] = Group(grown)
                else:
                    found.flow.env[key] = Group(None, join(joined(owner), statuses[-1]))
            return NOTHING
        case "extend" if statuses:
            if key is not None:
                more = found.element(statuses[0], node)
                found.flow.env[key] = Group(None, join(joined(owner), more))
            return NOTHING
        case "items":
            return Group(None, Group((NOTHING, joined(owner))))
        case "values" | "copy":
            return Group(None, joined(owner)) if name == "values" else owner
        case "pop" | "get":
            return joined(owner)
        case _:
            return UNKNOWN
