"""The dataflow over expressions: what each is to torch2trt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.sizes import DimAtom
from trtlint.analysis.values import (
    Int,
    Items,
    Mapping,
    Module,
    Number,
    Ratio,
    Tensor,
    Text,
    Value,
)
from trtlint.analysis.values import Nothing as NoneValue
from trtlint.conversion.torch2trt.calls import Calls
from trtlint.conversion.torch2trt.facts import REORDERING
from trtlint.conversion.torch2trt.operands import BINARY, COMPARE, Call, Operand
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    PLAIN,
    SETTING,
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
    is_tensor,
    join,
    joined,
)
from trtlint.conversion.torch2trt.subscripts import Subscripts

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.flow import Flow

_TRACED = (cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide)
_TRACED_IN_PLACE = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.FloorDivideAssign)


# Unconverted operations whose result shares memory with the operand.
_SHARING = frozenset({".data", ".T", ".mT", ".detach()", ".view_as()", "iteration over a tensor"})


class Expressions:
    """Follows the expressions of one function."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.code = flow.code
        self.calls = Calls(self)
        self.subscripts = Subscripts(self)

    def value(self, node: cst.BaseExpression) -> Value:
        """What the analysis knows of it."""
        return self.code.value(node)

    def operand(self, node: cst.BaseExpression) -> Operand:
        """An operand of a call."""
        return Operand(self.status(node), self.value(node), node)

    def status(self, node: cst.BaseExpression) -> Status:
        """What ``node`` is."""
        match node:
            case cst.Name(value=name):
                if name in self.flow.env:
                    return self.flow.env[name]
                return self.known(self.value(node))
            case cst.Integer() | cst.Float():
                return PLAIN
            case cst.BaseString() | cst.Ellipsis():
                return NOTHING
            case cst.Attribute():
                return self._attribute(node)
            case cst.Subscript():
                return self.subscripts.status(node)
            case cst.Call():
                return self.calls.call(node)
            case cst.BinaryOperation(left=left, operator=operator, right=right):
                return self._binary(node, operator, self.operand(left), self.operand(right))
            case cst.UnaryOperation():
                return self._unary(node)
            case cst.Comparison():
                return self._comparison(node)
            case cst.BooleanOperation(left=left, right=right):
                return join(self.status(left), self.status(right))
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                return self._display(elements)
            case cst.Dict():
                return self._dict(node)
            case cst.IfExp(test=test, body=body, orelse=orelse):
                outcome = self.code.analysis.outcome(self.code.code, test)
                if outcome is not None:
                    return self.status(body if outcome else orelse)
                self.decides(test, self.truth(test))
                return join(self.status(body), self.status(orelse))
            case cst.NamedExpr(target=target, value=value):
                found = self.status(value)
                self.flow.bind(target, found)
                return found
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp() | cst.DictComp():
                return self._comprehension(node)
            case _:
                return UNKNOWN

    def known(self, value: Value) -> Status:
        """What a value is that no variable of the function holds: weights, settings."""
        match value:
            case Tensor():
                return Constant()
            case Int() | Number() | Ratio():
                return PLAIN
            case NoneValue() | Text():
                return NOTHING
            case Items(items=tuple() as items):
                return Group(tuple(self.known(item) for item in items))
            case Items(element=element):
                return Group(None, self.known(element))
            case Mapping(entries=tuple() as entries):
                return Group(
                    tuple(self.known(v) for _, v in entries), keys=tuple(k for k, _ in entries)
                )
            case Module(type="torch.nn.ParameterList" | "torch.nn.ParameterDict"):
                return Group(None, Constant())
            case _:
                return UNKNOWN

    def element(self, over: Status, node: cst.CSTNode) -> Status:
        """What a loop variable is: iterating a tensor is ``unbind``, which is not converted."""
        match over:
            case Group():
                return joined(over)
            case Sizes(kind=kind):
                return Scalar(kind, over.first)
            case Followed() | Baked():
                return self.lost(over, node, "iteration over a tensor")
            case Constant():
                return replace(over, held=False)
            case Inputs():
                return Inputs()
            case Scalar(kind="baked"):
                return over
            case _:
                return UNKNOWN

    def lost(self, operand: Status, node: cst.CSTNode, what: str) -> Baked:
        """The result of something that torch2trt does not convert."""
        if isinstance(operand, Baked):
            return operand
        loss = Loss("torch2trt-unsupported-method", node, facts={"operator": what})
        shared = operand.base | {operand.name} if isinstance(operand, Followed) else frozenset()
        return Baked(loss, shared if what in _SHARING else frozenset())

    # -- attributes and subscripts ----------------------------------------------------------

    def _attribute(self, node: cst.Attribute) -> Status:
        name = node.attr.value
        if isinstance(node.value, cst.Name) and node.value.value == "self":
            found = self.flow.env.get(f"self.{name}")
            known = found if found is not None else self.known(self.value(node))
            return SETTING if known == UNKNOWN else known
        owner = self.status(node.value)
        if isinstance(owner, Status) and not is_tensor(owner) and not isinstance(owner, Inputs):
            if isinstance(owner, Group):
                return self._member(owner, name)
            if not isinstance(self.value(node.value), Tensor):
                return self.known(self.value(node))
        if name == "shape":
            return self.sizes(owner)
        if name in ("ndim", "itemsize", "nbytes"):
            return PLAIN
        if name in ("data", "T", "mT", "H", "mH", "real", "imag"):
            if isinstance(owner, Constant):
                return replace(owner, held=False, permuted=name in REORDERING)
            if isinstance(owner, Followed | Baked | Inputs):
                return self.lost(owner, node, f".{name}")
        return UNKNOWN if isinstance(owner, Inputs) else NOTHING

    def sizes(self, owner: Status) -> Sizes:
        """``x.shape``: traced where ``x`` has a ``_trt``."""
        match owner:
            case Constant(held=False, batch=batch):
                return Sizes("plain", batch)
            case Baked():
                return Sizes("plain", True)
            case _:
                return Sizes("size", True)

    def _member(self, owner: Group, name: str) -> Status:
        if owner.keys is not None and owner.items is not None and name in owner.keys:
            return owner.items[owner.keys.index(name)]
        return joined(owner) if owner.record else UNKNOWN

    def size_item(self, node: cst.BaseExpression, sizes: Sizes, index: int | None) -> Status:
        """One size; the analysis may know better than its position whether it is the batch."""
        value = self.value(node)
        item = sizes.item(index)
        if isinstance(value, Int):
            atoms = list(value.size.atoms())
            batch = any(isinstance(one, DimAtom) and one.axis == 0 for one in atoms)
            return replace(item, batch=batch)
        return item

    def token(self, node: cst.CSTNode) -> str:
        """A name for the object that an expression makes."""
        return f"{self.code.symbol}:{id(node)}"

    # -- operators --------------------------------------------------------------------------

    def _binary(
        self, node: cst.CSTNode, operator: cst.CSTNode, left: Operand, right: Operand
    ) -> Status:
        name = BINARY.get(type(operator))
        if name is None:
            return UNKNOWN
        if left.tensor or right.tensor:
            call = Call(f"torch.Tensor.__{name}__", node, (left, right), form="operator")
            return self.calls.converting.apply(call)
        if isinstance(left.status, Group) or isinstance(right.status, Group):
            return Group(
                None,
                join(
                    *(
                        joined(s) if isinstance(s, Group) else NOTHING
                        for s in (left.status, right.status)
                    )
                ),
            )
        sides = (left.status, right.status)
        if any(isinstance(one, Inputs) and not one.name for one in sides):
            return UNKNOWN  # an element of an input may be a number
        if any(isinstance(one, Inputs) for one in sides):
            call = Call(f"torch.Tensor.__{name}__", node, (left, right), form="operator")
            return self.calls.converting.apply(call)
        if isinstance(left.status, Scalar) and isinstance(right.status, Scalar):
            return self._arithmetic(node, operator, left, right)
        return UNKNOWN

    def _arithmetic(
        self, node: cst.CSTNode, operator: cst.CSTNode, left: Operand, right: Operand
    ) -> Status:
        """Python numbers. ``IntWrapper`` traces + - * // and turns what it meets into an int."""
        one, other = left.status, right.status
        assert isinstance(one, Scalar)
        assert isinstance(other, Scalar)
        batch = one.batch or other.batch
        for scalar in (one, other):
            if scalar.kind == "baked":
                return scalar
        traced = isinstance(operator, _TRACED + _TRACED_IN_PLACE)
        if one.kind == "size" and traced and _fractional(right.value):
            shown = self.code.source(node)
            facts = {"value": shown, "why": "drops the fraction of what a size is combined with"}
            self.flow.report.add(Loss("torch2trt-baked-value", node, "size", facts))
            return Scalar("size", batch)
        if traced and (one.kind == "size" or (other.kind == "size" and not _floating(left.value))):
            return Scalar("size", batch)
        return Scalar("plain", batch)

    def augmented(self, node: cst.AugAssign) -> Status:
        """``x += y``: the same object where ``x`` is a tensor."""
        right = self.operand(node.value)
        if isinstance(node.target, cst.Subscript) and is_tensor(self.status(node.target.value)):
            # What it reads matters as little as what it makes: the write is lost.
            self.flow.use(right.status)
            return join(self.status(node.target.value), right.status)
        left = self.operand(node.target)
        result = self._binary(node, node.operator, left, right)
        if left.tensor and not isinstance(node.target, cst.Subscript):
            return self.calls.converting.in_place(
                node, left, right.status, result, self.code.source(node)
            )
        return result

    def _unary(self, node: cst.UnaryOperation) -> Status:
        inner = self.operand(node.expression)
        match node.operator:
            case cst.Not():
                self.flow.use(self.truth(node.expression))
                return PLAIN
            case cst.Minus() | cst.BitInvert() if inner.tensor:
                name = "neg" if isinstance(node.operator, cst.Minus) else "invert"
                return self.calls.converting.apply(
                    Call(f"torch.Tensor.__{name}__", node, (inner,), form="operator")
                )
        if isinstance(inner.status, Scalar) and inner.status.kind == "size":
            return replace(inner.status, kind="plain")
        return inner.status

    def _comparison(self, node: cst.Comparison) -> Status:
        operands = [self.operand(node.left)]
        operands += [self.operand(target.comparator) for target in node.comparisons]
        names = [COMPARE.get(type(target.operator)) for target in node.comparisons]
        if None in names:
            return PLAIN
        if len(operands) == 2 and any(one.tensor for one in operands):
            call = Call(f"torch.Tensor.__{names[0]}__", node, tuple(operands), form="operator")
            return self.calls.converting.apply(call)
        for one in operands:
            if isinstance(one.status, Inputs):
                return replace(one.status, compared=True)
        scalars = [one.status for one in operands if isinstance(one.status, Scalar)]
        for scalar in scalars:
            if scalar.kind == "baked":
                return scalar
        return Scalar("plain", sum(scalar.batch for scalar in scalars) == 1)

    def truth(self, node: cst.BaseExpression) -> Status:
        """What a condition is made of."""
        match node:
            case cst.BooleanOperation(left=left, right=right):
                return join(self.truth(left), self.truth(right))
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                return self.truth(inner)
            case _:
                return self.status(node)

    def decides(self, node: cst.BaseExpression, outcome: Status) -> None:
        """A condition takes the branch of the sample, whatever it hangs on."""
        shown = self.code.source(node)
        match outcome:
            case Followed() | Baked():
                why = "is decided by the sample's values"
                facts = {"value": shown, "why": why}
                self.flow.report.add(Loss("torch2trt-baked-value", node, "branch", facts))
            case Scalar(kind="baked"):
                self.flow.use(outcome)
            case Scalar(batch=True):
                facts = {"what": f"the condition `{shown}`"}
                self.flow.report.add(Loss("torch2trt-static-shape", node, facts=facts))

    # -- containers -------------------------------------------------------------------------

    def _display(self, elements: Sequence[cst.BaseElement]) -> Status:
        found: list[Status] = []
        for element in elements:
            status = self.status(element.value)
            if not isinstance(element, cst.StarredElement):
                found.append(status)
            elif isinstance(status, Group) and status.items is not None:
                found += status.items
            elif isinstance(status, Sizes) and len(elements) == 1:
                return status
            else:
                return Group(None, join(joined(Group(tuple(found))), self.element(status, element)))
        return Group(tuple(found))

    def _dict(self, node: cst.Dict) -> Status:
        keys: list[str] = []
        items: list[Status] = []
        for element in node.elements:
            key = self.value(element.key) if isinstance(element, cst.DictElement) else None
            keys.append(key.value or "?" if isinstance(key, Text) else "?")
            items.append(self.status(element.value))
        return Group(tuple(items), keys=tuple(keys))

    def _comprehension(self, node: cst.BaseExpression) -> Status:
        saved = dict(self.flow.env)
        loop: cst.CompFor | None = node.for_in  # type: ignore[attr-defined]
        while loop is not None:
            self.flow.bind(loop.target, self.element(self.status(loop.iter), loop.iter))
            for condition in loop.ifs:
                self.decides(condition.test, self.truth(condition.test))
            loop = loop.inner_for_in
        made = node.value if isinstance(node, cst.DictComp) else node.elt  # type: ignore[attr-defined]
        each = self.status(made)
        self.flow.env = saved
        return Group(None, each)


def _floating(value: Value) -> bool:
    return isinstance(value, Ratio) or (isinstance(value, Number) and value.kind == "float")


def _fractional(value: Value) -> bool:
    """Whether it is a float that is not known to be a whole number."""
    if isinstance(value, Number) and value.kind == "float":
        return value.value is None or value.value != int(value.value)
    return isinstance(value, Ratio)
