"""The dataflow over subscripts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.values import Int, Text
from trtlint.conversion.torch2trt.getitem import form_problem
from trtlint.conversion.torch2trt.status import (
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
    joined,
)

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions


class Subscripts:
    """Follows ``owner[index]``."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.flow = expressions.flow

    def status(self, node: cst.Subscript) -> Status:
        """What it hands out."""
        owner = self.expressions.status(node.value)
        indices = self.index(node)
        if isinstance(owner, Sizes):
            return self._of_sizes(node, owner)
        if isinstance(owner, Group):
            return self._of_group(node, owner)
        if isinstance(owner, Inputs):
            by_tensor = any(isinstance(i, Followed | Baked) or _compared(i) for i in indices)
            if len(node.slice) == 1 and not by_tensor and not _is_tuple(node):
                # A slice of a list is a list, and one of a tensor a tensor.
                sliced = isinstance(node.slice[0].slice, cst.Slice)
                return replace(owner, part=True) if sliced else Inputs()
            owner = Followed(owner.name, entry=True)
        match owner:
            case Baked() | Scalar(kind="baked"):
                return owner
            case Constant(held=False):
                baked = [i for i in indices if isinstance(i, Baked | Followed | Inputs)]
                return (
                    self.expressions.lost(baked[0], node, "indexing by a tensor")
                    if baked
                    else owner
                )
            case Followed() | Constant():
                return self._getitem(node, owner, indices)
        return UNKNOWN

    def index(self, node: cst.Subscript) -> tuple[Status, ...]:
        """What stands in a subscript, bounds included."""
        found: list[Status] = []
        for element in node.slice:
            match element.slice:
                case cst.Index(value=cst.Tuple(elements=elements)):
                    found += [self.expressions.status(one.value) for one in elements]
                case cst.Index(value=inner):
                    found.append(self.expressions.status(inner))
                case cst.Slice(lower=lower, upper=upper, step=step):
                    found += [
                        self.expressions.status(one)
                        for one in (lower, upper, step)
                        if one is not None
                    ]
        return tuple(found)

    def _of_sizes(self, node: cst.Subscript, owner: Sizes) -> Status:
        part = node.slice[0].slice
        if isinstance(part, cst.Slice):
            lower = self.expressions.value(part.lower) if part.lower is not None else None
            start = lower.size.constant if isinstance(lower, Int) else None
            return (
                owner.part(start if lower is not None else 0) if lower is None or start else owner
            )
        at = self.expressions.value(part.value) if isinstance(part, cst.Index) else None
        return self.expressions.size_item(
            node, owner, at.size.constant if isinstance(at, Int) else None
        )

    def _of_group(self, node: cst.Subscript, owner: Group) -> Status:
        part = node.slice[0].slice
        if isinstance(part, cst.Slice):
            return Group(None, joined(owner), record=owner.record)
        at = self.expressions.value(part.value) if isinstance(part, cst.Index) else None
        if owner.items is not None:
            where = at.size.constant if isinstance(at, Int) else None
            if where is not None and -len(owner.items) <= where < len(owner.items):
                return owner.items[where]
            if isinstance(at, Text) and owner.keys and at.value in owner.keys:
                return owner.items[owner.keys.index(at.value or "")]
        return joined(owner)

    def _getitem(
        self, node: cst.Subscript, owner: Followed | Constant, indices: tuple[Status, ...]
    ) -> Status:
        """``convert_tensor_getitem``."""
        for index in indices:
            self.flow.use(index)
        self.flow.use(owner)
        problem = form_problem(self.expressions, node)
        if problem is not None:
            shown = self.expressions.code.source(node)
            facts = {"form": shown, "why": problem.why}
            self.flow.report.add(Loss("torch2trt-getitem-forms", node, problem.variant, facts))
        if isinstance(owner, Constant):
            return owner
        return Followed(self.expressions.token(node), base=owner.base | {owner.name})


def _is_tuple(node: cst.Subscript) -> bool:
    part = node.slice[0].slice
    return isinstance(part, cst.Index) and isinstance(part.value, cst.Tuple)


def _compared(status: Status) -> bool:
    return isinstance(status, Inputs) and status.compared
