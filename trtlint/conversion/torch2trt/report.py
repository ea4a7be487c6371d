"""The dataflow of one traced function, from what its parameters may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trtlint.analysis.core import Analysis
from trtlint.analysis.project import Symbol
from trtlint.analysis.traced import TracedFunction
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import Int, Number, Tensor, Text
from trtlint.conversion.torch2trt.flow import Env, Flow, Report
from trtlint.conversion.torch2trt.outputs import check_outputs
from trtlint.conversion.torch2trt.status import (
    NOTHING,
    PLAIN,
    UNKNOWN,
    Followed,
    Group,
    Inputs,
    Status,
    join,
)


def torch2trt_report(code: TracedCode) -> Report:
    """What torch2trt makes of a traced function; computed once."""
    return code.once("torch2trt", lambda: _follow(code))


def _follow(code: TracedCode) -> Report:
    entry = _is_entry(code)
    env = _parameters(code, entry)
    if not entry:
        env |= _as_called(code, env)
    flow = _learned(code, env, entry)
    if entry:
        check_outputs(flow)
    return flow.report


def _learned(code: TracedCode, env: Env, entry: bool) -> Flow:
    """Follow a function; what turns out to be a tensor in it is one from the start."""
    flow = Flow(code, dict(env), Report())
    flow.run()
    if flow.tensors:
        env = env | {name: Followed(name, entry=entry) for name in flow.tensors}
        flow = Flow(code, env, Report())
        flow.run()
    return flow


def _as_called(code: TracedCode, generic: Env) -> Env:
    """What the callers in the same file hand to the function, where they show it."""
    calls = [
        call
        for caller in _callers(code)
        for call in _generic(code.analysis, caller).calls.get(code.traced.symbol.key, ())
    ]
    found: Env = {}
    is_forward = code.code.facts.name == "forward"
    for name in generic if calls else ():
        status: Status = NOTHING
        for call in calls:
            status = join(status, call.get(name, NOTHING))
        if type(status) is not Status or not is_forward:
            found[name] = replace(status, entry=False) if isinstance(status, Followed) else status
    return found


def _callers(code: TracedCode) -> Iterator[TracedFunction]:
    """Traced functions of the same file that may call this one."""
    facts, owner = code.code.facts, code.owner
    name = facts.name
    if name == "forward" and owner is not None:
        name = owner.qualname
    makers = {
        one.owner or one.qualname
        for one in code.project.files[code.code.path].functions.values()
        if any(reference.rpartition(".")[2] == name for reference in one.references)
    }
    for qualname, mine in code.project.files[code.code.path].functions.items():
        symbol = Symbol("function", qualname, code.code.path)
        traced = code.analysis.traced.get(symbol.key)
        maker = (mine.owner or mine.qualname) in makers
        if traced is not None and maker and symbol != code.traced.symbol:
            yield traced


def _generic(analysis: Analysis, traced: TracedFunction) -> Report:
    """A function's report for tensors that follow the input, whoever calls it."""
    key = ("report", traced.symbol.key)
    if key not in analysis.conversions:
        code = TracedCode(analysis, traced)
        entry = _is_entry(code)
        analysis.conversions[key] = _learned(code, _parameters(code, entry), entry).report
    found = analysis.conversions[key]
    assert isinstance(found, Report)
    return found


def _parameters(code: TracedCode, entry: bool) -> Env:
    found: Env = {}
    known = code.analysis.parameters(code.code)
    is_forward = code.code.facts.name == "forward"
    for i, parameter in enumerate(code.code.facts.parameters):
        value = known.get(parameter.name)
        if i == 0 and code.code.facts.is_method:
            continue
        if parameter.variadic:
            found[parameter.name] = Group(None, Inputs(parameter.name)) if entry else UNKNOWN
        elif isinstance(value, Tensor):
            # The first parameter is what is computed on; others may be weights handed over.
            first = not any(isinstance(one, Followed) for one in found.values())
            found[parameter.name] = Followed(
                parameter.name, entry=entry, assumed=not entry and not first
            )
        elif isinstance(value, Int | Number):
            found[parameter.name] = PLAIN
        elif isinstance(value, Text):
            found[parameter.name] = NOTHING
        elif is_forward and not parameter.default:
            found[parameter.name] = Inputs(parameter.name)
        else:
            found[parameter.name] = UNKNOWN
    return found


def _is_entry(code: TracedCode) -> bool:
    """Whether the function is the ``forward`` of a module that no other in its file is made of."""
    owner = code.owner
    if owner is None or code.code.facts.name != "forward" or owner.path is None:
        return False
    if not code.project.is_module(owner):
        return False
    for facts in code.project.files[owner.path].functions.values():
        if facts.owner == owner.qualname:
            continue
        if any(_names(reference, owner) for reference in facts.references):
            return False
    return True


def _names(reference: str, owner: Symbol) -> bool:
    return owner.qualname in (reference, reference.rpartition(".")[2])
