"""A decision on what a tensor holds, as a choice between two tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Unpack

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.effects import is_fresh, is_pure, stands_in
from trtlint.analysis.total import is_total
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.uses import is_handed_out, is_sole, is_written
from trtlint.analysis.values import Ref, Tensor, Value
from trtlint.changes import Change, Swap
from trtlint.codegen import call, layout, primary
from trtlint.composing import in_place_of
from trtlint.element_reads import exact_in_every_dtype, same_numbers, tensor_read
from trtlint.rebinding import is_local


@dataclass
class Choice:
    """Writes ``torch.where`` for one decision.

    Attributes:
        code: the function.
        strict: whether dtypes must be proven, and nobody may be handed a tensor of another.
        rank: the least rank among the tensors that are chosen from.
        imports: what the new text needs.
    """

    code: TracedCode
    strict: bool
    rank: int | None = None
    imports: set[str] = field(default_factory=set)

    def where(self, condition: str, new: cst.BaseExpression, other: cst.BaseExpression) -> str:
        """``torch.where(condition, new, other)`` of two expressions.

        Raises:
            Undecided: they are not alike, or one of them may fail where it is not asked for.
        """
        line = self.code.line_of(new) or new
        for node in (new, other):
            self._can_be_computed(node)
        self._alike(self.code.value(new), self.code.value(other), self.code.source(new))
        for node in (new, other):
            value = self.code.value(node)
            if not is_fresh(self.code, value, line):
                self._unseen(value, self.code.source(node))
        return self._text(condition, self.code.source(new), self.code.source(other))

    def unless(self, condition: str, name: str, new: cst.BaseExpression, *, taken: bool) -> str:
        """The same with what the variable ``name`` held so far.

        Raises:
            Undecided: as above, or it held nothing.
        """
        line = self.code.line_of(new)
        held = self.code.before(line).get(name) if line is not None else None
        if held is None or line is None:
            raise Undecided(f"`{name}` holds nothing before")
        self._can_be_computed(new)
        self._alike(self.code.value(new), held, name)
        if not is_sole(self.code, held, name, line):
            self._unseen(held, name)
        if not is_fresh(self.code, self.code.value(new), line):
            self._unseen(self.code.value(new), self.code.source(new))
        source = self.code.source(new)
        return self._text(condition, *((source, name) if taken else (name, source)))

    def condition(self, node: cst.BaseExpression) -> str:
        """A test as a tensor of one boolean.

        Raises:
            Undecided: it is not known to be one.
        """
        match node:
            case cst.BooleanOperation(left=left, operator=operator, right=right):
                sign = "&" if isinstance(operator, cst.And) else "|"
                return f"({self.condition(left)}) {sign} ({self.condition(right)})"
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                return f"~({self.condition(inner)})"
            case cst.Call(args=[cst.Arg(keyword=None, star="") as arg]):
                if self.code.value(node.func) == Ref("builtins.bool"):
                    return self.condition(arg.value)
        value, plain = self.code.value(node), _read_out(self.code, node)
        if not isinstance(value, Tensor) and plain is node:
            raise Undecided(f"`{self.code.source(node)}` is no tensor of one element")
        if not is_pure(self.code, node) or not is_total(self.code, plain):
            raise Undecided(f"`{self.code.source(node)}` may have effects, or fail")
        if isinstance(value, Tensor):
            return self._truth(node, value)
        match node:
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as only]):
                return self._compared(left, only)
        raise Undecided(f"`{self.code.source(node)}` is no tensor of one element")

    def _truth(self, node: cst.BaseExpression, value: Tensor) -> str:
        shown = self.code.source(node)
        ones = value.shape is not None and all(size.constant == 1 for size in value.shape.dims)
        if value.rank is None or not ones:
            raise Undecided(f"`{shown}` is not known to have one element")
        self.rank = max(self.rank or 0, value.rank)
        if value.dtype is not None and value.dtype.is_bool:
            return self.code.source(node.with_changes(lpar=(), rpar=()))
        return f"{primary(shown, node)} != 0"

    def _compared(self, left: cst.BaseExpression, only: cst.ComparisonTarget) -> str:
        """``t.item() > 0`` as ``t > 0``, where rounding zero to the tensor's dtype is nothing."""
        sides = [left, only.comparator]
        reads = [tensor_read(self.code, side) for side in sides]
        texts: list[str] = []
        for side, read, other in zip(sides, reads, reversed(reads), strict=True):
            if read is not None:
                texts.append(primary(self.code.source(read), read))
            elif other is not None and exact_in_every_dtype(self.code, side):
                texts.append(self.code.source(side))
            else:
                raise Undecided(f"`{self.code.source(side)}` may be rounded as a tensor")
        values = [self.code.value(read) for read in reads if read is not None]
        match values:
            case [Tensor() as one, Tensor() as two] if not same_numbers(one, two):
                raise Undecided("the two tensors are not known to be of one dtype")
        return f"{texts[0]} {self.code.source(only.operator).strip()} {texts[1]}"

    def _can_be_computed(self, node: cst.BaseExpression) -> None:
        shown = self.code.source(node)
        if not is_pure(self.code, node):
            raise Undecided(f"computing `{shown}` may have effects")
        if not is_total(self.code, node):
            raise Undecided(f"`{shown}` may fail where it is not asked for")

    def _alike(self, new: Value, other: Value, shown: str) -> None:
        if not isinstance(new, Tensor) or not isinstance(other, Tensor):
            raise Undecided("what is chosen from is not known to be two tensors")
        same = new.shape is not None and new.shape == other.shape and new.exact and other.exact
        rank = new.rank if new.rank is not None else 0
        if not same or rank < (self.rank or 0):
            raise Undecided(f"`{shown}` is not known to have the shape that the other side has")
        known = new.dtype is not None and other.dtype is not None
        differ = known and new.dtype.spelled and other.dtype.spelled  # type: ignore[union-attr]
        if not dtypes.joinable(new.dtype, other.dtype) and (self.strict or differ):
            raise Undecided(f"`{shown}` is not known to have the dtype that the other side has")

    def _unseen(self, value: Value, shown: str) -> None:
        if self.strict and (is_written(self.code, value) or is_handed_out(self.code, value)):
            raise Undecided(f"`{shown}` itself, which others see, may be what is chosen")

    def _text(self, condition: str, new: str, other: str) -> str:
        where, imports = self.code.spelling("torch.where")
        self.imports.update(imports)
        return str(call(where, condition, new, other))


def _read_out(code: TracedCode, node: cst.BaseExpression) -> cst.BaseExpression:
    """A comparison without the reads of elements around its operands."""
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return node
    only = node.comparisons[0]
    left, right = tensor_read(code, node.left), tensor_read(code, only.comparator)
    if left is None and right is None:
        return node
    parts = [left or node.left, right or only.comparator]
    return cst.Tuple([cst.Element(part) for part in parts])


def chosen_by(code: TracedCode, test: cst.BaseExpression, *, strict: bool = True) -> Change:
    """``torch.where`` in place of the branch that a test of a tensor decides.

    Args:
        code: the function.
        test: the test, or a part of it.
        strict: whether both sides must be proven to be of one dtype and nobody's own.

    Raises:
        Undecided: the two are not the same, or it is no branch.
    """
    parent = code.parent(test)
    while isinstance(parent, cst.BooleanOperation | cst.UnaryOperation):
        test, parent = parent, code.parent(parent)
    new = Choice(code, strict)
    match parent:
        case cst.IfExp(body=body, orelse=orelse) if parent.test is test:
            text = new.where(new.condition(test), body, orelse)
            swap = in_place_of(code, parent, text)
            return Change((swap,), imports=tuple(sorted(new.imports)))
        case cst.If() if parent.test is test and code.suite_of(parent) is not None:
            return _statement(new, parent)
        case cst.While():
            raise Undecided("how often a loop runs hangs on the data")
        case cst.Assert():
            raise Undecided("an assertion is for its author to drop")
    raise Undecided("it does not choose between two tensors")


def _statement(new: Choice, branch: cst.If) -> Change:
    code = new.code
    if stands_in(code, branch, (cst.Try, cst.TryStar)):
        raise Undecided("the `try` around it may count on one side alone")
    if isinstance(branch.orelse, cst.If):
        raise Undecided("it has more than two sides")
    returned = _returned(code, branch)
    if returned is not None:
        text = new.where(new.condition(branch.test), *returned[:2])
        swaps = [Swap(code.code, branch, f"return {text}")]
        swaps += [Swap(code.code, line, "") for line in returned[2:]]
        return Change(tuple(swaps), imports=tuple(sorted(new.imports)))
    other = branch.orelse.body if branch.orelse is not None else None
    first, second = _assigned(code, branch.body), _assigned(code, other)
    condition = new.condition(branch.test)
    lines: list[str] = []
    indent = code.code.span(branch).column - 1
    both = len(first) == len(second) == 1 and first[0][0] == second[0][0]
    if both:
        lines = [layout(first[0][0], new.where(condition, first[0][1], second[0][1]), indent)]
    else:
        if len(first) + len(second) > 1:
            flag = code.fresh_name("chosen")
            lines.append(f"{flag} = {condition}")
            condition = flag
        for assigned, taken in ((first, True), (second, False)):
            for name, value in assigned:
                text = new.unless(condition, name, value, taken=taken)
                lines.append(layout(name, text, indent))
    swap = Swap(code.code, branch, "\n".join(lines))
    return Change((swap,), imports=tuple(sorted(new.imports)))


_Returned = tuple[cst.BaseExpression, cst.BaseExpression, Unpack[tuple[cst.CSTNode, ...]]]


def _returned(code: TracedCode, branch: cst.If) -> _Returned | None:
    """What the two sides return, and the statement behind the branch if that is the other side."""
    first = _return(branch.body.body)
    if first is None:
        return None
    if branch.orelse is not None:
        assert isinstance(branch.orelse, cst.Else)
        second = _return(branch.orelse.body.body)
        return (first, second) if second is not None else None
    suite = code.suite_of(branch)
    assert suite is not None
    at = next(i for i, line in enumerate(suite.body) if line is branch)
    behind = suite.body[at + 1 : at + 2]
    second = _return(behind)
    return (first, second, behind[0]) if second is not None else None


def _return(lines: Sequence[cst.CSTNode]) -> cst.BaseExpression | None:
    match lines:
        case [cst.SimpleStatementLine(body=[cst.Return(value=cst.BaseExpression() as value)])]:
            return value
        case _:
            return None


def _assigned(
    code: TracedCode, suite: cst.BaseSuite | None
) -> Sequence[tuple[str, cst.BaseExpression]]:
    """The names that a side gives a value, one after the other."""
    if suite is None:
        return ()
    found = []
    for line in suite.body:
        match line:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)
                ]
            ) if is_local(code, name):
                found.append((name, value))
            case _:
                raise Undecided("a side does more than to give variables a value")
    return found


def extreme(code: TracedCode, node: cst.Call) -> Change:
    """``torch.where(b > a, b, a)`` in place of Python's ``max(a, b)``, NaN included.

    Raises:
        Undecided: they are not two tensors of one element and dtype.
    """
    match node.args:
        case [cst.Arg(keyword=None, star="") as one, cst.Arg(keyword=None, star="") as two]:
            left, right = one.value, two.value
        case _:
            raise Undecided("it does not compare two tensors")
    new = Choice(code, strict=True)
    a, b = code.source(left), code.source(right)
    sign = ">" if code.value(node.func) == Ref("builtins.max") else "<"
    for side in (left, right):
        value = code.value(side)
        if not isinstance(value, Tensor) or value.rank != 0:
            raise Undecided(f"`{code.source(side)}` is not known to be a tensor of no dimensions")
    text = new.where(f"{primary(b, right)} {sign} {primary(a, left)}", right, left)
    return Change((in_place_of(code, node, text),), imports=tuple(sorted(new.imports)))
