"""A write into a tensor as a new tensor under the same name."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from trtlint.analysis.moving import rebinding_obstacle
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Tensor
from trtlint.changes import Change, Swap
from trtlint.codegen import Text, layout


def rebound(
    code: TracedCode,
    statement: cst.CSTNode,
    target: cst.BaseExpression,
    value: Text,
    imports: Collection[str] = (),
    *,
    owner: bool = True,
) -> Change:
    """``target = value`` in place of a statement that writes into the tensor of that name.

    Args:
        code: the function.
        statement: the assignment or call, in a line of its own.
        target: what it writes into.
        value: what the tensor is afterwards, a tensor of its own.
        imports: what ``value`` needs.
        owner: whether who handed the tensor in may look at it.

    Raises:
        Undecided: somebody may see the write, or the name cannot be given a new tensor.
    """
    line = code.line_of(statement)
    if line is None or len(line.body) != 1 or code.suite_of(line) is None:
        raise Undecided("the write does not stand alone in a plain block of statements")
    if not isinstance(target, cst.Name):
        raise Undecided(f"`{code.source(target)}` is no local variable")
    name = target.value
    base = code.before(line).get(name)
    if not isinstance(base, Tensor) or not is_local(code, name):
        raise Undecided(f"`{name}` is no local variable that is known to be a tensor")
    reason = rebinding_obstacle(code, name, base, line, line, owner=owner)
    if reason is not None:
        raise Undecided(reason)
    indent = code.code.span(line).column - 1
    swap = Swap(code.code, line, layout(name, value, indent))
    return Change((swap,), imports=tuple(sorted(imports)))


def is_local(code: TracedCode, name: str) -> bool:
    """Whether assigning to the name binds a variable of this function that nobody else binds."""
    facts = code.code.facts
    own = name in facts.bound or any(p.name == name for p in facts.parameters)
    return own and name not in code.code.rebound_inside
