"""The dataflow over calls: which are hooked, which have a converter, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.expressions import dotted
from trtlint.analysis.project import Symbol
from trtlint.analysis.values import (
    Class,
    Function,
    Method,
    Module,
    Ref,
    Tensor,
    Unknown,
    Value,
)
from trtlint.conversion.torch2trt import facts
from trtlint.conversion.torch2trt.converting import Converting
from trtlint.conversion.torch2trt.layers import layer_call
from trtlint.conversion.torch2trt.operands import Call, Operand
from trtlint.conversion.torch2trt.project_calls import ProjectCalls
from trtlint.conversion.torch2trt.python_calls import container_method, python_function
from trtlint.conversion.torch2trt.status import (
    UNKNOWN,
    Constant,
    Group,
    Inputs,
    Setting,
    Status,
    is_baked_number,
)

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions

_NAMESPACES = (
    "torch.nn.functional.",
    "torch.linalg.",
    "torch.fft.",
    "torch.special.",
    "torch.sparse.",
)
# Written in Python, these call hooked functions where they are called by an imported name.
_PYTHON = frozenset(
    """torch.nn.functional.relu torch.nn.functional.relu_ torch.nn.functional.selu
    torch.nn.functional.softmax torch.nn.functional.sigmoid torch.nn.functional.softmin
    torch.nn.functional.instance_norm torch.nn.functional.upsample torch.split
    torch.nn.functional.dropout torch.nn.functional.dropout2d torch.nn.functional.dropout3d
    torch.nn.functional.max_pool1d torch.nn.functional.max_pool2d torch.nn.functional.max_pool3d
    torch.tensor""".split()
)


class Calls:
    """Follows calls."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.flow = expressions.flow
        self.code = expressions.code
        self.converting = Converting(expressions)
        self.project = ProjectCalls(expressions)

    def call(self, node: cst.Call) -> Status:
        """What a call returns."""
        if isinstance(node.func, cst.Lambda):
            return self._lambda(node, node.func)
        function = self.expressions.value(node.func)
        if isinstance(function, Unknown):
            function = self._imported(node.func) or function
        match function:
            case Ref(name=name) if name.startswith("torch."):
                return self._torch(node, name)
            case Ref(name=name):
                return python_function(self.expressions, node, name)
            case Module(project=False) as layer:
                return self._layer(node, layer)
            case Module(type=key):
                operands = self._operands(node)
                return self.project.function(node, self._forward(key), operands, bound=True)
            case Function(key=key, owner=owner):
                symbol = self.code.analysis.function_symbol(key)
                bound = owner is not None
                return self.project.function(node, symbol, self._operands(node), bound=bound)
            case Class(key=key):
                return self.project.construct(key, self._operands(node))
        if isinstance(node.func, cst.Attribute):
            return self._method(node, node.func, function)
        return _carried([self.expressions.status(arg.value) for arg in node.args])

    def _imported(self, function: cst.BaseExpression) -> Ref | None:
        """What a name means where the analysis does not look: in the body of a lambda."""
        name = dotted(function)
        if name is None or name.partition(".")[0] in self.flow.env:
            return None
        symbol = self.code.project.resolve(self.code.code.path, name)
        return Ref(symbol.qualname) if symbol is not None and symbol.kind == "external" else None

    def _forward(self, key: str) -> Symbol | None:
        """The ``forward`` of a module class of the project."""
        symbol = self.code.analysis.class_symbol(key)
        return self.code.project.find_method(symbol, "forward") if symbol else None

    def _operands(
        self, node: cst.Call, *first: Operand
    ) -> tuple[tuple[Operand, ...], Mapping[str, Operand], bool]:
        positional: list[Operand] = list(first)
        keywords: dict[str, Operand] = {}
        hidden = False
        for arg in node.args:
            operand = self.expressions.operand(arg.value)
            if arg.star == "*" and isinstance(operand.status, Group) and operand.status.items:
                positional += [Operand(status) for status in operand.status.items]
            elif arg.star:
                hidden = True
                positional.append(operand)
            elif arg.keyword is not None:
                keywords[arg.keyword.value] = operand
            else:
                positional.append(operand)
        return tuple(positional), keywords, hidden

    # -- torch ------------------------------------------------------------------------------

    def _torch(self, node: cst.Call, name: str) -> Status:
        args, kwargs, hidden = self._operands(node)
        call = Call(name, node, args, kwargs, "function", hidden)
        last = call.last
        if name.startswith("torch.utils.checkpoint."):
            return self._checkpoint(node)
        if last[:1].isupper() and last not in facts.CREATIONS:
            return UNKNOWN
        if not name.startswith(_NAMESPACES) and name.count(".") != 1:
            return UNKNOWN
        if isinstance(node.func, cst.Name) and name in facts.CONVERTERS and name not in _PYTHON:
            call = replace_name(call, f"{name} (imported by name)")
            return self.converting.unconverted.result(call)
        return self.converting.apply(call)

    def _layer(self, node: cst.Call, layer: Module) -> Status:
        args, kwargs, hidden = self._operands(node)
        return self.through(node, layer, args, kwargs, hidden)

    def through(
        self,
        node: cst.CSTNode,
        layer: Module,
        args: tuple[Operand, ...],
        kwargs: Mapping[str, Operand],
        hidden: bool = False,
    ) -> Status:
        """What a layer returns."""
        name = layer.type.rpartition(".")[2]
        if not args:
            return UNKNOWN
        if name == "Sequential":
            operand = args[0]
            for child in layer.args:
                if not isinstance(child, Module):
                    return UNKNOWN
                if child.project:
                    inside, forward = (operand.status,), self._forward(child.type)
                    status = self.project.invoke(forward, inside, {}, bound=True, node=node)
                else:
                    status = self.through(node, child, (operand,), {})
                operand = Operand(status)
            return operand.status
        if name in facts.SAME_LAYERS:
            return args[0].status
        if not layer.type.startswith("torch.nn.") or name in ("ModuleList", "ModuleDict"):
            return UNKNOWN
        return self.converting.apply(layer_call(node, layer, args, kwargs, hidden))

    def _method(self, node: cst.Call, func: cst.Attribute, function: Value) -> Status:
        name = func.attr.value
        owner = self.expressions.operand(func.value)
        if isinstance(function, Method) and isinstance(function.owner, Tensor):
            owner = Operand(owner.status, function.owner, func.value)
        if isinstance(owner.status, Group) or (
            isinstance(owner.status, Inputs) and name in ("items", "values", "keys", "get")
        ):
            return container_method(self.expressions, node, func, owner.status)
        holder = self.expressions.value(func.value)
        if name == "apply" and isinstance(holder, Class):
            return self.project.autograd(node, holder.key, self._operands(node))
        if name in ("size",) and (owner.tensor or isinstance(owner.status, Inputs)):
            return self._size(node, owner)
        if isinstance(owner.status, Setting) and f"torch.Tensor.{name}" in facts.CONVERTERS:
            owner = Operand(Constant(), owner.value, owner.node)
        args, kwargs, hidden = self._operands(node, owner)
        if not owner.tensor and not isinstance(owner.status, Inputs):
            return _carried([one.status for one in (*args[1:], *kwargs.values())])
        if isinstance(owner.status, Inputs) and name in _OF_CONTAINERS:
            if isinstance(func.value, cst.Name) and name in ("append", "extend", "update"):
                self.flow.env[func.value.value] = Group(None, UNKNOWN)
            return UNKNOWN
        return self.converting.apply(
            Call(f"torch.Tensor.{name}", node, args, kwargs, "method", hidden)
        )

    def _size(self, node: cst.Call, owner: Operand) -> Status:
        sizes = self.expressions.sizes(owner.status)
        if not node.args:
            return sizes
        at = self.expressions.operand(node.args[0].value)
        return self.expressions.size_item(node, sizes, at.integer)

    def _checkpoint(self, node: cst.Call) -> Status:
        if not node.args:
            return UNKNOWN
        inner = cst.Call(node.args[0].value, [a for a in node.args[1:] if not a.keyword])
        function = self.expressions.value(node.args[0].value)
        if isinstance(function, Module) and not function.project:
            return self._layer(inner, function)
        return UNKNOWN

    def _lambda(self, node: cst.Call, function: cst.Lambda) -> Status:
        args, _, _ = self._operands(node)
        names = [p.name.value for p in function.params.params]
        saved = dict(self.flow.env)
        statuses = [one.status for one in args]
        if len(args) == 1 and node.args[0].star:
            each = self.expressions.element(statuses[0], node)
            statuses = [each] * len(names)
        self.flow.env.update(zip(names, statuses, strict=False))
        result = self.expressions.status(function.body)
        self.flow.env = saved
        return result


def replace_name(call: Call, name: str) -> Call:
    """The call under another name."""
    return Call(name, call.node, call.args, call.kwargs, call.form, call.hidden, call.layer)


def _carried(statuses: list[Status]) -> Status:
    """What an unknown function makes of a number that was read from a tensor."""
    return next((one for one in statuses if is_baked_number(one)), UNKNOWN)


# Methods of an unknown input that do not show it to be a tensor.
_OF_CONTAINERS = frozenset(
    """append clear copy count extend format get index insert items join keys lower pop popitem
    remove reverse setdefault sort startswith strip update upper values decompose""".split()
)
