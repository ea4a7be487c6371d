"""Which subscripts torch2trt converts: ``convert_tensor_getitem`` and ``slice_to_trt``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.values import EllipsisValue, Int, Items, Nothing, Number, Tensor, Value
from trtlint.conversion.torch2trt.status import Baked, Constant, Followed, Inputs, Scalar, Status

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions


@dataclass(frozen=True)
class Problem:
    """Why a form is not converted, and the rule's variant."""

    variant: str
    why: str


_ONE = Problem("single", "the converter iterates over the index, which has to be a tuple")
_ADVANCED = Problem("advanced", "indices that are tensors or lists are dropped")
_NEGATIVE = Problem("bounds", "a negative start without a negative stop reads past the end")
_STRIDED = Problem("bounds", "a negative stop with a step gives the wrong number of elements")


def form_problem(found: Expressions, node: cst.Subscript) -> Problem | None:
    """What is wrong with a subscript of a tensor that has a ``_trt``; None if it is converted."""
    elements: list[cst.BaseSlice] = [element.slice for element in node.slice]
    if len(elements) == 1 and isinstance(elements[0], cst.Index):
        inner = elements[0].value
        if isinstance(inner, cst.Tuple):
            elements = [cst.Index(one.value) for one in inner.elements]
        elif not node.slice[0].comma or isinstance(node.slice[0].comma, cst.MaybeSentinel):
            return _single(found.status(inner), found.value(inner))
    elif len(elements) == 1 and isinstance(node.slice[0].comma, cst.MaybeSentinel):
        return _ONE
    for element in elements:
        problem = _element(found, element)
        if problem is not None:
            return problem
    return None


def _single(status: Status, value: Value) -> Problem | None:
    if isinstance(value, Items) and value.kind == "tuple":
        return None
    if isinstance(value, Int | Nothing | EllipsisValue) or isinstance(status, Scalar):
        return _ONE
    if isinstance(value, Number) and value.kind == "int":
        return _ONE
    return _ADVANCED if _is_advanced(status, value) else None


def _is_advanced(status: Status, value: Value) -> bool:
    return (
        isinstance(status, Followed | Constant | Baked | Inputs)
        or isinstance(value, Tensor)
        or (isinstance(value, Items) and value.kind == "list")
    )


def _element(found: Expressions, element: cst.BaseSlice) -> Problem | None:
    if isinstance(element, cst.Index):
        inner = element.value
        return _ADVANCED if _is_advanced(found.status(inner), found.value(inner)) else None
    if not isinstance(element, cst.Slice):
        return None
    lower, upper, step = (
        found.value(part) if part is not None else None
        for part in (element.lower, element.upper, element.step)
    )
    start, stop = _negative(lower), _negative(upper)
    if start and not stop and (upper is None or isinstance(upper, Int | Number | Nothing)):
        return _NEGATIVE
    stride = step.size.constant if isinstance(step, Int) else 1
    if stop and not start and stride not in (None, 1):
        return _STRIDED
    return None


def _negative(value: Value | None) -> bool:
    return isinstance(value, Int) and value.size.constant is not None and value.size.constant < 0
