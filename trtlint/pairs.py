"""Complex numbers of one function as pairs of real tensors.

A complex tensor is made by ``polar``, ``complex`` or ``view_as_complex``, goes through sums,
products and changes of shape, under names or not, and is taken apart by ``view_as_real``,
``.real``, ``.imag`` or ``abs``. Each expression on the way has two sources: those of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Number, Tensor
from trtlint.composing import must_precede

_MAKERS = {
    "torch.polar": ("abs", "angle"),
    "torch.complex": ("real", "imag"),
    "torch.view_as_complex": ("input",),
}
_ENDS = {
    "torch.view_as_real": "pair",
    "torch.real": "real",
    "torch.imag": "imag",
    "torch.abs": "abs",
}
_SHAPING = frozenset(
    """view reshape unsqueeze squeeze transpose permute flatten unflatten expand repeat contiguous
    movedim""".split()
)
Definition = tuple[cst.SimpleStatementLine, str, cst.BaseExpression]
Pair = tuple[str, str]


@dataclass
class Pairs:
    """Writes the parts of complex expressions.

    Attributes:
        code: the function.
        imports: what the new expressions need.
        seen: the complex expressions that have been written, by id.
    """

    code: TracedCode
    imports: set[str] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    _pending: list[str] = field(default_factory=list)
    _fresh: set[str] = field(default_factory=set)

    @cached_property
    def names(self) -> dict[str, Pair]:
        """Variables that hold complex tensors, and those that hold their parts instead."""
        found: dict[str, Pair] = {}
        growing = True
        while growing:
            growing = False
            for node in self.code.walk(cst.Assign):
                match node:
                    case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]) if (
                        name not in found and self._is_complex(node.value, found)
                    ):
                        found[name] = (self.fresh(f"{name}_real"), self.fresh(f"{name}_imag"))
                        growing = True
        return found

    @cached_property
    def definitions(self) -> list[Definition]:
        """Every assignment to one of these variables.

        Raises:
            Undecided: one is no plain assignment of a complex expression.
        """
        found: list[Definition] = []
        for node in self.code.walk(cst.Assign):
            match node:
                case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name) as target)]):
                    if name in self.names:
                        if not self._is_complex(node.value, self.names):
                            raise Undecided(f"`{name}` holds something else at times")
                        found.append((self.line_of(node.value), name, node.value))
                        self.seen.add(id(target))
        return found

    def ends(self) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression, str]]:
        """Where complex numbers are taken apart: the expression, the complex one in it, and how."""
        for node in self.code.nodes():
            kind: str
            inner: cst.BaseExpression
            match node:
                case cst.Attribute(value=inner, attr=cst.Name(value="real" | "imag" as part)):
                    kind = part
                case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="abs")), args=[]):
                    kind = "abs"
                case cst.Call(args=[cst.Arg(value=inner, star="", keyword=None)]):
                    kind = _ENDS.get(self.code.torch_function(node) or "", "")
                case _:
                    continue
            if kind and self._is_complex(inner, self.names):
                yield node, inner, kind

    def end(self, kind: str, inner: cst.BaseExpression) -> str:
        """What is written where they are taken apart.

        Raises:
            Undecided: it cannot be.
        """
        real, imaginary = self.parts(inner)
        if kind == "pair":
            return f"{self._torch('torch.stack')}(({real}, {imaginary}), -1)"
        if kind == "abs":
            a, b = self._named("real", real), self._named("imag", imaginary)
            return f"({a} * {a} + {b} * {b}).sqrt()"
        return real if kind == "real" else imaginary

    def taken(self) -> list[str]:
        """The statements that the last expressions need before theirs."""
        pending, self._pending = self._pending, []
        return pending

    def line_of(self, node: cst.BaseExpression) -> cst.SimpleStatementLine:
        """The statement around an expression, before which others can go.

        Raises:
            Undecided: there is none.
        """
        must_precede(self.code, node)
        line = self.code.line_of(node)
        assert line is not None
        return line

    def must_be_complete(self) -> None:
        """That every complex variable and every maker has been written.

        Raises:
            Undecided: one is used in another way.
        """
        if any(_writes(node) for node in self.code.nodes()):
            raise Undecided("the function writes into tensors, which the parts may be views of")
        for name in variables(self.code.code.node):
            if name.value in self.names and id(name) not in self.seen:
                raise Undecided(f"`{name.value}` is complex, and used in a way that has no parts")
        for call in self.code.walk(cst.Call):
            if self.code.torch_function(call) in _MAKERS and id(call) not in self.seen:
                raise Undecided("a complex tensor is used in a way that has no parts")

    def parts(self, node: cst.BaseExpression) -> Pair:
        """The sources of the real and the imaginary part.

        Raises:
            Undecided: they cannot be told.
        """
        self.seen.add(id(node))
        match node:
            case cst.Name(value=name):
                return self.names[name]
            case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
                return self._product(left, right)
            case cst.BinaryOperation(left=left, operator=operator, right=right):
                sign = "+" if isinstance(operator, cst.Add) else "-"
                (a, b), (c, d) = self.parts(left), self.parts(right)
                c, d = self._named("real", c), self._named("imag", d)
                return f"{a} {sign} {c}", f"{b} {sign} {d}"
            case cst.UnaryOperation(expression=inner):
                a, b = self._both(inner)
                return f"-{a}", f"-{b}"
            case cst.Subscript(value=inner):
                a, b = self._both(inner)
                index = ", ".join(self.code.source(one).rstrip(", ") for one in node.slice)
                return f"{a}[{index}]", f"{b}[{index}]"
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=method))) if (
                self.code.torch_function(node) is None
            ):
                a, b = self._both(inner)
                if method == "conj":
                    return a, f"-{b}"
                given = ", ".join(self.code.source(arg).rstrip(", ") for arg in node.args)
                return f"{a}.{method}({given})", f"{b}.{method}({given})"
            case cst.Call():
                return self._made(node)
        raise Undecided("a complex tensor is used in a way that has no parts")

    def _both(self, inner: cst.BaseExpression) -> Pair:
        """The parts as names, so that methods can follow."""
        a, b = self.parts(inner)
        return self._named("real", a), self._named("imag", b)

    def _product(self, left: cst.BaseExpression, right: cst.BaseExpression) -> Pair:
        if not self._is_complex(left, self.names) or not self._is_complex(right, self.names):
            whole = self._is_complex(left, self.names)
            scale, other = (right, left) if whole else (left, right)
            if not _is_real(self.code, scale):
                raise Undecided(f"whether `{self.code.source(scale)}` is complex is not known")
            factor = self.code.source(scale)
            if not isinstance(scale, cst.BaseNumber):
                factor = self._named("factor", factor)
            a, b = self._both(other)
            return f"{a} * {factor}", f"{b} * {factor}"
        (a, b), (c, d) = self._both(left), self._both(right)
        return f"{a} * {c} - {b} * {d}", f"{a} * {d} + {b} * {c}"

    def _made(self, call: cst.Call) -> Pair:
        function = self.code.torch_function(call) or ""
        signature = _MAKERS[function]
        given = dict(zip(signature, (a for a in call.args if a.keyword is None), strict=False))
        given |= {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}
        if set(given) != set(signature) or any(arg.star for arg in call.args):
            raise Undecided("its arguments are not those of a complex tensor")
        sources = {name: self.code.source(arg.value) for name, arg in given.items()}
        if function == "torch.view_as_complex":
            pair = self._named("pair", sources["input"])
            return f"{pair}[..., 0]", f"{pair}[..., 1]"
        if function == "torch.polar":
            angle, size = (
                self._named("angle", sources["angle"]),
                self._named("size", sources["abs"]),
            )
            return f"{size} * {angle}.cos()", f"{size} * {angle}.sin()"
        both = ", ".join(sources[name] for name in signature)
        pair = self._named("pair", f"{self._torch('torch.broadcast_tensors')}({both})")
        return f"{pair}[0]", f"{pair}[1]"

    def _named(self, wish: str, source: str) -> str:
        """A variable for something that is needed several times."""
        if source.isidentifier():
            return source
        name = self.fresh(wish)
        self._pending.append(f"{name} = {f'({source})' if chr(10) in source else source}")
        return name

    def fresh(self, wish: str) -> str:
        """A name that is not used yet."""
        name, number = self.code.fresh_name(wish), 2
        while name in self._fresh:
            name, number = self.code.fresh_name(f"{wish}_{number}"), number + 1
        self._fresh.add(name)
        return name

    def _torch(self, name: str) -> str:
        spelling, needed = self.code.spelling(name)
        self.imports.update(needed)
        return spelling

    def _is_complex(self, node: cst.BaseExpression, names: dict[str, Pair]) -> bool:
        match node:
            case cst.Name(value=name):
                return name in names
            case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
                return self._is_complex(left, names) or self._is_complex(right, names)
            case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
                return self._is_complex(left, names) and self._is_complex(right, names)
            case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
                return self._is_complex(inner, names)
            case cst.Subscript(value=inner):
                return self._is_complex(inner, names)
            case cst.Call():
                function = self.code.torch_function(node)
                if function is not None:
                    return function in _MAKERS
                match node.func:
                    case cst.Attribute(value=inner, attr=cst.Name(value=method)):
                        shaping = method in _SHAPING or method == "conj"
                        return shaping and self._is_complex(inner, names)
        return False


def _is_real(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether it is known to be a real tensor or number."""
    value = code.value(node)
    if isinstance(value, Tensor):
        return value.dtype is not None and value.dtype.floating is True
    return isinstance(value, Int | Number)


def _writes(node: cst.CSTNode) -> bool:
    """Whether it may write into a tensor, as it is spelled."""
    match node:
        case cst.AugAssign() | cst.AssignTarget(target=cst.Subscript()):
            return True
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return name.endswith("_") and not name.endswith("__")
    return False
