"""Source of the expression that stands in for the use of an operator.

A rewrite names the operator's signature and gets at each operand by name, as a value and as source,
however the use is spelled. An operand that the new expression needs twice gets a name first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

import libcst as cst

from trtlint.analysis.effects import is_pure
from trtlint.analysis.literals import ints_of
from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.uses import escapes, written_later
from trtlint.analysis.values import DTypeValue, Int, Items, Module, Number, Tensor, Value
from trtlint.changes import Change, Insert, Swap
from trtlint.codegen import Text, primary, tightness

# An expression that is a whole part of these needs no parentheses.
_ROOMY = cst.Assign | cst.AnnAssign | cst.AugAssign | cst.Return | cst.Expr | cst.Arg | cst.Element
_OPERATIONS = cst.IfExp | cst.BinaryOperation | cst.Comparison | cst.ComparisonTarget
# What parentheses are a part of.
_PARENTHESES_TELL = cst.Tuple | cst.GeneratorExp | cst.NamedExpr | cst.Yield
# Around an operand, these may leave it out or evaluate it at another time or several times.
_CONDITIONAL = (
    cst.Lambda
    | cst.CompFor
    | cst.BaseComp
    | cst.IfExp
    | cst.BooleanOperation
    | cst.NamedExpr
    | cst.Await
    | cst.Yield
)


@dataclass
class Composer:
    """Writes the expression in place of one use.

    Attributes:
        code: the function.
        use: the use of the operator.
        operands: the operands that are given, by name.
        imports: what the expression needs, collected while writing it.
        named: new variables for operands, with their source.
    """

    code: TracedCode
    use: OperatorUse
    operands: Mapping[str, cst.BaseExpression]
    imports: set[str] = field(default_factory=set)
    named: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def shared(self) -> bool:
        """Whether somebody may notice that the result is a view where it was a copy."""
        return written_later(self.code, self.whole) or escapes(self.code, self.whole)

    @classmethod
    def of(cls, code: TracedCode, use: OperatorUse, *signature: str) -> Composer:
        """For a use whose arguments are among those of the signature, the tensor first.

        Raises:
            Undecided: an argument is given that the signature lacks, or it is not seen which.
        """
        return cls(code, use, operands_of(use, signature))

    @classmethod
    def called(cls, code: TracedCode, use: OperatorUse) -> Composer:
        """For a use of which only the tensor stays; also for a layer that is called with it.

        Raises:
            Undecided: the tensor is not seen.
        """
        call = use.node
        if use.form == "layer" and isinstance(call, cst.Call) and len(call.args) == 1:
            only = call.args[0]
            inside = use.layer is not None and code.value(call.func) != use.layer
            if not only.star and not inside and only.keyword is None:
                return cls(code, use, {"input": only.value})
        match call:
            case cst.Call(func=cst.Attribute(value=tensor)) if use.form == "method":
                return cls(code, use, {"input": tensor})
            case cst.Call(args=[cst.Arg(star="", keyword=None, value=tensor), *_]) if (
                use.form == "function"
            ):
                return cls(code, use, {"input": tensor})
            case _:
                raise Undecided("the tensor is not seen")

    @property
    def whole(self) -> cst.BaseExpression:
        """The expression to replace."""
        assert isinstance(self.use.node, cst.BaseExpression)
        return self.use.node

    def value(self, name: str) -> Value | None:
        """What an operand may be; None if it is left out."""
        node = self.operands.get(name)
        return self.code.value(node) if node is not None else None

    def tensor(self, name: str) -> Tensor:
        """The same of an operand that must be a tensor.

        Raises:
            Undecided: it is not known to be one.
        """
        value = self.value(name)
        if not isinstance(value, Tensor):
            raise Undecided(f"`{self.source(name)}` is not known to be a tensor")
        return value

    def rank(self, name: str) -> int:
        """How many dimensions a tensor has.

        Raises:
            Undecided: that is not known.
        """
        rank = self.tensor(name).rank
        if rank is None:
            raise Undecided(f"how many dimensions `{self.source(name)}` has is not known")
        return rank

    def source(self, name: str) -> str:
        """An operand as it is written, to stand by itself; empty if it is left out."""
        node = self.operands.get(name)
        return self._bare(node) if node is not None else ""

    def once(self, name: str) -> str:
        """An operand that stands once in the result, so that a method call can follow it."""
        return primary(self.code.source(self.operands[name]), self.operands[name])

    def factor(self, name: str) -> str:
        """An operand that stands once in the result, as part of a sum or product."""
        node = self.operands[name]
        return self.source(name) if isinstance(node, cst.BaseNumber) else self.once(name)

    def often(self, name: str) -> str:
        """An operand that stands several times: a name or a number, if need be a new variable.

        Raises:
            Undecided: it cannot be computed before its statement.
        """
        node = self.operands[name]
        if name in self.named:
            return self.named[name][0]
        if isinstance(node, cst.Name | cst.BaseNumber) or self._is_state(node):
            return self.source(name)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.expression, cst.BaseNumber):
            return self.once(name)
        must_precede(self.code, node)
        return self._name(name, "value" if name == "input" else name, self._bare(node))

    def _name(self, key: str, wish: str, source: str) -> str:
        taken = {name for name, _ in self.named.values()}
        new = self.code.fresh_name(wish)
        while new in taken:
            wish += "_"
            new = self.code.fresh_name(wish)
        self.named[key] = (new, source)
        return new

    def fill(self, template: str, **known: str) -> str:
        """A template with operands by name, and torch functions, in braces: ``{torch.abs}({x})``.

        Args:
            template: the template.
            known: the source of further names in it.

        Raises:
            Undecided: an operand that stands several times cannot be computed before.
        """
        fields = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        texts = dict(known)
        for name in fields:
            if name in known:
                continue
            if name.startswith("torch."):
                texts[name] = self.torch(name)
            else:
                texts[name] = self.often(name) if fields.count(name) > 1 else self.factor(name)
        parts = [
            text + (texts[name] if name is not None else "")
            for text, name, _, _ in Formatter().parse(template)
        ]
        return "".join(parts)

    def let(self, wish: str, source: str) -> str:
        """A new variable for something computed from the operands, before the statement.

        Raises:
            Undecided: it cannot be computed there.
        """
        must_precede(self.code, self.whole)
        return self._name(wish, wish, source)

    def from_front(self, name: str, of: str = "input", *, between: bool = False) -> str:
        """Dimensions counted from the front, where some are counted from the end.

        Args:
            name: the operand that says which: a number, or a sequence of them.
            of: the tensor that they are of.
            between: whether they say where a new one goes, for which there is one more place.

        Raises:
            Undecided: they are not known.
        """
        dims = ints_of(self.value(name))
        if not dims:
            raise Undecided("the dimensions are not known")
        rank = self.tensor(of).rank
        texts = [str(dim) for dim in dims]
        for i, dim in enumerate(dims):
            if dim < 0 and rank is not None:
                texts[i] = str(dim + rank + between)
            elif dim < 0:
                shift = dim + between
                texts[i] = f"{self.often(of)}.dim()" + (f" - {-shift}" if shift else "")
        several = isinstance(self.value(name), Items)
        inner = ", ".join(texts)
        return f"({inner},)" if several and len(texts) == 1 else f"({inner})" if several else inner

    def torch(self, name: str) -> str:
        """How to spell a torch function here."""
        spelling, needed = self.code.spelling(name)
        self.imports.update(needed)
        return spelling

    def change(self, text: Text, whole: cst.CSTNode | None = None) -> Change:
        """The new expression in place of the use, behind the variables that it needs.

        Args:
            text: the expression.
            whole: the expression around the use that it replaces, if it is not the use itself.

        Raises:
            Undecided: the use is a statement.
        """
        node = whole if whole is not None else self.use.node
        if not isinstance(node, cst.BaseExpression):
            raise Undecided("an augmented assignment writes into the tensor")
        swap = in_place_of(self.code, node, str(text))
        if not self.named:
            return Change((swap,), imports=tuple(sorted(self.imports)))
        line = self.code.line_of(node)
        assert line is not None
        new = "\n".join(f"{name} = {_enclosed(source)}" for name, source in self.named.values())
        before = Insert(self.code.code, line, new, before=True)
        return Change((swap,), (before,), imports=tuple(sorted(self.imports)))

    def _bare(self, node: cst.BaseExpression) -> str:
        """The source of an expression without parentheses around it."""
        source = self.code.source(node)
        if "\n" in source or isinstance(node, _PARENTHESES_TELL):
            return source
        return self.code.source(node.with_changes(lpar=(), rpar=()))

    def _is_state(self, node: cst.BaseExpression) -> bool:
        """Whether it is a tensor or a number that the module holds: ``self.weight``."""
        if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
            return False
        known = isinstance(self.code.value(node), Tensor | Int | Number | DTypeValue)
        return known and isinstance(self.code.value(node.value), Module)


def must_precede(code: TracedCode, node: cst.BaseExpression) -> None:
    """That computing ``node`` before its statement changes nothing.

    Raises:
        Undecided: it may.
    """
    shown = code.source(node)
    line = code.line_of(node)
    if line is None or code.suite_of(line) is None or len(line.body) != 1:
        raise Undecided(f"`{shown}` is needed twice, and has no statement of its own")
    if not all(is_pure(code, part) for part in line.body[0].children):
        raise Undecided(f"`{shown}` is needed twice, and its statement may have effects")
    around = code.parent(node)
    while around is not None and around is not line:
        if isinstance(around, _CONDITIONAL):
            raise Undecided(f"`{shown}` is needed twice, and may not be computed at all")
        around = code.parent(around)


def _enclosed(source: str) -> str:
    """``source`` so that it may run over several lines."""
    return f"({source})" if "\n" in source else source


def in_place_of(code: TracedCode, node: cst.BaseExpression, text: str) -> Swap:
    """``text`` where an expression stands, in parentheses only where it may need them."""
    around = code.parent(node)
    if "\n" in text:
        return Swap(code.code, node, text)
    new = cst.parse_expression(text)
    match around:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(lpar=[]))]):
            if isinstance(new, cst.Tuple):  # `a, b = c, d`
                text = cst.Module([]).code_for_node(new.with_changes(lpar=[], rpar=[]))
    operand = isinstance(around, _OPERATIONS)
    tighter = around is not None and operand and tightness(new) > tightness(around)
    return Swap(code.code, node, text, bare=tighter or isinstance(around, _ROOMY))


def operands_of(use: OperatorUse, signature: tuple[str, ...]) -> dict[str, cst.BaseExpression]:
    """The operands of a use, by their names in the signature.

    Raises:
        Undecided: an argument is given that the signature lacks, or it is not seen which.
    """
    given: list[cst.BaseExpression] = []
    keywords: dict[str, cst.BaseExpression] = {}
    match use.node, use.form:
        case cst.Call() as call, "function" | "method":
            if any(arg.star for arg in call.args):
                raise Undecided("its arguments are unpacked from a sequence")
            if use.form == "method":
                if not isinstance(call.func, cst.Attribute):
                    raise Undecided("the method is called by a name of its own")
                given.append(call.func.value)
            given += [arg.value for arg in call.args if arg.keyword is None]
            keywords = {a.keyword.value: a.value for a in call.args if a.keyword is not None}
        case cst.Attribute(value=inner), "attribute":
            given.append(inner)
        case cst.BinaryOperation(left=left, right=right), "operator":
            given += [left, right]
        case cst.UnaryOperation(expression=inner), "operator":
            given.append(inner)
        case _:
            raise Undecided("only calls of functions and methods are rewritten")
    names = list(signature)
    if len(given) > len(names):
        raise Undecided("it has an argument that the other form lacks")
    found = dict(zip(names, given, strict=False))
    for name, node in keywords.items():
        if name not in names or name in found:
            raise Undecided(f"it has an argument `{name}` that the other form lacks")
        found[name] = node
    if not found or names[0] not in found:
        raise Undecided("its first argument is not seen")
    return found
