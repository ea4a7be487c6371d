"""Assignments of several values to parts of tensors, as one assignment after the other."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.effects import is_fresh, is_pure
from trtlint.analysis.moving import rebinding_obstacle
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import EllipsisValue, Int, Nothing, Number, Ratio, Slice, Tensor
from trtlint.analysis.writes import index_values, slice_writes
from trtlint.changes import Change, Swap

_BASIC = (Int, Slice, EllipsisValue, Nothing)


def assigned_apart(code: TracedCode, statement: cst.CSTNode) -> Change:
    """``y[0] = y[1]`` and then ``y[1] = y[0]`` in place of ``y[0], y[1] = y[1], y[0]``.

    The values on the right are views, the second of which shows what the first assignment has
    written. A value that is computed is computed before, as Python does, and gets a name.

    Raises:
        Undecided: the statement is another, or looking at a target may have an effect.
    """
    match statement:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Tuple(elements=targets))],
            value=cst.Tuple(elements=values),
        ) if len(targets) == len(values):
            pass
        case _:
            raise Undecided("it is no assignment of as many values as there are parts")
    line = code.line_of(statement)
    if line is None or len(line.body) != 1 or code.suite_of(line) is None:
        raise Undecided("the assignment does not stand alone in a plain block of statements")
    if any(isinstance(one, cst.StarredElement) for one in (*targets, *values)):
        raise Undecided("it unpacks a sequence")
    for target in targets:
        held = isinstance(target.value, cst.Subscript) and code.value(target.value.value)
        if not isinstance(held, Tensor) or not is_pure(code, target.value):
            raise Undecided(f"`{code.source(target.value)}` is not known to be a part of a tensor")
    before: list[str] = []
    writes: list[str] = []
    for target, value in zip(targets, values, strict=True):
        source = code.source(value.value)
        if writes and not _shows_later(code, value.value):
            name = code.fresh_name(f"part_{len(before) + 1}" if before else "part")
            before.append(f"{name} = {source}")
            source = name
        writes.append(f"{code.source(target.value)} = {source}")
    return Change((Swap(code.code, line, "\n".join([*before, *writes])),))


def written_apart(code: TracedCode, statement: cst.CSTNode) -> Change:
    """The same where each of the assignments can then be joined with what was there.

    Raises:
        Undecided: nobody could tell, so that nothing would be won.
    """
    change = assigned_apart(code, statement)
    line = code.line_of(statement)
    assert line is not None
    for write in slice_writes(code):
        if write.line is not line:
            continue
        known = write.name is not None and write.selection is not None
        if write.name is None or not known or write.base.shape is None:
            raise Undecided(f"`{code.source(write.target)}` is not known well enough")
        reason = rebinding_obstacle(code, write.name, write.base, line, line)
        if reason is not None:
            raise Undecided(reason)
    assert isinstance(statement, cst.Assign)
    assert isinstance(statement.value, cst.Tuple)
    for value in (element.value for element in statement.value.elements):
        stored = code.value(value)
        own = is_fresh(code, stored, line) or _shows_later(code, value)
        tensor = isinstance(stored, Tensor) and stored.shape is not None and own
        if not tensor and not isinstance(stored, Int | Number | Ratio):
            raise Undecided(f"`{code.source(value)}` is not known well enough")
    return change


def _shows_later(code: TracedCode, value: cst.BaseExpression) -> bool:
    """Whether an expression gives the same after other parts of tensors have been written.

    A number does, and a view, which shows what is written either way.
    """
    match value:
        case cst.Subscript(value=owner):
            basic = all(isinstance(one, _BASIC) for one in index_values(code, value))
            numbers = not any(_is_written(code, part) for part in value.slice)
            held = isinstance(code.value(owner), Tensor) and _shows_later(code, owner)
            return basic and numbers and held and is_pure(code, value)
        case cst.Name():
            return True
        case cst.BaseNumber():
            return isinstance(code.value(value), Int | Number | Ratio)
        case _:
            return False


def _is_written(code: TracedCode, part: cst.SubscriptElement) -> bool:
    """Whether an index is read out of a tensor, which may be written meanwhile."""
    return any(
        isinstance(code.value(node), Tensor)
        for node in code.code.nodes(part)
        if isinstance(node, cst.BaseExpression)
    )
