"""Evaluation of expressions: what each node of a function may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis import dtypes, torch_calls
from trtlint.analysis.arguments import Args, dtype_of
from trtlint.analysis.builtin_calls import call_builtin
from trtlint.analysis.layers import module_child
from trtlint.analysis.operators import binary_operation, items_item, shape_item
from trtlint.analysis.reshaping import subscript
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import const
from trtlint.analysis.states import model_tensor, of_any_iteration
from trtlint.analysis.values import (
    UNKNOWN,
    Class,
    DeviceValue,
    DTypeValue,
    EllipsisValue,
    Function,
    Int,
    Items,
    Method,
    Module,
    Nothing,
    Number,
    Ratio,
    Ref,
    ShapeOf,
    Slice,
    Tensor,
    Text,
    Unknown,
    Value,
    aliases,
    join,
)
from trtlint.analysis.values import (
    Mapping as DictValue,
)

if TYPE_CHECKING:
    from trtlint.analysis.interpret import Frame

_BUILTINS = frozenset(
    """len int float bool range list tuple dict zip enumerate max min abs sum round isinstance
    getattr hasattr super sorted reversed map print str set any all slice""".split()
)


def dotted(node: cst.BaseExpression) -> str | None:
    """``a.b.c`` of a name or attribute chain."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join(reversed([*parts, node.value]))


class Expressions:
    """Evaluates the expressions of one frame; every node's value is recorded in it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def value(self, node: cst.BaseExpression) -> Value:
        """The value of ``node``."""
        found = self._value(node)
        if isinstance(found, Tensor) and found.shape is None:
            # A shape of its own: its sizes are unknown, but they are the same at every use.
            found = replace(found, shape=Shape.of_input(self.frame.token(node)), exact=True)
        made = isinstance(node, cst.Call | cst.BinaryOperation)
        if self.frame.autocast and made and isinstance(found, Tensor):
            found = replace(found, dtype=None)
        self.frame.record(node, found)
        return found

    def _value(self, node: cst.BaseExpression) -> Value:
        match node:
            case cst.Name(value=name):
                return self._name(name)
            case cst.Integer():
                return Int(const(int(node.evaluated_value)))
            case cst.Float():
                return Number("float", float(node.evaluated_value))
            case cst.Ellipsis():
                return EllipsisValue()
            case cst.SimpleString():
                text = node.evaluated_value
                return Text(text if isinstance(text, str) else None)
            case cst.ConcatenatedString() | cst.FormattedString():
                return Text()
            case cst.Attribute():
                return self._attribute(node)
            case cst.Subscript():
                return self._subscript(node)
            case cst.Call():
                return self._call(node)
            case cst.BinaryOperation():
                return self._binary(node)
            case cst.UnaryOperation():
                return self._unary(node)
            case cst.Comparison():
                return self._comparison(node)
            case cst.BooleanOperation():
                return join(self.value(node.left), self.value(node.right))
            case cst.Tuple() | cst.List():
                kind = "tuple" if isinstance(node, cst.Tuple) else "list"
                return self._display(kind, node.elements)
            case cst.Dict():
                return self._dict(node)
            case cst.IfExp():
                self.value(node.test)
                return join(self.value(node.body), self.value(node.orelse))
            case cst.NamedExpr(target=cst.Name(value=name)):
                bound = self.value(node.value)
                self.frame.env[name] = bound
                return bound
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp():
                return self._comprehension(node)
            case cst.DictComp():
                return self._dict_comprehension(node)
            case _:
                return UNKNOWN

    def _name(self, name: str) -> Value:
        if name in self.frame.shared:
            return UNKNOWN  # an inner function may rebind it at any time
        if name in self.frame.env:
            return self.frame.env[name]
        if name in ("True", "False"):
            return Number("bool", name == "True")
        if name == "None":
            return Nothing()
        return self._global(name)

    def _global(self, name: str) -> Value:
        """What a dotted name means at the top level of the file."""
        project, path = self.frame.analysis.project, self.frame.code.path
        symbol = project.resolve(path, name)
        if symbol is None:
            return Ref(f"builtins.{name}") if name in _BUILTINS else UNKNOWN
        match symbol.kind:
            case "function":
                return Function(symbol.key)
            case "class":
                return Class(symbol.key)
            case "constant" if symbol.path is not None:
                return Int(const(project.files[symbol.path].constants[symbol.qualname]))
            case "external":
                known = dtype_of(Ref(symbol.qualname))
                return DTypeValue(known) if known is not None else Ref(symbol.qualname)
            case _:
                return UNKNOWN

    def _attribute(self, node: cst.Attribute) -> Value:
        chain = dotted(node)
        if chain is not None and chain.partition(".")[0] not in self.frame.env:
            found = self._global(chain)
            if found != UNKNOWN:
                return found
        owner, name = self.value(node.value), node.attr.value
        match owner:
            case Tensor():
                return _tensor_attribute(owner, name)
            case Ref(name=base):
                qualified = Ref(f"{base}.{name}")
                known = dtype_of(qualified)
                return DTypeValue(known) if known is not None else qualified
            case Module(project=True):
                return self.frame.analysis.attribute(owner, name, self.frame)
            case Module():
                return _layer_attribute(owner, name)
            case Class(key=key):
                return self.frame.analysis.class_member(key, name)
            case _:
                return Method(owner, name)

    def _subscript(self, node: cst.Subscript) -> Value:
        owner = self.value(node.value)
        index = self.index(node)
        match owner:
            case Tensor():
                return subscript(owner, index, self.frame.token(node))
            case ShapeOf(tensor=tensor):
                return shape_item(tensor, index)
            case Items():
                return items_item(owner, index)
            case DictValue(entries=tuple() as entries) if isinstance(index[0], Text):
                found = [value for key, value in entries if key == index[0].value]
                return found[-1] if found else UNKNOWN
            case Module():
                return module_child(owner, index[0] if len(index) == 1 else None)
            case _:
                return Unknown(aliases(owner))

    def index(self, node: cst.Subscript) -> tuple[Value, ...]:
        """The elements of a subscript."""
        found: list[Value] = []
        for element in node.slice:
            match element.slice:
                case cst.Index(value=inner):
                    inner_value = self.value(inner)
                    if len(node.slice) == 1 and isinstance(inner, cst.Tuple):
                        items = inner_value.items if isinstance(inner_value, Items) else None
                        return items or (UNKNOWN,)
                    found.append(inner_value)
                case cst.Slice(lower=lower, upper=upper, step=step):
                    bounds = [
                        self.value(b) if b is not None else None for b in (lower, upper, step)
                    ]
                    found.append(Slice(*bounds))
        return tuple(found)

    def arguments(self, node: cst.Call) -> Args:
        """The arguments of a call, as far as they are spelled out."""
        pos: list[Value] = []
        kw: dict[str, Value] = {}
        hidden = False
        for arg in node.args:
            value = self.value(arg.value)
            if arg.star == "*":
                if isinstance(value, Items) and value.items is not None:
                    pos.extend(value.items)
                else:
                    hidden = True
                    pos.append(value if isinstance(value, ShapeOf) else Unknown(aliases(value)))
            elif arg.star == "**":
                hidden = True
            elif arg.keyword is not None:
                kw[arg.keyword.value] = value
            else:
                pos.append(value)
        return Args(tuple(pos), kw, self.frame.token(node), hidden)

    def _call(self, node: cst.Call) -> Value:
        function = self.value(node.func)
        args = self.arguments(node)
        match function, node.func:
            case Method(), cst.Attribute(value=cst.Name(value=name)):
                self.frame.mutated(name, function, args)
        return self.call(function, args)

    def call(self, function: Value, args: Args) -> Value:
        """The result of calling a value."""
        match function:
            case Ref(name=name) if name.startswith(("torch.nn.", "torch.nn.modules.")) and (
                name.rpartition(".")[2][:1].isupper()
            ):
                return _construct(name, args)
            case Ref(name="torch.device"):
                text = args.get(0, "type")
                return DeviceValue(text.value if isinstance(text, Text) else None)
            case Ref(name=name) if name.startswith("builtins."):
                return call_builtin(name.removeprefix("builtins."), args)
            case Ref(name=name) if name.startswith("torch."):
                return torch_calls.call_function(name, args)
            case Ref(name=name):
                return call_builtin(name, args)
            case Method(owner=Tensor() as owner, name=name):
                bound = Args((owner, *args.pos), args.kw, args.token, args.open)
                return torch_calls.call_method(name, bound)
            case Method(owner=owner):
                return Unknown(aliases(owner) | args.shared)
            case Function() | Class() | Module():
                return self.frame.analysis.call(function, args, self.frame)
            case _:
                return Unknown(args.shared | aliases(function))

    def _binary(self, node: cst.BinaryOperation) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        return binary_operation(node.operator, left, right, self.frame.token(node))

    def _unary(self, node: cst.UnaryOperation) -> Value:
        inner = self.value(node.expression)
        match node.operator, inner:
            case cst.Minus(), Int(size=size):
                return Int(-size)
            case cst.Minus(), Number(kind="float", value=float() as value):
                return Number("float", -value)
            case cst.Plus(), Tensor():
                return replace(inner, creation=None, parameter=None)  # the tensor itself
            case cst.Not(), _:
                return Number("bool")
            case _, Tensor():
                return torch_calls.FUNCTIONS["neg"](Args((inner,), token=self.frame.token(node)))
            case _, Number() | Ratio():
                return Number("float" if isinstance(inner, Ratio) else inner.kind)
            case _:
                return UNKNOWN

    def _comparison(self, node: cst.Comparison) -> Value:
        values = [self.value(node.left), *(self.value(t.comparator) for t in node.comparisons)]
        identity = any(
            isinstance(t.operator, cst.Is | cst.IsNot | cst.In) for t in node.comparisons
        )
        if not identity and any(isinstance(value, Tensor) for value in values) and len(values) == 2:
            result = torch_calls.binary(values[0], values[1], self.frame.token(node))
            if isinstance(result, Tensor):
                return Tensor(
                    result.shape, result.exact, dtypes.BOOL, result.device, result.storage
                )
        return Number("bool")

    def _display(self, kind: str, elements: object) -> Value:
        items: list[Value] = []
        complete = True
        for element in elements:  # type: ignore[attr-defined]
            value = self.value(element.value)
            if isinstance(element, cst.StarredElement):
                if isinstance(value, Items) and value.items is not None:
                    items.extend(value.items)
                    continue
                complete = False
            items.append(value)
        known = tuple(items)
        if complete:
            return Items(kind, known)  # type: ignore[arg-type]
        return Items(kind, None, Unknown(aliases(Items("list", known))))  # type: ignore[arg-type]

    def _dict(self, node: cst.Dict) -> Value:
        entries: list[tuple[str, Value]] = []
        for element in node.elements:
            value = self.value(element.value)
            key = self.value(element.key) if isinstance(element, cst.DictElement) else None
            name = key.value if isinstance(key, Text) and key.value is not None else "?"
            entries.append((name, value))
        return DictValue(tuple(entries))

    def _dict_comprehension(self, node: cst.DictComp) -> Value:
        saved = dict(self.frame.env)
        self.frame.bind(node.for_in.target, Unknown(aliases(self.value(node.for_in.iter))))
        found = Unknown(aliases(self.value(node.value)))
        self.frame.env = saved
        return found

    def _comprehension(self, node: cst.ListComp | cst.GeneratorExp | cst.SetComp) -> Value:
        saved = dict(self.frame.env)
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            self.frame.bind(loop.target, self.frame.elements(self.value(loop.iter), loop))
            for condition in loop.ifs:
                self.value(condition.test)
            loop = loop.inner_for_in
        element = of_any_iteration(self.value(node.elt))
        self.frame.env = saved
        return Items("list", None, element)


def _construct(name: str, args: Args) -> Value:
    """An ``nn`` layer, parameter or parameter container."""
    last = name.rpartition(".")[2]
    if last in ("Parameter", "Buffer"):
        data = args.tensor(0, "data")
        if data is None:
            return Tensor(dtype=dtypes.MODEL, device="model")
        return model_tensor(data)
    return Module(name, False, args.pos, tuple(args.kw.items()))


def _tensor_attribute(tensor: Tensor, name: str) -> Value:
    match name:
        case "shape":
            return torch_calls.shape_value(tensor)
        case "dtype":
            return DTypeValue(tensor.dtype)
        case "device":
            return DeviceValue(tensor.device)
        case "ndim":
            return torch_calls.FUNCTIONS["dim"](Args((tensor,)))
        case "data":
            return torch_calls.FUNCTIONS["detach"](Args((tensor,)))
        case "T" | "mT" | "H" | "mH":
            return Tensor(None, False, tensor.dtype, tensor.device, tensor.storage)
        case "is_cuda" | "requires_grad":
            return Number("bool")
        case _:
            return Method(tensor, name)


def _layer_attribute(layer: Module, name: str) -> Value:
    if name in ("weight", "bias", "running_mean", "running_var"):
        return Tensor(
            dtype=dtypes.MODEL, device="model", storage=frozenset({f"{layer.path}.{name}"})
        )
    return Method(layer, name)
