"""A call without a converter: its result has no ``_trt``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.dtypes import FLOAT32, DType, same_of_floats
from trtlint.analysis.values import DTypeValue, Tensor
from trtlint.conversion.torch2trt import facts
from trtlint.conversion.torch2trt.operands import Call, Operand
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    PLAIN,
    UNKNOWN,
    Baked,
    Constant,
    Followed,
    Inputs,
    Loss,
    Scalar,
    Status,
    leaves,
    of_batch,
)

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions


class Unconverted:
    """What is left of a call that torch2trt does not convert."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.flow = expressions.flow

    def result(self, call: Call) -> Status:
        """What the call returns."""
        last = call.last
        tensors = call.tensors()
        first = call.args[0].status if call.args else NOTHING
        if last in facts.MOVES and call.form == "method":
            return self._cast(call, first)
        if last in facts.IN_EVAL_THE_SAME:
            return first
        if last in facts.RANDOM and last not in ("multinomial", "bernoulli", "gumbel_softmax"):
            return self._random(call, first)
        if last in facts.LIKE or (last in facts.CREATIONS and not call.name.startswith("torch.T")):
            return self._creation(call, first)
        if last in facts.SHAPE_OF_OTHER and isinstance(first, Constant):
            others = call.args[1:]
            batch = first.batch or any(isinstance(one.status, Followed | Baked) for one in others)
            return Constant(False, batch, first.random)
        followed = [one for one in tensors if isinstance(one, Followed | Baked | Inputs)]
        if last in facts.TO_PYTHON:
            if not followed:
                return PLAIN
            told = {"value": call.shown, "why": "reads the sample's value"}
            loss = Loss("torch2trt-baked-value", call.node, "scalar", told)
            first_baked = next((one for one in followed if isinstance(one, Baked)), None)
            cause = first_baked.cause if first_baked is not None else loss
            return Scalar("baked", cause=cause)
        scalars = [one for one in call.scalars() if one.kind == "baked"]
        if last.endswith("_") and not last.endswith("__"):
            return self._in_place(call, first, followed)
        if followed:
            known = next((one for one in followed if isinstance(one, Baked)), followed[0])
            return self.expressions.lost(known, call.node, call.shown)
        if scalars and (tensors or call.form == "function"):
            return Baked(scalars[0].cause)
        if tensors and all(isinstance(one, Constant) for one in tensors):
            batch = any(map(of_batch, tensors)) or any(map(of_batch, call.scalars()))
            drawn = last in facts.RANDOM or any(
                isinstance(one, Constant) and one.random for one in tensors
            )
            return Constant(False, batch, drawn, last in facts.REORDERING)
        if last in ("as_tensor", "asarray", "from_numpy") or not (tensors or call.hidden):
            held = [leaf for one in call.all() for leaf in leaves(one.status)]
            if not any(type(leaf) is Status for leaf in held):
                return Constant(False, any(map(of_batch, held)))
        return UNKNOWN

    def _random(self, call: Call, first: Status) -> Status:
        seeded = "generator" in call.kwargs
        batch = any(map(of_batch, (one.status for one in call.all())))
        if call.last.endswith("_"):
            if isinstance(first, Constant) and isinstance(call.args[0].node, cst.Name):
                self.flow.env[call.args[0].node.value] = replace(first, random=not seeded)
                return replace(first, random=not seeded)
            if isinstance(first, Followed):
                self.lost_write(call.node, call.shown)
            return first
        return Constant(False, batch or isinstance(first, Followed | Inputs), not seeded)

    def _creation(self, call: Call, first: Status) -> Status:
        fills = [one for one in call.scalars() if one.kind == "baked"]
        if fills:
            return Baked(fills[0].cause)
        held = [leaf for one in call.args for leaf in leaves(one.status)]
        batch = any(map(of_batch, held))
        if call.last.endswith("_like"):
            batch = batch or isinstance(first, Followed | Inputs | Baked)
        else:
            baked = [leaf for leaf in held[1:] if isinstance(leaf, Baked)]
            if baked:
                return baked[0]
        return Constant(False, batch)

    def _in_place(self, call: Call, first: Status, followed: Sequence[Status]) -> Status:
        if call.last in facts.HARMLESS:
            return first
        match first:
            case Followed():
                self.lost_write(call.node, call.shown)
                return Baked(None)
            case Baked(base=base) if base:
                self.lost_write(call.node, call.shown)
                return first
            case Constant():
                if not followed:
                    return first
                result = self.expressions.lost(followed[0], call.node, call.shown)
                if isinstance(call.args[0].node, cst.Name):
                    self.flow.env[call.args[0].node.value] = result
                return result
            case _:
                return first

    def _cast(self, call: Call, first: Status) -> Status:
        """``x.to(...)``: the tensor itself where there is nothing to do."""
        before = call.args[0].value
        others = [*call.args[1:], *call.kwargs.values()]
        after = self.expressions.value(call.node) if isinstance(call.node, cst.Call) else None
        named = call.last not in ("to", "cuda", "cpu") or any(
            one.tensor or isinstance(one.value, DTypeValue) for one in others
        )
        if not named:
            return first
        kept = (
            isinstance(before, Tensor)
            and isinstance(after, Tensor)
            and _same_dtype(before.dtype, after.dtype)
        )
        followed = isinstance(first, Followed | Baked | Inputs)
        key = id(call.node)
        lost = followed and not kept
        self.flow.report.casts[key] = self.flow.report.casts.get(key, False) or lost
        if kept or not followed:
            return first if kept or not isinstance(first, Constant) else replace(first, held=False)
        if isinstance(first, Baked):
            return first
        told = isinstance(before, Tensor) and isinstance(after, Tensor)
        if told and (call.last not in ("to", "type") or any(_is_type(one) for one in others)):
            return Baked(None)  # dtype-cast tells of it
        return self.expressions.lost(first, call.node, call.shown)

    def lost_write(self, node: cst.CSTNode, shown: str) -> None:
        """Report a change that the network does not see."""
        self.flow.report.add(Loss("torch2trt-lost-write", node, facts={"write": shown}))


def _is_type(one: Operand) -> bool:
    return isinstance(one.value, DTypeValue | Tensor)


def _same_dtype(before: DType | None, after: DType | None) -> bool:
    """Whether a cast does nothing in a model of float32."""
    if before is None or after is None:
        return False
    plain = [d == FLOAT32 or (bool(d.floating) and not d.spelled) for d in (before, after)]
    return before == after or all(plain) or same_of_floats(before, after)
