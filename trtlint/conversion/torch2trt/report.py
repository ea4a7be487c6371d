"""The dataflow of one traced function, from what its parameters may be."""

from __future__ import annotations

from trtlint.analysis.project import Symbol
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import Int, Number, Tensor, Text
from trtlint.conversion.torch2trt.flow import Env, Flow, Report
from trtlint.conversion.torch2trt.outputs import check_outputs
from trtlint.conversion.torch2trt.status import NOTHING, PLAIN, UNKNOWN, Followed, Group, Inputs


def torch2trt_report(code: TracedCode) -> Report:
    """What torch2trt makes of a traced function; computed once."""
    return code.once("torch2trt", lambda: _follow(code))


def _follow(code: TracedCode) -> Report:
    entry = _is_entry(code)
    env = _parameters(code, entry)
    flow = Flow(code, dict(env), Report())
    flow.run()
    if flow.tensors:  # known from the start, now
        env |= {name: Followed(name, entry=entry) for name in flow.tensors}
        flow = Flow(code, env, Report())
        flow.run()
    if entry:
        check_outputs(flow)
    return flow.report


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
            found[parameter.name] = Followed(parameter.name, entry=entry)
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
