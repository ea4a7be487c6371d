"""Evaluation of expressions: what each node of a function may be."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from trtlint.analysis import attributes, dtypes, origins, torch_calls
from trtlint.analysis.arguments import Args, meaning
from trtlint.analysis.arithmetic import binary
from trtlint.analysis.builtin_calls import call_builtin
from trtlint.analysis.layers import module_child
from trtlint.analysis.operators import binary_operation, items_item, shape_item
from trtlint.analysis.reshaping import subscript
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import const
from trtlint.analysis.states import of_any_iteration
from trtlint.analysis.values import (
    UNKNOWN,
    Class,
    DeviceValue,
    EllipsisValue,
    Function,
    Int,
    Items,
    Method,
    Module,
    NdArray,
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
    getattr hasattr super sorted reversed map print str set any all slice __import__""".split()
)


def dotted(node: cst.BaseExpression) -> str | None:
    """``a.b.c`` of a name or attribute chain."""
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return None
    return ".".join(reversed([*parts, node.value]))


_COMPUTING = frozenset({cst.Call, cst.BinaryOperation})


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
        if self.frame.autocast and isinstance(found, Tensor) and type(node) in _COMPUTING:
            found = replace(found, dtype=None)
        self.frame.record(node, found)
        return found

    def _value(self, node: cst.BaseExpression) -> Value:
        # By type and not by `match`: node classes are abstract, and a test of each takes its time.
        evaluate = _BY_TYPE.get(type(node))
        return UNKNOWN if evaluate is None else evaluate(self, node)

    def _integer(self, node: cst.Integer) -> Value:
        return Int(const(_literal_int(node.value)))

    def _float(self, node: cst.Float) -> Value:
        return Number("float", float(node.value))

    def _string(self, node: cst.SimpleString) -> Value:
        text = _literal_text(node.value)
        return Text(text if isinstance(text, str) else None)

    def _boolean(self, node: cst.BooleanOperation) -> Value:
        return join(self.value(node.left), self.value(node.right))

    def _conditional(self, node: cst.IfExp) -> Value:
        self.value(node.test)
        outcome = self.frame.analysis.outcome(self.frame.code, node.test)
        if outcome is not None:
            chosen, other = (node.body, node.orelse) if outcome else (node.orelse, node.body)
            self.frame.mark_dead(other)
            return self.value(chosen)
        return join(self.value(node.body), self.value(node.orelse))

    def _named(self, node: cst.NamedExpr) -> Value:
        if not isinstance(node.target, cst.Name):
            return UNKNOWN
        bound = self.value(node.value)
        self.frame.env[node.target.value] = bound
        return bound

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
                return meaning(symbol.qualname)
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
                found = attributes.tensor_attribute(owner, name)
                return origins.after_attribute(found, owner, name, self.frame.token(node))
            case Ref(name=base):
                return meaning(f"{base}.{name}")
            case Module(project=True):
                return self.frame.analysis.attribute(owner, name, self.frame)
            case Module():
                return attributes.layer_attribute(owner, name)
            case Class(key=key):
                return self.frame.analysis.class_member(key, name)
            case Items(kind="tuple", items=(Tensor() as values, Tensor() as indices)) if name in (
                "values",
                "indices",
            ):
                return values if name == "values" else indices  # of max, sort, topk ...
            case _:
                return attributes.other_attribute(owner, name)

    def _subscript(self, node: cst.Subscript) -> Value:
        owner = self.value(node.value)
        index = self.index(node)
        match owner:
            case Tensor():
                token = self.frame.token(node)
                return origins.after_subscript(subscript(owner, index, token), owner, index, token)
            case NdArray():
                return owner
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
        return origins.after_call(function, args, self.call(function, args))

    def call(self, function: Value, args: Args) -> Value:
        """The result of calling a value."""
        match function:
            case Ref(name=name) if attributes.constructs(name):
                return attributes.construct(name, args)
            case Ref(name="torch.device"):
                text = args.get(0, "type")
                return DeviceValue(text.value if isinstance(text, Text) else None)
            case Ref(name=name) if name.startswith("builtins."):
                return call_builtin(name.removeprefix("builtins."), args)
            case Ref(name="torch.finfo" | "torch.iinfo"):
                return function
            case Ref(name=name) if name.startswith("torch."):
                return torch_calls.call_function(name, args)
            case Ref(name=name):
                return call_builtin(name, args)
            case Method(owner=Tensor() as owner, name=name):
                bound = Args((owner, *args.pos), args.kw, args.token, args.open)
                return torch_calls.call_method(name, bound)
            case Method(owner=owner, name=name):
                return torch_calls.call_unknown_method(owner, name, args)
            case Function() | Class() | Module():
                return self.frame.analysis.call(function, args, self.frame)
            case _:
                return Unknown(args.shared | aliases(function))

    def _binary(self, node: cst.BinaryOperation) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        result = binary_operation(node.operator, left, right, self.frame.token(node))
        return origins.after_operator(result, left, right)

    def _unary(self, node: cst.UnaryOperation) -> Value:
        inner = self.value(node.expression)
        return origins.after_operator(self._negated(node, inner), inner)

    def _negated(self, node: cst.UnaryOperation, inner: Value) -> Value:
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
            isinstance(t.operator, cst.Is | cst.IsNot | cst.In | cst.NotIn)
            for t in node.comparisons
        )
        if not identity and any(isinstance(value, Tensor) for value in values) and len(values) == 2:
            result = binary(values[0], values[1], self.frame.token(node))
            if isinstance(result, Tensor):
                compared = Tensor(
                    result.shape, result.exact, dtypes.BOOL, result.device, result.storage
                )
                return origins.after_operator(compared, *values)
        return Number("bool", varies=not identity and origins.varies(values) is True)

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


@cache
def _literal_int(text: str) -> int:
    value: int = literal_eval(text)
    return value


@cache
def _literal_text(text: str) -> str | bytes:
    value: str | bytes = literal_eval(text)
    return value


_BY_TYPE: dict[type[cst.BaseExpression], Callable[[Expressions, Any], Value]] = {
    cst.Name: lambda self, node: self._name(node.value),
    cst.Attribute: Expressions._attribute,
    cst.Call: Expressions._call,
    cst.Integer: Expressions._integer,
    cst.Float: Expressions._float,
    cst.Ellipsis: lambda self, node: EllipsisValue(),
    cst.SimpleString: Expressions._string,
    cst.ConcatenatedString: lambda self, node: Text(),
    cst.FormattedString: lambda self, node: Text(),
    cst.Subscript: Expressions._subscript,
    cst.BinaryOperation: Expressions._binary,
    cst.UnaryOperation: Expressions._unary,
    cst.Comparison: Expressions._comparison,
    cst.BooleanOperation: Expressions._boolean,
    cst.Tuple: lambda self, node: self._display("tuple", node.elements),
    cst.List: lambda self, node: self._display("list", node.elements),
    cst.Dict: Expressions._dict,
    cst.IfExp: Expressions._conditional,
    cst.NamedExpr: Expressions._named,
    cst.ListComp: Expressions._comprehension,
    cst.GeneratorExp: Expressions._comprehension,
    cst.SetComp: Expressions._comprehension,
    cst.DictComp: Expressions._dict_comprehension,
}
