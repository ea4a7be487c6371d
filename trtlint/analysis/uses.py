"""What happens to the result of an expression: is it written into, does it leave the function."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import libcst as cst

from trtlint.analysis.effects import captured, is_pure_call
from trtlint.analysis.retention import KEPT
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import UNKNOWN, Function, Ref, Tensor, Unknown, Value, aliases


def written_later(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether something in the function may write into the tensor that ``node`` yields."""
    return is_written(code, code.value(node))


def is_written(code: TracedCode, value: Value) -> bool:
    """The same of a tensor."""
    tokens = aliases(value)
    return any(aliases(code.value(target)) & tokens for target in _written(code))


def escapes(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether the tensor that ``node`` yields may be returned, stored or passed to unknown code."""
    return is_handed_out(code, code.value(node))


def is_handed_out(code: TracedCode, value: Value) -> bool:
    """The same of a tensor."""
    tokens = aliases(value)
    returned = code.evaluation.returns or UNKNOWN
    return bool(aliases(returned) & tokens) or captured(code, tokens, code.nodes()) is not None


def is_sole(code: TracedCode, value: Value, name: str, line: cst.CSTNode) -> bool:
    """Whether nobody but the variable ``name`` holds a tensor before a statement."""
    tokens = aliases(value)
    if any(t.startswith(("self", "parameter ")) or t == KEPT for t in tokens):
        return False
    if any(other != name and aliases(v) & tokens for other, v in code.before(line).items()):
        return False
    return captured(code, tokens, code.nodes()) is None


def _written(code: TracedCode) -> Iterator[cst.BaseExpression]:
    """Every expression that the function may write into."""
    for node in code.nodes():
        match node:
            case cst.AssignTarget(target=cst.Subscript(value=value)):
                yield value
            case cst.AugAssign(target=cst.Subscript(value=value)):
                yield value
            case cst.AssignTarget(target=cst.Attribute(value=value)):
                yield value
            case cst.AugAssign(target=cst.Attribute(value=value)):
                yield value
            case cst.AugAssign(target=cst.Name() as value):
                if isinstance(code.value(value), Tensor | Unknown):
                    yield value
            case cst.Call(func=function, args=args) if not is_pure_call(code, node):
                yield from (arg.value for arg in args)
                if isinstance(function, cst.Attribute):
                    yield function.value


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


def only_checked(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether nothing is asked of a tensor but how many elements it has, for ``torch._check``.

    Such a check is an instruction to the exporter: with torch 2.13 neither writes any of it, nor
    what the number was counted in.
    """
    match code.parent(node):
        case cst.Attribute(attr=cst.Name(value="numel")) as asked:
            inner: cst.CSTNode | None = code.parent(asked)
        case _:
            return False
    while isinstance(inner, cst.Call | cst.Arg | cst.Comparison | cst.ComparisonTarget):
        if isinstance(inner, cst.Call) and _is_check(code.value(inner.func), code):
            return True
        inner = code.parent(inner)
    return False


def _is_check(function: Value, code: TracedCode) -> bool:
    """Whether a function is one of torch's checks, or one of the project's that calls them."""
    match function:
        case Ref(name=name):
            return name.startswith("torch._check")
        case Function(key=key, owner=None):
            symbol = code.project.find("function", key)
            return symbol is not None and "_check" in code.project.function(symbol).names
    return False


def second_result_used(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether the second of the two results that ``node`` yields is looked at."""
    match code.parent(node):
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return not (isinstance(index, cst.Integer) and index.evaluated_value == 0)
        case cst.Attribute(attr=cst.Name(value=name)):
            return name not in ("values", "output")
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(elements=[_, second]))]):
            target = second.value
            return not isinstance(target, cst.Name) or _is_read(code, target)
        case _:
            return True


def _is_read(code: TracedCode, target: cst.Name) -> bool:
    return any(
        isinstance(node, cst.Name) and node.value == target.value and node is not target
        for node in code.nodes()
    )
