"""Evaluation of statements, flow-sensitively, and what it yields for one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.arguments import Args
from trtlint.analysis.code import FunctionCode
from trtlint.analysis.expressions import Expressions
from trtlint.analysis.operators import binary_operation
from trtlint.analysis.origins import after_operator, varies
from trtlint.analysis.states import (
    Env,
    Evaluation,
    closed,
    element_while_iterating,
    joined,
    of_any_iteration,
    placed,
    refine,
    registered,
)
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Items,
    Method,
    Module,
    Nothing,
    Ref,
    ShapeOf,
    Tensor,
    Unknown,
    Value,
    aliases,
    element_of,
    join,
    row_of,
)

if TYPE_CHECKING:
    from trtlint.analysis.core import Analysis


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
        # Inside, every operation chooses its own dtype.
        self.autocast = any("autocast" in name for name in code.facts.decorators)
        self.loops = 0  # how many loops the evaluation is inside of
        self.exits: list[Env] = []  # the variables at each break and continue of this loop
        self.shared = code.rebound_inside
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
        self.block(self.code.body)
        del self._expressions  # each holds the other; so both can go at once
        return self.result

    # -- statements -------------------------------------------------------------------------

    def block(self, body: cst.BaseSuite) -> bool:
        """Evaluate a suite; False if control does not leave it at the end."""
        leaves = True
        for statement in body.body:
            if not leaves:
                self.mark_dead(statement)
                continue
            self.result.before[id(statement)] = dict(self.env)
            leaves = self._statement(statement)
        return leaves

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
                self._optional(node.orelse, node.body)
            case cst.While():
                self.value(node.test)
                self._loop(node.body, None, UNKNOWN, node)
                self._optional(node.orelse, node.body)
            case cst.With():
                for item in node.items:
                    value = Unknown(aliases(self.value(item.item)))
                    if item.asname is not None:
                        self.bind(item.asname.name, value)
                before, outside = dict(self.env), self.autocast
                self.autocast |= any(self._is_autocast(item) for item in node.items)
                finished = self.block(node.body)
                self.autocast = outside
                if not all(self._lets_exceptions_pass(item) for item in node.items):
                    self._forget(node.body, before)
                return finished
            case cst.Try() | cst.TryStar():
                self._try(node)
            case cst.Match():
                return self._match(node)
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
            case cst.Break() | cst.Continue():
                self.exits.append(dict(self.env))
                return False
            case cst.Raise():
                return False
            case cst.Import() | cst.ImportFrom():
                for alias in node.names if isinstance(node.names, Sequence) else ():
                    self.env.pop(alias.evaluated_alias or alias.evaluated_name, None)
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
                new = placed(value, f"self.{name}")
                known = self.attributes.get(name)
                self.attributes[name] = new if known is None else join(known, new)
                self.value(target.value)
            case cst.Subscript(value=cst.Name(value=name)) if name in self.env:
                self.value(target)
                holder = self.env[name]
                if isinstance(holder, Tensor):
                    self.env[name] = replace(holder, varies=varies((holder, value)))
                else:  # what a container holds is not followed
                    self.env[name] = Unknown(aliases(holder) | aliases(value))
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
            element = row_of(value)
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
                known = varies((before, operand))
                self.env[node.target.value] = replace(
                    before, creation=None, parameter=None, varies=known
                )
            return
        operator = _OPERATORS.get(type(node.operator))
        result = (
            binary_operation(operator(), before, operand, self.token(node))
            if operator is not None
            else UNKNOWN
        )
        self.bind(node.target, after_operator(result, before, operand))

    def _if(self, node: cst.If) -> bool:
        self.value(node.test)
        outcome = self.analysis.outcome(self.code, node.test)
        before = dict(self.env)  # also undoes what the test shows, once the branch is over
        leaves: list[Env] = []
        if outcome is False:
            self.mark_dead(node.body)
        else:
            shown = refine(node.test, self.env)
            if self.block(node.body):
                if shown is not None and self.env.get(shown) == before[shown]:
                    self.env[shown] = before[shown]
                leaves.append(self.env)
        self.env = dict(before)
        if outcome is True:
            if node.orelse is not None:
                self.mark_dead(node.orelse)
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

    def mark_dead(self, node: cst.CSTNode) -> None:
        """``node`` never runs."""
        self.result.dead.update(map(id, self.code.nodes(node)))

    def _loop(
        self, body: cst.BaseSuite, target: cst.BaseExpression | None, over: Value, node: cst.CSTNode
    ) -> None:
        self.loops += 1
        outer, self.exits = self.exits, []
        before = dict(self.env)
        for _ in range(_LOOP_PASSES):  # each pass sees what the ones before changed
            self.env = dict(before)
            if target is not None:
                self.bind(target, self.elements(over, node))
            ends = [self.env] if self.block(body) else []
            after = before
            for end in (*ends, *self.exits):
                after = joined(after, end)
            if after == before:
                break
            before = after
        else:  # it does not settle: once more, knowing nothing of what the body binds
            self.env = dict(before)
            self._forget(body, before)
            self.block(body)
            self._forget(body, before)
            before = self.env
        self.env = before
        self.exits = outer
        self.loops -= 1

    def _forget(self, body: cst.CSTNode, before: Env) -> None:
        """Of what ``body`` binds nothing is known any more but what it may share."""
        for name in self.code.bound_names(body):
            shared = aliases(self.env.get(name, UNKNOWN)) | aliases(before.get(name, UNKNOWN))
            self.env[name] = Unknown(shared)

    def elements(self, over: Value, node: cst.CSTNode) -> Value:
        """What a loop variable may be when iterating over ``over``."""
        return element_while_iterating(over, self.token(node))

    def _is_autocast(self, item: cst.WithItem) -> bool:
        return "autocast" in self.code.code(item.item)

    def _lets_exceptions_pass(self, item: cst.WithItem) -> bool:
        """Whether a context manager is torch's own, such as ``torch.no_grad()``."""
        call = item.item
        manager = self.value(call.func) if isinstance(call, cst.Call) else UNKNOWN
        return isinstance(manager, Ref) and manager.name.startswith("torch.")

    def _optional(self, orelse: cst.Else | None, body: cst.BaseSuite) -> None:
        if orelse is not None:  # skipped after a break
            before = dict(self.env)
            skipped = any(True for _ in self.code.walk(cst.Break, body))
            if not self.block(orelse.body):
                self.env = before
            elif skipped:
                self.env = joined(before, self.env)

    def _try(self, node: cst.Try | cst.TryStar) -> None:
        before = dict(self.env)
        self.block(node.body)
        # An exception may come after any statement of the body.
        self._forget(node.body, before)
        for handler in node.handlers:
            if handler.name is not None:
                self.bind(handler.name.name, UNKNOWN)
            self.block(handler.body)
            self._forget(handler.body, before)
        if node.orelse is not None:
            self.block(node.orelse.body)
            self._forget(node.orelse.body, before)
        if node.finalbody is not None:
            self.block(node.finalbody.body)

    def _match(self, node: cst.Match) -> bool:
        self.value(node.subject)
        before = dict(self.env)
        leaves = [before]
        for case in node.cases:
            self.env = dict(before)
            for name in self.code.bound_names(case.pattern):
                self.env[name] = Unknown(aliases(self.value(node.subject)))
            if case.guard is not None:
                self.value(case.guard)
            if self.block(case.body):
                leaves.append(self.env)
        self.env = leaves.pop()
        while leaves:
            self.env = joined(self.env, leaves.pop())
        return True

    def mutated(self, name: str, method: Method, args: Args) -> None:
        """``name.method(...)`` where the method changes the object: lists that grow."""
        owner = self.env.get(name)
        if isinstance(owner, Tensor) and method.name.endswith("_"):
            operands = (owner, *args.pos, *args.kw.values())
            self.env[name] = replace(owner, varies=varies(operands))
        elif isinstance(owner, Items) and method.name in ("append", "extend", "insert"):
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

# Chains of copies in a loop settle in as many passes as they are long.
_LOOP_PASSES = 6
