"""Uses of torch's operators in one function: calls, methods, layers and Python operators alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.arguments import Args
from trtlint.analysis.layers import argument
from trtlint.analysis.values import UNKNOWN, Items, Method, Module, Ref, Tensor, Value

if TYPE_CHECKING:
    from trtlint.analysis.traced_code import TracedCode

_BINARY: Mapping[type[cst.CSTNode], str] = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "div",
    cst.FloorDivide: "floor_divide", cst.Modulo: "remainder", cst.Power: "pow",
    cst.MatrixMultiply: "matmul", cst.BitAnd: "bitwise_and", cst.BitOr: "bitwise_or",
    cst.BitXor: "bitwise_xor", cst.LeftShift: "bitwise_left_shift",
    cst.RightShift: "bitwise_right_shift",
    cst.AddAssign: "add", cst.SubtractAssign: "sub", cst.MultiplyAssign: "mul",
    cst.DivideAssign: "div", cst.FloorDivideAssign: "floor_divide",
    cst.ModuloAssign: "remainder", cst.PowerAssign: "pow", cst.MatrixMultiplyAssign: "matmul",
    cst.BitAndAssign: "bitwise_and", cst.BitOrAssign: "bitwise_or",
    cst.BitXorAssign: "bitwise_xor", cst.LeftShiftAssign: "bitwise_left_shift",
    cst.RightShiftAssign: "bitwise_right_shift",
}  # fmt: skip
_USING = frozenset(
    {
        cst.Attribute,
        cst.AugAssign,
        cst.BinaryOperation,
        cst.Call,
        cst.Comparison,
        cst.UnaryOperation,
    }
)
_UNARY: Mapping[type[cst.CSTNode], str] = {
    cst.BitInvert: "bitwise_not",
    cst.Minus: "neg",
    cst.Plus: "positive",
}
_COMPARE: Mapping[type[cst.CSTNode], str] = {
    cst.Equal: "eq", cst.NotEqual: "ne", cst.LessThan: "lt", cst.LessThanEqual: "le",
    cst.GreaterThan: "gt", cst.GreaterThanEqual: "ge",
}  # fmt: skip


# Attributes of a tensor that compute something.
_ATTRIBUTES = frozenset("T mT H mH real imag".split())


@dataclass(frozen=True, eq=False)
class OperatorUse:
    """One use of a torch operator.

    Attributes:
        name: without its module: ``cumsum`` for ``torch.cumsum(x)`` and ``x.cumsum()``, ``mul``
            for ``x * y``, ``MaxPool2d`` for a layer.
        qualified: ``torch.cumsum``, ``torch.Tensor.cumsum``, ``torch.Tensor.__mul__``,
            ``torch.nn.MaxPool2d``.
        node: the whole expression; for ``x += y`` the statement.
        args: the operands; for a method, the tensor comes first.
        result: its value.
        layer: the layer that is called.
        form: how it is spelled: ``function``, ``method``, ``attribute``, ``layer`` or ``operator``.
    """

    name: str
    qualified: str
    node: cst.CSTNode
    args: Args
    result: Value
    form: str
    layer: Module | None = None

    @property
    def tensor(self) -> Tensor | None:
        """The first operand, if it is a tensor."""
        return self.args.tensor()

    def option(self, name: str, at: int = 99, *, layer_at: int = 99) -> Value | None:
        """An argument by name or position, of the call or of the layer's constructor.

        Args:
            name: its keyword.
            at: its position in the function's signature, the tensor being 0.
            layer_at: its position in the layer's constructor.
        """
        if self.layer is not None:
            return argument(self.layer, layer_at, name)
        return self.args.get(at, name)

    @property
    def shown(self) -> str:
        """How a message names it: ``torch.cumsum``, ``.cumsum()``, ``nn.MaxPool2d``."""
        if self.form == "method":
            return f".{self.name}()"
        if self.form == "attribute":
            return f".{self.name}"
        return self.qualified.replace("torch.nn.functional.", "F.").replace("torch.nn.", "nn.")


def operator_uses(code: TracedCode) -> Mapping[str, tuple[OperatorUse, ...]]:
    """Every use of a torch operator in a function, in source order, by name."""
    found: dict[str, list[OperatorUse]] = {}
    for node in code.nodes():
        if type(node) not in _USING:
            continue
        for use in _uses(code, node):
            found.setdefault(use.name, []).append(use)
    return {name: tuple(uses) for name, uses in found.items()}


def _uses(code: TracedCode, node: cst.CSTNode) -> Iterator[OperatorUse]:
    match node:
        case cst.Call():
            yield from _call(code, node)
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            yield from _operator(code, node, _BINARY.get(type(operator)), (left, right))
        case cst.AugAssign(target=cst.BaseExpression() as target, operator=sign, value=value):
            yield from _operator(code, node, _BINARY.get(type(sign)), (target, value))
        case cst.UnaryOperation(operator=operator, expression=inner):
            yield from _operator(code, node, _UNARY.get(type(operator)), (inner,))
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as only]):
            name = _COMPARE.get(type(only.operator))
            yield from _operator(code, node, name, (left, only.comparator))
        case cst.Attribute(attr=cst.Name(value=name), value=inner) if name in _ATTRIBUTES:
            tensor = code.value(inner)
            if isinstance(tensor, Tensor):
                qualified, result = f"torch.Tensor.{name}", code.value(node)
                yield OperatorUse(name, qualified, node, Args((tensor,)), result, "attribute")


def _operator(
    code: TracedCode,
    node: cst.CSTNode,
    name: str | None,
    operands: tuple[cst.BaseExpression, ...],
) -> Iterator[OperatorUse]:
    if name is None:
        return
    values = tuple(code.value(operand) for operand in operands)
    if any(isinstance(value, Tensor) for value in values):
        result = code.value(node) if isinstance(node, cst.BaseExpression) else UNKNOWN
        yield OperatorUse(name, f"torch.Tensor.__{name}__", node, Args(values), result, "operator")


def _call(code: TracedCode, call: cst.Call) -> Iterator[OperatorUse]:
    result = code.value(call)
    match code.value(call.func):
        case Ref(name=qualified) if qualified.startswith("torch."):
            name = qualified.rpartition(".")[2]
            if qualified.startswith("torch.nn.") and name[:1].isupper():
                return  # a layer that is made, not called
            yield OperatorUse(name, qualified, call, _args(code, call), result, "function")
        case Method(owner=Tensor() as tensor, name=name):
            args = _args(code, call, tensor)
            yield OperatorUse(name, f"torch.Tensor.{name}", call, args, result, "method")
        case Module(project=False) as layer:
            yield from _layers(code, call, layer)


def _layers(code: TracedCode, call: cst.Call, layer: Module) -> Iterator[OperatorUse]:
    """The layer that is called, or those inside it."""
    name = layer.type.rpartition(".")[2]
    if name not in ("Sequential", "ModuleList"):
        args = _args(code, call)
        yield OperatorUse(name, layer.type, call, args, code.value(call), "layer", layer)
        return
    for index, child in enumerate(_children(layer)):
        if child.project:
            continue  # its own forward is traced code
        inner = child.type.rpartition(".")[2]
        if inner in ("Sequential", "ModuleList"):
            yield from _layers(code, call, child)
        else:
            args = _args(code, call) if index == 0 else Args(())
            yield OperatorUse(inner, child.type, call, args, UNKNOWN, "layer", child)


def _children(layer: Module) -> Iterator[Module]:
    for value in layer.args:
        if isinstance(value, Module):
            yield value
        elif isinstance(value, Items):
            yield from (item for item in value.items or () if isinstance(item, Module))


def _args(code: TracedCode, call: cst.Call, *owner: Value) -> Args:
    positional = [a for a in call.args if a.keyword is None and not a.star]
    return Args(
        (*owner, *(code.value(a.value) for a in positional)),
        {a.keyword.value: code.value(a.value) for a in call.args if a.keyword is not None},
        open=any(a.star for a in call.args),
    )
