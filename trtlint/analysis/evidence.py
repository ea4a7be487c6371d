"""Evidence that a parameter is a tensor: how the function itself uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.code import FunctionCode
from trtlint.analysis.expressions import dotted
from trtlint.analysis.tensor_names import TENSOR_ONLY
from trtlint.analysis.traced import owner_of

if TYPE_CHECKING:
    from trtlint.analysis.core import Analysis

# Attributes that, in traced code, only tensors are asked for.
_ATTRIBUTES = frozenset(
    """shape size dim ndim view reshape permute transpose contiguous flatten unflatten
    unsqueeze squeeze expand expand_as repeat chunk narrow unbind numel new_zeros new_ones
    new_full new_empty new_tensor type_as float half double long int bool cuda cpu device
    dtype softmax sigmoid relu tanh clone detach mean std var amax amin matmul masked_fill
    masked_fill_ gather scatter clamp relu_ clamp_ add_ mul_ sub_ div_ zero_ fill_ copy_
    permute_ pow sqrt exp log abs data mT bmm roll flip cumsum argmax topk sort
    requires_grad is_cuda pixel_shuffle sum prod max min all any tile repeat_interleave
    unfold index_select masked_select nonzero item""".split()
)
_TELLING = frozenset(
    {
        cst.Attribute,
        cst.Subscript,
        cst.Call,
        cst.BinaryOperation,
        cst.Comparison,
        cst.UnaryOperation,
        cst.For,
        cst.CompFor,
    }
)
_ORDER = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)
_NO_TENSORS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString, cst.List, cst.Tuple)
_OF_TENSORS = frozenset(
    "cat concat stack hstack vstack dstack column_stack multi_dot block_diag".split()
)
# Functions of torch whose first argument is a number, a list, or anything at all.
_MAKERS = frozenset(
    """arange as_tensor autocast compile device dtype empty eye from_numpy full
    linspace logspace ones rand randint randn randperm range scalar_tensor tensor tril_indices
    triu_indices zeros manual_seed is_tensor""".split()
)
_OPERATORS = frozenset(
    """torch torch.nn.functional torch.fft torch.linalg torch.special torch.functional
    torchvision.ops torch.nn.utils.rnn""".split()
)
_MAX_DEPTH = 3


def tensor_parameters(analysis: Analysis, code: FunctionCode, depth: int = 0) -> frozenset[str]:
    """Names of parameters that the function uses as tensors, before it rebinds them."""
    known = analysis.evidence.get((code.symbol.key, depth))
    if known is None:
        known = _search(analysis, code, depth)
        analysis.evidence[code.symbol.key, depth] = known
    return known


def _search(analysis: Analysis, code: FunctionCode, depth: int) -> frozenset[str]:
    wanted = {p.name for p in code.facts.parameters if not p.variadic}
    found: set[str] = set()
    first = _first_input(analysis, code)
    computed = False
    iterated = False  # a list is multiplied and compared as well
    for node in code.nodes():
        if type(node) not in _TELLING:
            continue
        match node:
            case cst.Call():  # first, as a test of an abstract class fails slowly
                found.update(_passed(analysis, code, node, wanted - found, depth))
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=attribute)):
                if attribute in _ATTRIBUTES or attribute in TENSOR_ONLY:
                    found.add(name)
            case cst.Subscript(value=cst.Name(value=name), slice=parts) if len(parts) > 1:
                if any(_of_arrays(part.slice) for part in parts):
                    found.add(name)
            case cst.For(iter=cst.Name(value=name)) | cst.CompFor(iter=cst.Name(value=name)):
                iterated |= name == first
            case _ if first is not None and first in _operands(node):
                computed = True  # a model computes with its input
    if first is not None and computed and not iterated:
        found.add(first)
    return frozenset(found & wanted)


def _of_arrays(part: cst.BaseSlice) -> bool:
    """Whether this beside another index means an array: a slice or ``...``."""
    dots = isinstance(part, cst.Index) and isinstance(part.value, cst.Ellipsis)
    return dots or isinstance(part, cst.Slice)


def _first_input(analysis: Analysis, code: FunctionCode) -> str | None:
    """The first parameter of a module's ``forward``, if it has no default and no annotation."""
    owner = owner_of(analysis.project, code.symbol)
    parameters = code.facts.parameters
    if owner is None or len(parameters) < 2 or not code.symbol.qualname.endswith(".forward"):
        return None
    first = parameters[1]
    plain = not (first.variadic or first.default or first.annotation)
    return first.name if plain and analysis.project.is_module(owner) else None


def _operands(node: cst.CSTNode) -> set[str]:
    """Variables that arithmetic is done with; ``"%s" % x`` and ``x + [1]`` are none."""
    match node:
        case cst.BinaryOperation(left=left, right=right):
            pair = (left, right)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=sign) as only]):
            if not isinstance(sign, _ORDER):
                return set()
            pair = (left, only.comparator)
        case cst.UnaryOperation(operator=cst.Minus() | cst.BitInvert(), expression=cst.Name() as n):
            return {n.value}
        case _:
            return set()
    if any(isinstance(one, _NO_TENSORS) for one in pair):
        return set()
    return {one.value for one in pair if isinstance(one, cst.Name)}


def _passed(
    analysis: Analysis, code: FunctionCode, call: cst.Call, wanted: set[str], depth: int
) -> set[str]:
    """Parameters handed to something that takes tensors there."""
    chain = dotted(call.func)
    if chain is None:
        return set()
    if chain.rpartition(".")[2] in _OF_TENSORS and call.args:
        return wanted & set(_elements(call.args[0].value))
    names = {
        i: arg.value.value
        for i, arg in enumerate(call.args)
        if isinstance(arg.value, cst.Name) and arg.keyword is None and not arg.star
    }
    if not wanted & set(names.values()):
        return set()
    head, _, tail = chain.partition(".")
    if head == "self":
        if analysis.takes_tensors(code.symbol, tail):
            return {names[0]} if 0 in names else set()
        target = analysis.method_of(code.symbol, tail)
        skip = 1
    else:
        target, skip = analysis.project.resolve(code.path, chain), 0
    if target is None:
        return set()
    if target.kind == "external":
        return {names[0]} if 0 in names and _takes_tensor(target.qualname) else set()
    if target.kind != "function" or depth >= _MAX_DEPTH or target == code.symbol:
        return set()
    inner = analysis.code(target)
    used = tensor_parameters(analysis, inner, depth + 1)
    if inner.facts.is_static:
        skip = 0
    parameters = [p.name for p in inner.facts.parameters]
    return {
        name
        for i, name in names.items()
        if i + skip < len(parameters) and parameters[i + skip] in used
    }


def _takes_tensor(function: str) -> bool:
    """Whether the first argument of an outside function is a tensor: an operator of torch's."""
    module, _, name = function.rpartition(".")
    if module not in _OPERATORS or not name[:1].islower():
        return False
    return name not in _MAKERS and not name.startswith(("is_autocast", "get_", "set_"))


def _elements(node: cst.BaseExpression) -> list[str]:
    """The variables that a list or tuple display holds: ``torch.cat`` takes tensors only."""
    if not isinstance(node, cst.List | cst.Tuple):
        return []
    return [e.value.value for e in node.elements if isinstance(e.value, cst.Name)]
