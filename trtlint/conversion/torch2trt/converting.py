"""A call that has a converter: what it refuses, what it takes in, what comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.dtypes import BOOL
from trtlint.analysis.values import Tensor
from trtlint.conversion.torch2trt import facts
from trtlint.conversion.torch2trt.limits import find_limit
from trtlint.conversion.torch2trt.operands import Call, Operand
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    UNKNOWN,
    Baked,
    Constant,
    Followed,
    Group,
    Inputs,
    Loss,
    Scalar,
    Setting,
    Status,
    is_baked_number,
    leaves,
    of_batch,
)
from trtlint.conversion.torch2trt.unconverted import Unconverted

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions

_COPYING = ("contiguous", "reshape")  # they put a permuted constant in order


class Converting:
    """What torch2trt does with one call."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.flow = expressions.flow
        self.unconverted = Unconverted(expressions)

    def apply(self, call: Call) -> Status:
        """The result of one hooked call."""
        self._learn(call)
        call = replace_inputs(call)
        kind = facts.CONVERTERS.get(call.name)
        if call.last in facts.NOT_TENSORS and kind is None:
            return Scalar("plain", call.last in ("numel", "nelement", "__len__"))
        if kind is None:
            return self.unconverted.result(call)
        return self._converted(call, kind)

    def _learn(self, call: Call) -> None:
        """What torch is called with first is a tensor, also where it was met before."""
        if not call.args or call.last in facts.OF_SEQUENCES:
            return
        status = call.args[0].status
        shown = call.form != "operator" or isinstance(call.args[-1].status, Scalar)
        if shown and isinstance(status, Inputs) and status.name and not status.compared:
            self.flow.tensors.add(status.name)

    def _converted(self, call: Call, kind: str) -> Status:
        tensors = call.tensors()
        first = call.args[0].status if call.args else UNKNOWN
        if kind == "tensor":
            return self._literal(call)
        if kind in facts.PASSING and isinstance(first, Constant) and not first.held:
            permuted = kind == "permute" or (first.permuted and call.last not in _COPYING)
            batch = first.batch or any(map(of_batch, call.scalars()))
            return replace(first, batch=batch, permuted=permuted)
        if kind in facts.PASSING and isinstance(first, Baked):
            return first
        self._check(call, kind)
        for operand in call.operands():
            self.flow.use(operand.status)
        settings = any(
            isinstance(leaf, Setting) for one in call.args for leaf in leaves(one.status)
        )
        known = [one for one in tensors if not isinstance(one, Setting)]
        if (known or settings) and all(isinstance(one, Constant) for one in known):
            result: Status = Constant(True, any(map(of_batch, tensors)))
        else:
            base: frozenset[str] = frozenset()
            if kind in facts.VIEWS and isinstance(first, Followed):
                base = first.base | {first.name}
            name = self.expressions.token(call.node)
            same = kind == "identity" and isinstance(first, Followed)
            assumed = all(one.assumed for one in tensors if isinstance(one, Followed))
            result = first if same else Followed(name, base=base, assumed=assumed and bool(known))
        return self._shaped(call, kind, result)

    def _shaped(self, call: Call, kind: str, result: Status) -> Status:
        """Results that are more than one tensor; and in-place functions."""
        if kind == "split":
            return Group(None, result)
        if kind == "extremum" and not _elementwise(call) and (len(call.args) > 1 or call.kwargs):
            index = self.expressions.lost(UNKNOWN, call.node, f"the indices of {call.shown}")
            return Group((result, index), keys=("values", "indices"))
        if call.last.endswith("_") and not call.last.endswith("__") and call.args:
            target = call.args[0]
            return self.in_place(call.node, target, NOTHING, result, call.shown)
        out = call.kwargs.get("out")
        if out is not None and isinstance(out.node, cst.Name):
            self.flow.env[out.node.value] = result
        return result

    def in_place(
        self, node: cst.CSTNode, target: Operand, value: Status, result: Status, shown: str
    ) -> Status:
        """An operation that changes its first operand and was converted or followed."""
        before = target.status
        if isinstance(before, Constant) and not before.held:
            # The constant is taken after the change, and the change is made once more.
            if isinstance(value, Baked | Followed) or not isinstance(result, Baked):
                self.unconverted.lost_write(node, shown)
            return result
        if isinstance(before, Followed):
            if isinstance(result, Baked):
                return result
            after = Followed(before.name, base=before.base)
            for key, known in list(self.flow.env.items()):
                if isinstance(known, Followed) and known.name == before.name and before.name:
                    self.flow.env[key] = after
            loss = Loss("torch2trt-lost-write", node, facts={"write": shown})
            for name in before.base:
                self.flow.stale[name] = loss
            return after
        return result

    def _check(self, call: Call, kind: str) -> None:
        limit = None if call.hidden else find_limit(call, kind)
        if limit is not None:
            told = {"operator": call.shown, "value": call.shown, "why": limit.why}
            self.flow.report.add(Loss(limit.rule, call.node, limit.variant, told))
            return
        tensors = call.tensors()
        constants = [one for one in tensors if isinstance(one, Constant)]
        if any(one.random for one in constants):
            told = {"value": call.shown, "why": "takes the random numbers of the sample run"}
            self.flow.report.add(Loss("torch2trt-baked-value", call.node, "random", told))
        batch = any(one.batch for one in constants) or any(
            one.batch and one.kind == "plain" for one in call.scalars()
        )
        static = kind in facts.STATIC and any(isinstance(one, Followed) for one in tensors)
        if batch or static:
            told = {"what": f"`{call.shown}`"}
            self.flow.report.add(Loss("torch2trt-static-shape", call.node, facts=told))

    def _literal(self, call: Call) -> Status:
        """``torch.tensor``: a constant, also where it is made of tensors."""
        made = self.expressions.value(call.node) if isinstance(call.node, cst.Call) else None
        dtype = made.dtype if isinstance(made, Tensor) else None
        if dtype is not None and dtype.name in facts.NO_CONSTANTS:
            told = {"operator": call.shown, "why": f"TensorRT takes no {dtype.name} constants"}
            self.flow.report.add(Loss("torch2trt-converter-limits", call.node, facts=told))
        held = [leaf for one in call.args for leaf in leaves(one.status)]
        if any(isinstance(leaf, Followed | Baked) or is_baked_number(leaf) for leaf in held):
            told = {"value": "torch.tensor", "why": "copies the sample's values"}
            self.flow.report.add(Loss("torch2trt-baked-value", call.node, "scalar", told))
            return Followed(self.expressions.token(call.node))
        return Constant(True, any(map(of_batch, held)))


def replace_inputs(call: Call) -> Call:
    """An input of unknown kind that meets torch is a tensor."""
    if not any(isinstance(one.status, Inputs) for one in call.all()):
        return call

    def known(one: Operand) -> Operand:
        if isinstance(one.status, Inputs):
            value = Tensor(dtype=BOOL) if one.status.compared else one.value
            status = Followed(one.status.name, entry=not one.status.compared)
            return Operand(status, value, one.node)
        return one

    return Call(
        call.name, call.node, tuple(map(known, call.args)),
        {k: known(v) for k, v in call.kwargs.items()}, call.form, call.hidden, call.layer,
    )  # fmt: skip


def _elementwise(call: Call) -> bool:
    return len(call.args) > 1 and call.args[1].tensor
