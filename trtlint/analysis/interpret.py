"""Evaluation of statements, flow-sensitively, and what it yields for one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.arguments import Args
from trtlint.analysis.code import FunctionCode
from trtlint.analysis.expressions import Expressions
from trtlint.analysis.index import export_outcome
from trtlint.analysis.layers import module_child
from trtlint.analysis.operators import binary_operation
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import Atom, at_least, atom
from trtlint.analysis.states import Env, closed, joined, of_any_iteration, placed, registered
from trtlint.analysis.trees import subtree
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Items,
    Method,
    Module,
    Nothing,
    Range,
    ShapeOf,
    Tensor,
    Unknown,
    Value,
    aliases,
    element_of,
    join,
)

if TYPE_CHECKING:
    from trtlint.analysis import Analysis


@dataclass
class Evaluation:
    """What evaluating a function yields.

    Attributes:
        values: the value of each expression, by node identity.
        before: the variables before each statement, by node identity.
        returns: the joined value of all ``return`` statements.
        dead: identities of statements that never run when exported in eval mode.
    """

    values: dict[int, Value] = field(default_factory=dict)
    before: dict[int, Env] = field(default_factory=dict)
    returns: Value | None = None
    dead: set[int] = field(default_factory=set)


class Frame:
    """One function being evaluated."""

    def __init__(
        self, analysis: Analysis, code: FunctionCode, env: Env, stack: tuple[str, ...]
    ) -> None:
        self.analysis = analysis
        self.code = code
        self.env: Env = env
        self.stack = stack
        self.result = Evaluation()
        self.attributes: Env = {}  # what was assigned to self
        self.loops = 0  # how many loops the evaluation is inside of
        self._tokens: dict[int, str] = {}
        self._expressions = Expressions(self)

    def token(self, node: cst.CSTNode) -> str:
        """A name for what ``node`` allocates; the same at every visit."""
        name = self._tokens.get(id(node))
        if name is None:
            name = f"{self.code.symbol.key}@{len(self._tokens)}"
            self._tokens[id(node)] = name
        return name

    def record(self, node: cst.CSTNode, value: Value) -> None:
        """Keep the value of an expression; visits in a loop are joined."""
        known = self.result.values.get(id(node))
        self.result.values[id(node)] = value if known is None else join(known, value)

    def value(self, node: cst.BaseExpression) -> Value:
        """Evaluate an expression."""
        return self._expressions.value(node)

    def run(self) -> Evaluation:
        """Evaluate the whole body."""
        self.block(self.code.node.body)
        return self.result

    # -- statements -------------------------------------------------------------------------

    def block(self, body: cst.BaseSuite) -> bool:
        """Evaluate a suite; False if control does not leave it at the end."""
        for statement in body.body:
            self.result.before[id(statement)] = dict(self.env)
            if not self._statement(statement):
                return False
        return True

    def _statement(self, node: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
        match node:
            case cst.SimpleStatementLine():
                for small in node.body:
                    if not self._small(small):
                        return False
            case cst.If():
                return self._if(node)
            case cst.For():
                self._loop(node.body, node.target, self.value(node.iter), node)
                self._optional(node.orelse)
            case cst.While():
                self.value(node.test)
                self._loop(node.body, None, UNKNOWN, node)
            case cst.With():
                for item in node.items:
                    value = self.value(item.item)
                    if item.asname is not None and isinstance(item.asname.name, cst.Name):
                        self.env[item.asname.name.value] = value
                return self.block(node.body)
            case cst.Try():
                self._try(node)
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                self.env[name.value] = UNKNOWN
            case cst.BaseSmallStatement():
                return self._small(node)
        return True

    def _small(self, node: cst.BaseSmallStatement) -> bool:
        match node:
            case cst.Assign():
                value = self.value(node.value)
                for target in node.targets:
                    self.bind(target.target, value)
            case cst.AnnAssign(value=cst.BaseExpression() as expression):
                self.bind(node.target, self.value(expression))
            case cst.AugAssign():
                self._augmented(node)
            case cst.Expr():
                self.value(node.value)
            case cst.Return():
                value = self.value(node.value) if node.value is not None else Nothing()
                known = self.result.returns
                self.result.returns = value if known is None else join(known, value)
                return False
            case cst.Raise() | cst.Break() | cst.Continue():
                return False
            case cst.Del(target=cst.Name(value=name)):
                self.env.pop(name, None)
            case cst.Assert():
                self.value(node.test)
        return True

    def bind(self, target: cst.BaseExpression, value: Value) -> None:
        """Assign ``value`` to a target."""
        match target:
            case cst.Name(value=name):
                self.env[name] = value
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                self._unpack([e.value for e in elements], elements, value)
            case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)):
                self.attributes[name] = placed(value, f"self.{name}")
                self.value(target.value)
            case cst.Subscript() | cst.Attribute():
                self.value(target)

    def _unpack(
        self, targets: Sequence[cst.BaseExpression], elements: Sequence[object], value: Value
    ) -> None:
        starred = any(isinstance(element, cst.StarredElement) for element in elements)
        if isinstance(value, ShapeOf) and not starred:
            value = self._close(value.tensor, len(targets))
        items = value.items if isinstance(value, Items) and not starred else None
        if items is not None and len(items) == len(targets):
            for target, item in zip(targets, items, strict=True):
                self.bind(target, item)
            return
        element = element_of(value) if isinstance(value, Items) else Unknown(aliases(value))
        if isinstance(value, Tensor):
            element = Tensor(None, False, value.dtype, value.device, value.storage)
        for target in targets:
            self.bind(target, element)

    def _close(self, tensor: Tensor, rank: int) -> Value:
        """Unpacking ``x.shape`` into ``rank`` names shows the rank, for every value that has it."""
        rest = tensor.shape.rest if tensor.shape is not None else None
        if rest is None or tensor.shape is None:
            return UNKNOWN
        total = rank - tensor.shape.min_rank + rest.front + rest.back
        if total < rest.front + rest.back:
            return UNKNOWN
        for name, value in self.env.items():
            self.env[name] = closed(value, rest.tensor, total)
        known = closed(tensor, rest.tensor, total)
        assert isinstance(known, Tensor)
        assert known.shape is not None
        return Items("size", tuple(Int(size) for size in known.shape.dims))

    def _augmented(self, node: cst.AugAssign) -> None:
        before, operand = self.value(node.target), self.value(node.value)
        if isinstance(before, Tensor):
            # In place: the same storage, and the shape and dtype cannot change.
            if isinstance(node.target, cst.Name):
                self.env[node.target.value] = replace(before, creation=None, parameter=None)
            return
        operator = _OPERATORS.get(type(node.operator))
        result = (
            binary_operation(operator(), before, operand, self.token(node))
            if operator is not None
            else UNKNOWN
        )
        self.bind(node.target, result)

    def _if(self, node: cst.If) -> bool:
        self.value(node.test)
        outcome = export_outcome(self.code.code(node.test))
        before = dict(self.env)  # also undoes what the test shows, once the branch is over
        leaves: list[Env] = []
        if outcome is False:
            self._mark_dead(node.body)
        else:
            shown = self._refine(node.test)
            if self.block(node.body):
                if shown is not None and self.env.get(shown) == before[shown]:
                    self.env[shown] = before[shown]
                leaves.append(self.env)
        self.env = dict(before)
        if outcome is True:
            if node.orelse is not None:
                self._mark_dead(node.orelse)
        elif isinstance(node.orelse, cst.If):
            self.result.before[id(node.orelse)] = dict(self.env)
            if self._if(node.orelse):
                leaves.append(self.env)
        elif node.orelse is None or self.block(node.orelse.body):
            leaves.append(self.env)
        if not leaves:
            return False
        # The last branch first: of two equal values the one without refined bounds is kept.
        self.env = leaves.pop()
        while leaves:
            self.env = joined(self.env, leaves.pop())
        return True

    def _refine(self, test: cst.BaseExpression) -> str | None:
        """``if i > 0``: the variable is at least 1 inside. Returns its name."""
        match test:
            case cst.Comparison(
                left=cst.Name(value=name),
                comparisons=[
                    cst.ComparisonTarget(
                        operator=cst.GreaterThan() | cst.GreaterThanEqual() as operator,
                        comparator=cst.Integer() as bound,
                    )
                ],
            ):
                low = int(bound.evaluated_value) + isinstance(operator, cst.GreaterThan)
            case cst.Name(value=name):
                low = 1
            case _:
                return None
        value = self.env.get(name)
        if isinstance(value, Int) and len(value.size.terms) == 1:
            ((mono, coef),) = value.size.terms
            if coef == 1 and len(mono) == 1 and type(mono[0]) is Atom:
                if isinstance(test, cst.Name) and (mono[0].low is None or mono[0].low < 0):
                    return None
                self.env[name] = Int(atom(Atom(mono[0].name, low)))
                return name
        return None

    def _mark_dead(self, node: cst.CSTNode) -> None:
        self.result.dead.update(map(id, subtree(node)))

    def _loop(
        self, body: cst.BaseSuite, target: cst.BaseExpression | None, over: Value, node: cst.CSTNode
    ) -> None:
        before = dict(self.env)
        self.loops += 1
        for _ in range(2):  # the second pass sees what the first one changed
            if target is not None:
                self.bind(target, self.elements(over, node))
            self.block(body)
            self.env = joined(before, self.env)
            before = dict(self.env)
        self.loops -= 1

    def elements(self, over: Value, node: cst.CSTNode) -> Value:
        """What a loop variable may be when iterating over ``over``."""
        match over:
            case Range(start=start, step=step):
                low = start.constant if at_least(step, 1) else None
                return Int(atom(Atom(f"loop {self.token(node)}", low)))
            case Items():
                return element_of(over)
            case Tensor():
                shape = over.shape
                inner = None
                if shape is not None and over.exact and shape.rank:
                    inner = Shape(shape.dims[1:])
                return Tensor(inner, inner is not None, over.dtype, over.device, over.storage)
            case Module():
                return module_child(over, None)
            case _:
                return Unknown(aliases(over))

    def _optional(self, orelse: cst.Else | None) -> None:
        if orelse is not None:
            self.block(orelse.body)

    def _try(self, node: cst.Try) -> None:
        before = dict(self.env)
        self.block(node.body)
        for handler in node.handlers:
            after = self.env
            self.env = joined(before, after)
            self.block(handler.body)
            self.env = joined(after, self.env)
        if node.orelse is not None:
            self.block(node.orelse.body)
        if node.finalbody is not None:
            self.block(node.finalbody.body)

    def mutated(self, name: str, method: Method, args: Args) -> None:
        """``name.method(...)`` where the method changes the object: lists that grow."""
        owner = self.env.get(name)
        if isinstance(owner, Items) and method.name in ("append", "extend", "insert"):
            added = args.pos[-1] if args.pos else UNKNOWN
            if method.name == "extend":
                added = element_of(added) if isinstance(added, Items) else UNKNOWN
            if self.loops:
                added = of_any_iteration(added)
            if method.name == "append" and owner.items is not None:
                self.env[name] = Items(owner.kind, (*owner.items, added))
            else:
                known = element_of(owner) if owner.items != () else added
                self.env[name] = Items(owner.kind, None, join(known, added))
        elif isinstance(owner, Module) and method.name in ("register_buffer", "register_parameter"):
            self.attributes.update(registered(args))


_OPERATORS: dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
}
