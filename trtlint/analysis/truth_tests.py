"""Expressions that Python asks for a truth value."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import DTypeValue, Number, Tensor

# Looked up by type first: node classes are abstract, and each test for one takes its time.
_TELLING = frozenset(
    {
        cst.If, cst.While, cst.IfExp, cst.CompIf, cst.Assert, cst.BooleanOperation,
        cst.UnaryOperation,
    }
)  # fmt: skip


def truth_tests(code: TracedCode) -> Iterator[cst.BaseExpression]:
    """Every expression whose truth value decides something, without what it is composed of.

    Of ``a and not b``, ``a`` and ``b``. What an assertion states is no decision: both exporters
    take ``assert x.max() < 9`` for granted. But ``assert not x.any()`` asks for a value.
    """
    for node in code.nodes():
        if type(node) not in _TELLING:
            continue
        match node:
            case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test):
                yield from _leaves(code, test)
            case cst.CompIf(test=test):
                yield from _leaves(code, test)
            case cst.Assert(test=cst.UnaryOperation() | cst.BooleanOperation() as test):
                yield from _leaves(code, test)
            case cst.BooleanOperation(left=left) if not _inside_test(code, node):
                yield from _leaves(code, left)
            case cst.UnaryOperation(operator=cst.Not(), expression=inner) if not _inside_test(
                code, node
            ):
                yield from _leaves(code, inner)


def _leaves(code: TracedCode, test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match test:
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            yield from _leaves(code, left)
            decides = isinstance(operator, cst.Or)  # `True or x`, `False and x`
            settled = code.analysis.outcome(code.code, left) is decides
            if not settled and not (decides is False and _asks_dtype(code, left)):
                yield from _leaves(code, right)
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from _leaves(code, inner)
        case _:
            yield test


def _asks_dtype(code: TracedCode, test: cst.BaseExpression) -> bool:
    """Whether a conjunction asks for a dtype: ``x.dtype == torch.float16 and x.isinf().any()``.

    What follows is asked in that precision only, and nothing says that the model is in it.
    """
    values = (
        code.value(side)
        for one in code.walk(cst.Comparison, test)
        for side in (one.left, *(target.comparator for target in one.comparisons))
    )
    return any(isinstance(value, DTypeValue) for value in values)


def _inside_test(code: TracedCode, node: cst.CSTNode) -> bool:
    """Whether a larger test, or the same one, is yielded with this as a part of it."""
    child, parent = node, code.parent(node)
    while isinstance(parent, cst.BooleanOperation | cst.UnaryOperation):
        child, parent = parent, code.parent(parent)
    if isinstance(parent, cst.Assert):
        return child is parent.test
    if isinstance(parent, cst.If | cst.While | cst.IfExp | cst.CompIf):
        return child is parent.test
    return child is not node  # the outermost one yields its parts


def reads_elements(code: TracedCode, test: cst.BaseExpression) -> bool | None:
    """Whether the outcome follows from what the inputs hold.

    False for the elements of a constant tensor; None if no tensor's elements are asked for.
    """
    match code.value(test):
        case Tensor(varies=known):
            return known is True
        case Number(varies=True):
            return True
        case _:
            return None
