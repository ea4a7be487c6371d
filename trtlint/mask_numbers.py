"""Boolean masks as numbers, and choices between tensors as bounds: what torch2trt converts.

TensorRT adds and multiplies no booleans, and torch2trt casts none and has no ``where``. A
comparison of floating-point numbers is 1 or 0 as ``ceil`` of the difference, cut to that range; and
the element that a mask chooses is what remains between two bounds that it moves to infinity.
Both are exact but for not-a-number, and for infinities that are compared with one another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import libcst as cst

from trtlint.analysis.literals import number_of
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.uses import written_later
from trtlint.analysis.values import Int, Number, Ratio, Ref, Tensor, Value
from trtlint.changes import Change, Insert
from trtlint.codegen import Text, call, primary
from trtlint.masking import masked_write, may_be_floating
from trtlint.rebinding import rebound

_INFINITIES = {f"{module}.inf": math.inf for module in ("math", "torch", "numpy")}
_SIGNS: Mapping[type[cst.CSTNode], str] = {
    cst.GreaterThan: "gt",
    cst.LessThan: "lt",
    cst.GreaterThanEqual: "ge",
    cst.LessThanEqual: "le",
    cst.Equal: "eq",
    cst.NotEqual: "ne",
}
_LOGIC: Mapping[type[cst.CSTNode], str] = {cst.BitAnd: "and", cst.BitOr: "or", cst.BitXor: "xor"}
_COMPARING = {
    **{name: name for name in _SIGNS.values()},
    **{"greater": "gt", "less": "lt", "greater_equal": "ge", "less_equal": "le"},
    "not_equal": "ne",
}
_COMBINING = {
    f"{kind}_{name}": name for kind in ("logical", "bitwise") for name in ("and", "or", "xor")
}


@dataclass
class MaskNumbers:
    """Writes masks of one statement as numbers.

    Attributes:
        code: the function.
        imports: what the new expressions need.
        inserts: statements that give the number of a mask a name, behind that mask's own.
    """

    code: TracedCode
    imports: set[str] = field(default_factory=set)
    inserts: list[Insert] = field(default_factory=list)

    def torch(self, name: str) -> str:
        """How to spell a torch function here."""
        spelling, needed = self.code.spelling(name)
        self.imports.update(needed)
        return spelling

    def into(self, change: Change) -> Change:
        """A change with what its new expressions need."""
        imports = tuple(sorted({*change.imports, *self.imports}))
        return replace(change, inserts=(*change.inserts, *self.inserts), imports=imports)

    def number(self, node: cst.BaseExpression) -> str:
        """1 where a mask holds and 0 elsewhere; a method call can follow it.

        Raises:
            Undecided: it is not made of comparisons of floating-point numbers.
        """
        if not is_mask(self.code.value(node)):
            raise Undecided(f"`{self.code.source(node)}` is not known to be a mask")
        match node:
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as only]) if (
                type(only.operator) in _SIGNS
            ):
                return self._compared(_SIGNS[type(only.operator)], left, only.comparator)
            case cst.BinaryOperation(left=left, operator=sign, right=right) if type(sign) in _LOGIC:
                return self._combined(_LOGIC[type(sign)], left, right)
            case cst.UnaryOperation(operator=cst.BitInvert(), expression=inner):
                return f"(1 - {self.number(inner)})"
            case cst.Call():
                return self._called(node)
            case cst.Name():
                return self._named(node)
        raise Undecided(f"`{self.code.source(node)}` is no comparison")

    def whole(self, node: cst.BaseExpression) -> str:
        """The same as an expression by itself.

        Raises:
            Undecided: as above.
        """
        text = self.number(node)
        return text[1:-1] if cst.parse_expression(text).lpar else text

    def _called(self, node: cst.Call) -> str:
        operands = [arg.value for arg in node.args]
        name = self.code.tensor_method(node)
        if name is not None and isinstance(node.func, cst.Attribute):
            operands.insert(0, node.func.value)
        else:
            name = (self.code.torch_function(node) or "").removeprefix("torch.")
        plain = not any(arg.star or arg.keyword is not None for arg in node.args)
        if plain and len(operands) == 2 and name in _COMPARING:
            return self._compared(_COMPARING[name], *operands)
        if plain and len(operands) == 2 and name in _COMBINING:
            return self._combined(_COMBINING[name], *operands)
        if plain and len(operands) == 1 and name in ("logical_not", "bitwise_not"):
            return f"(1 - {self.number(operands[0])})"
        raise Undecided(f"`{self.code.source(node)}` is no comparison")

    def _combined(self, how: str, left: cst.BaseExpression, right: cst.BaseExpression) -> str:
        one, other = self.number(left), self.number(right)
        if how == "and":
            return f"({one} * {other})"
        if how == "or":
            return f"{self.torch('torch.max')}({one}, {other})"
        return f"({one} - {other}).abs()"

    def _compared(self, how: str, left: cst.BaseExpression, right: cst.BaseExpression) -> str:
        """By the sign of the difference."""
        for side in (left, right):
            self._must_be_floating(side)
        if how in ("lt", "ge"):
            left, right = right, left
        away = self._difference(left, right)
        if how in ("eq", "ne"):
            away = f"{away}.abs()"
        number = f"{self.torch('torch.ceil')}({away}.clamp(0.0, 1.0))"
        return f"(1 - {number})" if how in ("ge", "le", "eq") else number

    def _difference(self, left: cst.BaseExpression, right: cst.BaseExpression) -> str:
        first, second = (
            self.code.source(side)
            if isinstance(side, cst.BaseNumber)
            else primary(self.code.source(side), side)
            for side in (left, right)
        )
        if number_of(self.code.value(right)) == 0:
            return first
        if number_of(self.code.value(left)) == 0:
            return f"(-{second})"
        return f"({first} - {second})"

    def _must_be_floating(self, node: cst.BaseExpression) -> None:
        """That an operand is not known to be anything else."""
        value, shown = self.code.value(node), self.code.source(node)
        if isinstance(value, Tensor):
            if not may_be_floating(value):
                raise Undecided(f"`{shown}` is no floating-point tensor")
        elif isinstance(value, Number) and value.kind == "bool":
            raise Undecided(f"`{shown}` is a boolean")
        elif isinstance(value, Number | Int | Ratio):
            known = number_of(value)
            if known is not None and abs(known) == float("inf"):
                raise Undecided("the distance from infinity is no number")

    def _named(self, node: cst.Name) -> str:
        """The number of a mask that has a name: one more name, behind the mask's own statement."""
        name = node.value
        made = [one for one in self.code.walk(cst.Name) if one.value == name and self._binds(one)]
        assign = self._assignment(made[0]) if len(made) == 1 else None
        line = self.code.line_of(assign) if assign is not None else None
        suite = self.code.suite_of(line) if line is not None else None
        parameters = {one.name for one in self.code.code.facts.parameters}
        if assign is None or line is None or suite is None or len(line.body) != 1:
            raise Undecided(f"what `{name}` is made of is not seen")
        if name in parameters or name in self.code.code.rebound_inside:
            raise Undecided(f"`{name}` is given several values")
        if written_later(self.code, node):
            raise Undecided(f"`{name}` is written into")
        source = self.whole(assign.value)
        at = next(i for i, one in enumerate(suite.body) if one is line)
        for later in suite.body[at + 1 : at + 2]:
            if self.code.source(later).strip().endswith(f" = {source}"):
                return self.code.source(later).strip().partition(" = ")[0]
        new = self.code.fresh_name(f"{name}_number")
        self.inserts.append(Insert(self.code.code, line, f"{new} = {source}"))
        return new

    def _binds(self, name: cst.Name) -> bool:
        """Whether a name stands where it is given a value."""
        node: cst.CSTNode = name
        above = self.code.parent(node)
        while isinstance(above, cst.Tuple | cst.List | cst.Element | cst.StarredElement):
            node, above = above, self.code.parent(above)
        match above:
            case cst.AssignTarget() | cst.AsName() | cst.NameItem() | cst.Del() | cst.Param():
                return True
            case cst.AugAssign(target=t) | cst.AnnAssign(target=t) | cst.For(target=t):
                return t is node
            case cst.CompFor(target=t) | cst.NamedExpr(target=t):
                return t is node
            case _:
                return False

    def _assignment(self, name: cst.Name) -> cst.Assign | None:
        above = self.code.parent(name)
        found = self.code.parent(above) if isinstance(above, cst.AssignTarget) else None
        only = isinstance(found, cst.Assign) and len(found.targets) == 1
        return found if only and isinstance(found, cst.Assign) else None

    def chosen(self, bound: str, one: Choice, other: Choice) -> Text:
        """``where(mask, one, other)``, by a name for what :func:`bound_of` makes of the mask."""
        if one.number is not None and other.number is not None:
            if one.number <= other.number:
                return f"{bound}.clamp({one.source}, {other.source})"
            return f"(-{bound}).clamp({other.source}, {one.source})"
        if other.number is not None:
            return self._between(f"(-{bound})", bound, other, one)
        return self._between(bound, f"(-{bound})", one, other)

    def _between(self, upper: str, lower: str, one: Choice, other: Choice) -> Text:
        """``other`` between bounds that are both ``one`` where ``upper`` is minus infinity."""
        least, most = self.torch("torch.min"), self.torch("torch.max")
        if one.number == math.inf:  # one of the bounds is infinite everywhere
            return call(most, other.source, _bare(lower))
        if one.number == -math.inf:
            return call(least, other.source, _bare(upper))
        if one.number is not None:
            above: Text = f"{upper}.clamp(min={one.source})"
            below: Text = f"{lower}.clamp(max={one.source})"
        else:
            above = call(most, _bare(upper), one.source)
            below = call(least, _bare(lower), one.source)
        return call(most, call(least, other.source, above), below)


@dataclass(frozen=True)
class Choice:
    """One side of a choice.

    Attributes:
        source: of a number, or of a tensor that stands where an argument can.
        number: the number; None for a tensor.
    """

    source: str
    number: float | None = None

    @classmethod
    def of(cls, value: Value | None, source: str) -> Choice:
        """For an operand.

        Raises:
            Undecided: it is neither a tensor nor a number that is known.
        """
        if isinstance(value, Tensor):
            if not may_be_floating(value):
                raise Undecided(f"`{source}` is no floating-point tensor")
            return cls(source)
        number = number_of(value)
        if isinstance(value, Ref) and value.name in _INFINITIES:
            number = _INFINITIES[value.name]
        if number is None or number != number:
            raise Undecided(f"`{source}` is not known to be a tensor or a number")
        return cls(source, number)


def _bare(source: str) -> str:
    return source[1:-1] if source.startswith("(") else source


def is_mask(value: Value) -> bool:
    """Whether it is a tensor of booleans."""
    return isinstance(value, Tensor) and value.dtype is not None and value.dtype.is_bool


def bound_of(number: str) -> str:
    """Minus infinity where a mask's number is 1, infinity where it is 0."""
    return f'(0.5 - {number}) * float("inf")'


def bounded(
    code: TracedCode,
    statement: cst.Assign | cst.AugAssign,
    target: cst.Subscript,
    index: tuple[Value, ...],
) -> Change:
    """The new tensor between bounds, in place of a write through a mask.

    Args:
        code: the function.
        statement: the write.
        target: what it writes into.
        index: the values of the subscript's elements.

    Raises:
        Undecided: the mask is not made of comparisons, or somebody may see the write.
    """
    masked, numbers = masked_write(code, statement, target, index), MaskNumbers(code)
    name = code.source(target.value)
    new, fills = masked.replacement(statement, name, floats=True)
    line = code.line_of(statement)
    if not may_be_floating(masked.base):
        raise Undecided(f"`{name}` is no floating-point tensor")
    made = bound_of(numbers.number(masked.node))
    bound = code.fresh_name("bound")
    lines = [f"{bound} = {f'({made}){masked.widened}' if masked.widened else made}"]
    stored = code.value(statement.value)
    if fills and not isinstance(stored, Tensor):
        one = Choice.of(stored, new)
    elif new.isidentifier():
        one = Choice(new)
    else:
        one = Choice(code.fresh_name("chosen"))
        lines.append(f"{one.source} = {new}")
    text = numbers.chosen(bound, one, Choice(name))
    change = rebound(code, statement, target.value, text)
    assert line is not None
    before = Insert(code.code, line, "\n".join(lines), before=True)
    return numbers.into(replace(change, inserts=(*change.inserts, before)))
