"""The dataflow over one function: statements, branches, loops, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.writes import slice_writes
from trtlint.conversion.torch2trt.expressions import Expressions
from trtlint.conversion.torch2trt.kinds import is_of_kind, kind_asked
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    UNKNOWN,
    Baked,
    Constant,
    Followed,
    Group,
    Inputs,
    Loss,
    Scalar,
    Sizes,
    Status,
    join,
    leaves,
    of_batch,
)

_LOOP_PASSES = 3
Env = dict[str, Status]


@dataclass
class Report:
    """What the dataflow found in one function.

    Attributes:
        losses: where the converted network parts from the model.
        casts: by identity of a cast's call, whether the value follows the input and is lost.
        writes: by identity of a written subscript, whether the write is lost.
        calls: by the key of a function of the project, the arguments of each call.
    """

    losses: list[Loss] = field(default_factory=list)
    casts: dict[int, bool] = field(default_factory=dict)
    writes: dict[int, bool] = field(default_factory=dict)
    calls: dict[str, list[Env]] = field(default_factory=dict)
    _seen: set[tuple[int, str]] = field(default_factory=set)

    def add(self, loss: Loss) -> None:
        """Report a loss, once a node and rule."""
        key = (id(loss.node), loss.rule)
        if key not in self._seen:
            self._seen.add(key)
            self.losses.append(loss)


class Flow:
    """One function, followed from given statuses of its parameters.

    Attributes:
        code: the function.
        env: its variables, and attributes of ``self`` that it assigns, as ``self.name``.
        report: where losses go.
        depth: how many calls the function is away from the one that is asked about.
        returned: what it returns on any path; None as long as nothing is known.
    """

    def __init__(self, code: TracedCode, env: Env, report: Report, depth: int = 0) -> None:
        self.code = code
        self.env = env
        self.report = report
        self.depth = depth
        self.returned: Status | None = None
        self.returns: list[tuple[cst.Return, Status]] = []
        self.tensors: set[str] = set()  # parameters that turned out to be tensors
        self.stale: dict[str, Loss] = {}  # objects whose memory changed behind their `_trt`
        self._exits: list[Env] = []
        self._basic = {id(write.target) for write in slice_writes(code)}
        self.expressions = Expressions(self)

    def status(self, node: cst.BaseExpression) -> Status:
        """What an expression is."""
        return self.expressions.status(node)

    def use(self, status: Status) -> None:
        """The value goes into the network, or decides what it looks like."""
        for leaf in leaves(status):
            match leaf:
                case Baked(cause=Loss() as cause) | Scalar(cause=Loss() as cause):
                    self.report.add(cause)
                case Followed(name=name) if name in self.stale:
                    self.report.add(self.stale[name])

    def run(self) -> Status:
        """Follow the whole body; what it returns."""
        self.block(self.code.code.body)
        return self.returned if self.returned is not None else NOTHING

    # -- statements -------------------------------------------------------------------------

    def block(self, body: cst.BaseSuite) -> bool:
        """Follow a suite; False if control does not leave it at the end."""
        return all(self._statement(statement) for statement in body.body)

    def _statement(self, node: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
        match node:
            case cst.SimpleStatementLine():
                return all(self._small(small) for small in node.body)
            case cst.If():
                return self._if(node)
            case cst.For():
                over = self.status(node.iter)
                self._loop(node.body, node.target, self.expressions.element(over, node.iter))
                if node.orelse is not None:
                    self.block(node.orelse.body)
            case cst.While():
                self._decide(node.test, node.body)
                self._loop(node.body, None, UNKNOWN)
            case cst.With():
                for item in node.items:
                    self.status(item.item)
                    if item.asname is not None:
                        self.bind(item.asname.name, UNKNOWN)
                return self.block(node.body)
            case cst.Try() | cst.TryStar():
                return self._try(node)
            case cst.Match():
                self._match(node)
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                self.env[name.value] = UNKNOWN
            case cst.BaseSmallStatement():
                return self._small(node)
        return True

    def _small(self, node: cst.BaseSmallStatement) -> bool:
        match node:
            case cst.Assign():
                value = self.status(node.value)
                for target in node.targets:
                    self.bind(target.target, value)
            case cst.AnnAssign(value=cst.BaseExpression() as expression):
                self.bind(node.target, self.status(expression))
            case cst.AugAssign():
                self._augmented(node)
            case cst.Expr():
                self.status(node.value)
            case cst.Return():
                value = self.status(node.value) if node.value is not None else NOTHING
                self.use(value)
                self.returns.append((node, value))
                self.returned = value if self.returned is None else join(self.returned, value)
                return False
            case cst.Break() | cst.Continue():
                self._exits.append(dict(self.env))
                return False
            case cst.Raise():
                return False
            case cst.Del(target=cst.Name(value=name)):
                self.env.pop(name, None)
        return True

    def bind(self, target: cst.BaseExpression, value: Status) -> None:
        """Assign ``value`` to a target."""
        match target:
            case cst.Name(value=name):
                self.env[name] = value
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                self._unpack(elements, value, target)
            case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)):
                self.env[f"self.{name}"] = value
            case cst.Subscript():
                self._write(target, value)
            case cst.StarredElement(value=inner):
                self.bind(inner, Group(None, self.expressions.element(value, target)))

    def _unpack(
        self, targets: Sequence[cst.BaseElement], value: Status, target: cst.BaseExpression
    ) -> None:
        starred = any(isinstance(element, cst.StarredElement) for element in targets)
        items: tuple[Status, ...] | None = None
        if isinstance(value, Sizes):
            items = tuple(value.item(i) for i in range(len(targets)))
        elif isinstance(value, Group):
            items = value.items
        if items is not None and len(items) == len(targets) and not starred:
            for element, item in zip(targets, items, strict=True):
                self.bind(element.value, item)
            return
        each = self.expressions.element(value, target)
        for element in targets:
            inner = Group(None, each) if isinstance(element, cst.StarredElement) else each
            self.bind(element.value, inner)

    def _write(self, target: cst.Subscript, value: Status) -> None:
        """``owner[index] = value``: torch2trt does not hook ``__setitem__``."""
        owner = self.status(target.value)
        self.expressions.subscripts.index(target)
        key = _place(target.value)
        followed = any(isinstance(leaf, Followed | Baked | Inputs) for leaf in leaves(value))
        match owner:
            case Group():
                held = Group(None, join(_of(owner), value), record=owner.record)
                if owner.keys is not None and owner.items is not None:
                    held = Group((*owner.items, value), keys=(*owner.keys, "?"))
                if key is not None:
                    self.env[key] = held
            case Followed() | Baked():
                self._lost(target, True)
            case Constant():
                self._lost(target, followed)
                if key is not None and followed:
                    self.env[key] = Baked(None)
                elif key is not None and of_batch(value):
                    self.env[key] = replace(owner, batch=True)
            case Inputs() if id(target) in self._basic:
                self._lost(target, True)

    def _lost(self, target: cst.Subscript, lost: bool) -> None:
        key = id(target)
        self.report.writes[key] = self.report.writes.get(key, False) or lost
        if lost and key not in self._basic:  # the others are slice-assign's
            shown = f"{self.code.source(target)} = ..."
            self.report.add(Loss("torch2trt-lost-write", target, facts={"write": shown}))

    def _augmented(self, node: cst.AugAssign) -> None:
        value = self.expressions.augmented(node)
        if isinstance(node.target, cst.Subscript):
            self._write(node.target, value)
        elif isinstance(node.target, cst.Name | cst.Attribute):
            key = _place(node.target)
            if key is not None:
                self.env[key] = value

    # -- branches ---------------------------------------------------------------------------

    def _decide(self, test: cst.BaseExpression, body: cst.BaseSuite | None) -> None:
        """A condition: what it read from a tensor, or from the batch, is that of the sample."""
        outcome = self.expressions.truth(test)
        if body is not None and _only_complains(body):
            return
        self.expressions.decides(test, outcome)

    def _if(self, node: cst.If) -> bool:
        outcome = self.code.analysis.outcome(self.code.code, node.test)
        asked = kind_asked(node.test)
        if outcome is None and asked is not None:
            outcome = is_of_kind(self.status(asked[0]), asked[1])
        if outcome is None:
            self._decide(node.test, node.body)
        before = dict(self.env)
        ends: list[Env] = []
        if asked is not None and asked[1] == "sequence" and isinstance(asked[0], cst.Name):
            self.env[asked[0].value] = Group(None, UNKNOWN)
        if outcome is not False and self.block(node.body):
            ends.append(self.env)
        self.env = dict(before)
        orelse = node.orelse
        if outcome is True or orelse is None:
            runs = outcome is not True
        else:
            runs = self._if(orelse) if isinstance(orelse, cst.If) else self.block(orelse.body)
        if runs:
            ends.append(self.env)
        return self._merge(ends)

    def _merge(self, found: list[Env]) -> bool:
        if not found:
            return False
        self.env = found[0]
        for other in found[1:]:
            self.env = _joined(self.env, other)
        return True

    def _loop(self, body: cst.BaseSuite, target: cst.BaseExpression | None, each: Status) -> None:
        outer, self._exits = self._exits, []
        for _ in range(_LOOP_PASSES):
            before = dict(self.env)
            if target is not None:
                self.bind(target, each)
            ends = [self.env] if self.block(body) else []
            self._merge([*ends, *self._exits, before])
        self._exits = outer

    def _try(self, node: cst.Try | cst.TryStar) -> bool:
        before = dict(self.env)
        ends = [self.env] if self.block(node.body) else []
        for handler in node.handlers:
            self.env = dict(before)
            if self.block(handler.body):
                ends.append(self.env)
        return self._merge(ends)

    def _match(self, node: cst.Match) -> None:
        self.status(node.subject)
        before, ends = dict(self.env), [dict(self.env)]
        for case in node.cases:
            self.env = dict(before)
            if self.block(case.body):
                ends.append(self.env)
        self._merge(ends)


def _of(group: Group) -> Status:
    found: Status = NOTHING
    for one in group.each():
        found = join(found, one)
    return found


def _joined(left: Mapping[str, Status], right: Mapping[str, Status]) -> Env:
    """The variables after two paths meet; one bound on a single path is what it is there."""
    return {
        name: join(left.get(name, NOTHING), right.get(name, NOTHING))
        for name in left.keys() | right.keys()
    }


def _place(node: cst.BaseExpression) -> str | None:
    """The key of a variable or an attribute of ``self`` in the environment."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)):
            return f"self.{name}"
        case _:
            return None


def _only_complains(body: cst.BaseSuite) -> bool:
    """Whether a branch does nothing but raise or warn."""
    for statement in body.body:
        small = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        for one in small:
            match one:
                case cst.Raise() | cst.Pass():
                    continue
                case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value=name)))):
                    if name in ("warn", "warning", "info", "debug", "error", "warning_once"):
                        continue
                case cst.Expr(value=cst.Call(func=cst.Name(value="print"))):
                    continue
            return False
    return True
