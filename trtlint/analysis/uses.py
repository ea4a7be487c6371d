"""What happens to the result of an expression: is it written into, does it leave the function."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import libcst as cst

from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import UNKNOWN, Tensor, Unknown, Value, aliases


def written_later(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether something in the function may write into the tensor that ``node`` yields."""
    tokens = aliases(code.value(node))
    return any(aliases(code.value(target)) & tokens for target in _written(code))


def escapes(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether the tensor that ``node`` yields may be returned, stored or passed to unknown code."""
    tokens = aliases(code.value(node))
    returned = code.evaluation.returns or UNKNOWN
    if aliases(returned) & tokens:
        return True
    for target in code.walk(cst.AssignTarget):
        if isinstance(target.target, cst.Attribute | cst.Subscript):
            assign = code.parent(target)
            if isinstance(assign, cst.Assign) and aliases(code.value(assign.value)) & tokens:
                if not isinstance(target.target, cst.Subscript):
                    return True
                # Into a tensor it is copied; a list or dict keeps it.
                if not isinstance(code.value(target.target.value), Tensor):
                    return True
    return any(_keeps(code, call, tokens) for call in code.walk(cst.Call))


def _keeps(code: TracedCode, call: cst.Call, tokens: frozenset[str]) -> bool:
    """Whether a call takes the tensor and its result is nothing that the analysis knows."""
    given: list[Value] = [code.value(arg.value) for arg in call.args]
    if not any(aliases(value) & tokens for value in given):
        return False
    result = code.value(call)
    return isinstance(result, Unknown) and bool(aliases(result) & tokens)


def _written(code: TracedCode) -> Iterator[cst.BaseExpression]:
    """Every expression that the function writes into."""
    for node in code.nodes():
        match node:
            case cst.AssignTarget(target=cst.Subscript(value=value)):
                yield value
            case cst.AugAssign(target=cst.Subscript(value=value)):
                yield value
            case cst.AugAssign(target=cst.Name() as value):
                if isinstance(code.value(value), Tensor | Unknown):
                    yield value
            case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=name))):
                if name.endswith("_") and not name.endswith("__"):
                    yield value
            case cst.Arg(keyword=cst.Name(value="out"), value=value):
                yield value


def call_chain(code: TracedCode, call: cst.Call, methods: Collection[str]) -> cst.BaseExpression:
    """The call with the calls of those methods that follow it: ``zeros(2).float().cuda()``."""
    node: cst.BaseExpression = call
    while True:
        attribute = code.parent(node)
        outer = code.parent(attribute) if isinstance(attribute, cst.Attribute) else None
        if not isinstance(outer, cst.Call) or outer.func is not attribute:
            return node
        if not isinstance(attribute, cst.Attribute) or attribute.attr.value not in methods:
            return node
        node = outer


def names_device(code: TracedCode, whole: cst.BaseExpression) -> bool:
    """Whether the source spells a device: ``.cuda()``, ``"cuda:0"``, ``torch.device("cuda")``."""
    for node in code.nodes(whole):
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="cuda" | "cpu")), args=[]):
                return True
            case cst.SimpleString() if str(node.evaluated_value).split(":")[0] in ("cuda", "cpu"):
                return True
    return False
