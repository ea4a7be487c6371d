"""Calls of the project's own functions and classes, followed into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.project import Symbol
from trtlint.analysis.traced import TracedFunction, owner_of
from trtlint.analysis.traced_code import TracedCode
from trtlint.conversion.torch2trt.operands import Operand
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    PLAIN,
    UNKNOWN,
    Baked,
    Followed,
    Group,
    Inputs,
    Scalar,
    Status,
)

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.expressions import Expressions

_MAX_DEPTH = 4
Operands = tuple[tuple[Operand, ...], Mapping[str, Operand], bool]


class ProjectCalls:
    """Follows calls into the project."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.flow = expressions.flow
        self.code = expressions.code

    def function(
        self, node: cst.Call, symbol: Symbol | None, operands: Operands, *, bound: bool
    ) -> Status:
        """A function or method, or a module's forward."""
        args, kwargs, hidden = operands
        if symbol is None or hidden:
            return UNKNOWN
        for one in (*args, *kwargs.values()):
            self.flow.use(one.status)
        decorators = self.code.project.function(symbol).decorators
        scripted = any(name.startswith("torch.jit.script") for name in decorators)
        if scripted and any(isinstance(one.status, Followed | Inputs) for one in args):
            return self.expressions.lost(UNKNOWN, node, "a scripted function")
        statuses = tuple(one.status for one in args)
        named = {name: one.status for name, one in kwargs.items()}
        return self.invoke(symbol, statuses, named, bound=bound, node=node)

    def invoke(
        self,
        symbol: Symbol | None,
        args: tuple[Status, ...],
        kwargs: Mapping[str, Status],
        *,
        bound: bool,
        node: cst.CSTNode,
    ) -> Status:
        """What a function of the project returns for these arguments."""
        from trtlint.conversion.torch2trt.flow import Flow, Report

        if symbol is None or self.flow.depth >= _MAX_DEPTH:
            return UNKNOWN
        analysis = self.code.analysis
        traced = analysis.traced.get(symbol.key) or TracedFunction(
            symbol, owner_of(self.code.project, symbol)
        )
        code = TracedCode(analysis, traced)
        names = [p.name for p in code.code.facts.parameters if not p.variadic]
        if bound and code.code.facts.is_method:
            names = names[1:]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        env: dict[str, Status] = {name: _passed(status, name) for name, status in given.items()}
        for parameter in code.code.facts.parameters:
            if parameter.default in ("int", "float", "bool"):
                env.setdefault(parameter.name, PLAIN)
            elif parameter.default in ("NoneType", "str"):
                env.setdefault(parameter.name, NOTHING)
        if self.flow.depth == 0:
            self.flow.report.calls.setdefault(symbol.key, []).append(env)
        key = (symbol.key, tuple(sorted(env.items(), key=lambda item: item[0])))
        known = analysis.conversions
        if key not in known:
            known[key] = UNKNOWN  # of a recursive call nothing is known
            known[key] = Flow(code, dict(env), Report(), self.flow.depth + 1).run()
        result = known[key]
        assert isinstance(result, Status)
        return _returned(result, given, self.expressions.token(node))

    def construct(self, key: str, operands: Operands) -> Status:
        """An object of a class of the project."""
        args, kwargs, _ = operands
        symbol = self.code.analysis.class_symbol(key)
        if symbol is None or self.code.project.is_module(symbol):
            return UNKNOWN
        outside = {base.qualname for base in self.code.project.ancestors(symbol) if not base.path}
        if outside - {"object"}:
            return UNKNOWN  # it may be a dict or a tuple, which Flattener takes apart
        items = tuple(one.status for one in (*args, *kwargs.values()))
        return Group(items, record=True)

    def autograd(self, node: cst.Call, key: str, operands: Operands) -> Status:
        """``Function.apply``."""
        symbol = self.code.analysis.class_symbol(key)
        forward = self.code.project.find_method(symbol, "forward") if symbol else None
        args, _, hidden = operands
        if forward is None or hidden:
            return UNKNOWN
        statuses = (UNKNOWN, *(one.status for one in args))
        result = self.invoke(forward, statuses, {}, bound=False, node=node)
        if isinstance(result, Baked):
            return self.expressions.lost(UNKNOWN, node, self.code.source(node.func))
        return result


def _passed(status: Status, name: str) -> Status:
    """An argument inside the callee: under its name there; what it lost was reported outside."""
    match status:
        case Followed(entry=entry):
            return Followed(name, entry)
        case Baked():
            return Baked(None)
        case Scalar():
            return replace(status, cause=None)
        case Group(items=tuple() as items):
            passed = tuple(_passed(one, f"{name}.{i}") for i, one in enumerate(items))
            return replace(status, items=passed)
        case Group():
            return replace(status, element=_passed(status.element, name))
        case _:
            return status


def _returned(status: Status, given: Mapping[str, Status], token: str) -> Status:
    """A result outside the callee: what it lost is reported inside."""
    match status:
        case Followed(name=name):
            known = given.get(name)
            return known if isinstance(known, Followed) else replace(status, name=f"{token}{name}")
        case Baked():
            return Baked(None)
        case Scalar(kind="baked"):
            return replace(status, cause=None)
        case Group(items=tuple() as items):
            return replace(status, items=tuple(_returned(one, given, token) for one in items))
        case Group():
            return replace(status, element=_returned(status.element, given, token))
        case _:
            return status
