"""What evaluating code does beside yielding a value: mutation, randomness, calls into the unknown.

Everything here errs on the side of saying that something happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from trtlint.analysis.layers import may_be_in_place
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.values import (
    Creation,
    Method,
    Module,
    Number,
    Ref,
    Tensor,
    Unknown,
    Value,
    aliases,
)
from trtlint.analysis.writes import SliceWrite

_RANDOM = frozenset(
    """rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial
    poisson dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout
    feature_dropout gumbel_softmax rrelu fractional_max_pool2d fractional_max_pool3d manual_seed
    seed scaled_dot_product_attention""".split()
)
# Switches of functions that change nothing; others may be ``inplace`` or ``training``.
_QUIET = frozenset("align_corners ceil_mode count_include_pad keepdim return_indices".split())
_PURE_BUILTINS = frozenset(
    """len int float bool range list tuple zip enumerate max min abs sum round isinstance reversed
    sorted str any all slice""".split()
)


def is_pure(code: TracedCode, root: cst.CSTNode) -> bool:
    """Whether evaluating ``root`` neither changes anything nor depends on when it is done."""
    for node in code.code.nodes(root):
        match node:
            case cst.Call():
                if not is_pure_call(code, node):
                    return False
            case cst.NamedExpr() | cst.Await() | cst.Yield():
                return False
            case cst.AssignTarget(target=cst.Subscript() | cst.Attribute()):
                return False
            case cst.AugAssign(target=target) if isinstance(code.value(target), Tensor | Unknown):
                return False
    return True


def loop_obstacle(code: TracedCode, loop: cst.For, writes: Sequence[SliceWrite]) -> str | None:
    """Why what the steps of a loop write cannot be collected and joined after it, or None.

    A write copies at once; a list of steps keeps what it is given. Either nothing in the loop
    changes tensors, or each step is a tensor of its own that nothing else can reach.
    """
    if all(is_fresh(code, write.stored, write.line) for write in writes):
        return None
    lines = {id(write.line) for write in writes}
    for node in code.nodes(loop.body):
        quiet = id(node) in lines or not isinstance(node, cst.SimpleStatementLine)
        if not (quiet or is_pure(code, node)):
            return "the loop may change what an earlier step has written"
    tests = [node.test for node in code.nodes(loop.body) if isinstance(node, cst.If | cst.While)]
    if not all(is_pure(code, part) for part in (*tests, *(write.value for write in writes))):
        return "the loop may change what an earlier step has written"
    return None


def is_pure_call(code: TracedCode, call: cst.Call) -> bool:
    """The same of one call, its arguments aside."""
    if any(a.keyword is not None and a.keyword.value in ("inplace", "out") for a in call.args):
        return False
    match code.value(call.func):
        case Ref(name=name) if name.startswith("builtins."):
            return name.removeprefix("builtins.") in _PURE_BUILTINS
        case Ref(name=name) if name.startswith("torch."):
            last = name.rpartition(".")[2]
            functional = name.startswith("torch.nn.functional.")
            switched_on = functional and any(
                _is_true(code.value(arg.value))
                for arg in call.args
                if arg.keyword is None or arg.keyword.value not in _QUIET
            )
            quiet = last not in _RANDOM and not last.endswith("_") and not switched_on
            return quiet and not name.startswith(("torch.nn.init.", "torch.random.", "torch.cuda."))
        case Ref(name=name):
            return name.startswith("math.")
        case Method(owner=Tensor(creation=Creation(), storage=only), name="zero_" | "fill_"):
            # Only what a call has just made: nobody else has it yet.
            made = call.func.value if isinstance(call.func, cst.Attribute) else None
            return isinstance(made, cst.Call) and len(only) == 1
        case Method(owner=Tensor(), name=name):
            return name not in _RANDOM and not name.endswith("_")
        case Module(project=False) as layer:
            return not may_be_in_place(layer)
        case _:
            return False


def _is_true(value: Value) -> bool:
    return isinstance(value, Number) and value.value is True


def captured(code: TracedCode, tokens: frozenset[str], nodes: Iterable[cst.CSTNode]) -> str | None:
    """The source of a place among ``nodes`` where a tensor is put out of the analysis' sight.

    Args:
        code: the function.
        tokens: the storage of the tensor.
        nodes: where to look.
    """
    listed = list(nodes)
    names = {
        node.value
        for node in listed
        if isinstance(node, cst.Name) and aliases(code.value(node)) & tokens
    }
    for node in listed:
        if isinstance(node, cst.Lambda | cst.FunctionDef | cst.ClassDef):
            if any(variable.value in names for variable in variables(node)):
                return "a nested function"
        elif isinstance(node, cst.BaseExpression) and aliases(code.value(node)) & tokens:
            parent = code.parent(node)
            if parent is not None and not _stays_in_sight(code, node, parent):
                return f"`{code.source(_shown(code, parent))}`"
    return None


def _shown(code: TracedCode, node: cst.CSTNode) -> cst.CSTNode:
    """The smallest expression or statement around ``node`` that reads well by itself."""
    current: cst.CSTNode | None = node
    while current is not None and not isinstance(
        current, cst.BaseExpression | cst.BaseSmallStatement
    ):
        current = code.parent(current)
    return current if current is not None else node


def _stays_in_sight(code: TracedCode, node: cst.BaseExpression, parent: cst.CSTNode) -> bool:
    """Whether the analysis still knows all aliases of ``node`` after ``parent`` has used it."""
    match parent:
        case cst.Assign(targets=targets):
            return all(_is_local(code, target.target) for target in targets)
        case cst.AnnAssign(target=target):
            return _is_local(code, target)
        case cst.AugAssign(target=target, value=value):
            return value is not node or isinstance(code.value(target), Tensor)
        case cst.Arg():
            call = code.parent(parent)
            return isinstance(call, cst.Call) and _lets_go(code, call)
        case cst.Attribute():
            call = code.parent(parent)
            called = isinstance(call, cst.Call) and call.func is parent
            return called or not isinstance(code.value(parent), Method)
        case cst.Call(func=function):
            return function is node
        case (
            cst.Element()
            | cst.StarredElement()
            | cst.DictElement()
            | cst.Index()
            | cst.Subscript()
            | cst.SubscriptElement()
            | cst.Slice()
            | cst.BinaryOperation()
            | cst.UnaryOperation()
            | cst.Comparison()
            | cst.ComparisonTarget()
            | cst.BooleanOperation()
            | cst.IfExp()
            | cst.NamedExpr()
            | cst.FormattedStringExpression()
            | cst.AssignTarget()
            | cst.Expr()
            | cst.Return()
            | cst.For()
            | cst.CompFor()
            | cst.ListComp()
            | cst.GeneratorExp()
            | cst.If()
            | cst.While()
            | cst.Assert()
            | cst.Del()
        ):
            return True
        case _:
            return False


def _is_local(code: TracedCode, target: cst.BaseExpression) -> bool:
    """Whether assigning to ``target`` binds local names or copies into a tensor."""
    match target:
        case cst.Name():
            return True
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return all(_is_local(code, element.value) for element in elements)
        case cst.Subscript(value=value):
            return isinstance(code.value(value), Tensor)
        case _:
            return False


def _lets_go(code: TracedCode, call: cst.Call) -> bool:
    """Whether a call keeps no reference to its arguments but in what it returns."""
    match code.value(call.func):
        case Ref(name=name) if name.startswith("builtins."):
            return name.removeprefix("builtins.") in _PURE_BUILTINS
        case Ref(name=name):
            return name.startswith(("torch.", "math."))
        case Method(owner=Tensor()):
            return True
        case Module(project=False):
            return True
        case _:
            return False


def nodes_until(code: TracedCode, last: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What may run before the end of the statement ``last``: what is above it, loops around it."""
    around: cst.CSTNode | None = last
    loop: cst.CSTNode | None = None
    while around is not None:
        around = code.parent(around)
        if isinstance(around, cst.For | cst.While):
            loop = around
    ends = {id(node) for node in code.code.nodes(loop if loop is not None else last)}
    seen = False
    for node in code.nodes():
        inside = id(node) in ends
        if seen and not inside:
            return
        seen = seen or inside
        yield node


def is_fresh(code: TracedCode, found: Value, line: cst.CSTNode) -> bool:
    """Whether a tensor shares storage with nothing that has a name."""
    if not isinstance(found, Tensor):
        return False
    if any(token.startswith(("self", "parameter ")) for token in found.storage):
        return False
    return not any(aliases(other) & found.storage for other in code.before(line).values())


def stands_in(code: TracedCode, node: cst.CSTNode, kinds: tuple[type[cst.CSTNode], ...]) -> bool:
    """Whether a statement of one of those kinds is around ``node``."""
    current = code.parent(node)
    while current is not None:
        if isinstance(current, kinds):
            return True
        current = code.parent(current)
    return False


__all__ = [
    "captured",
    "is_fresh",
    "is_pure",
    "is_pure_call",
    "loop_obstacle",
    "nodes_until",
    "stands_in",
]
