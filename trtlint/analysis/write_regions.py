"""Consecutive writes into one tensor, and who else may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import libcst as cst

from trtlint.analysis.retention import KEPT, has_hooks, reflects
from trtlint.analysis.selectors import NewAxis, Point, Run, Selection, select
from trtlint.analysis.sizes import at_least, const
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import OVERLAPPING, Tensor, aliases
from trtlint.analysis.writes import SliceWrite, index_values, mentions, names_in, slice_writes_in


@dataclass(frozen=True, eq=False)
class Region:
    """Consecutive writes into one tensor, in one block.

    Attributes:
        name: the local variable.
        writes: in order.
        creation: the line that made the tensor, where nothing in between uses it.
        base: the tensor before the first write.
        between: lines between the writes that do not touch the tensor.
    """

    name: str
    writes: tuple[SliceWrite, ...]
    creation: cst.SimpleStatementLine | None
    base: Tensor
    between: tuple[cst.CSTNode, ...] = field(default=())

    @property
    def last(self) -> cst.SimpleStatementLine | cst.SimpleStatementSuite:
        """The line after which the tensor is complete."""
        return self.writes[-1].line


def region_of(code: TracedCode, write: SliceWrite) -> Region | None:
    """The longest run of writes around ``write`` that can be taken together.

    A run ends where another line mentions the tensor, or where a value reads a part of it that an
    earlier write of the run has touched.
    """
    suite = code.suite_of(write.line)
    name = write.name
    if name is None or suite is None or not write.alone:
        return None
    regions = code.once(("regions", id(suite), name), lambda: _regions(code, suite, name))
    for region in regions:
        if any(one.line is write.line for one in region.writes):
            return region
    return None


def _regions(code: TracedCode, suite: cst.IndentedBlock, name: str) -> list[Region]:
    """All runs of writes into ``name`` in one block."""
    lines = list(suite.body)
    by_line = {id(w.line): w for w in slice_writes_in(code, lines, name)}
    runs: list[list[SliceWrite]] = [[]]
    between: list[list[cst.CSTNode]] = [[]]
    pending: list[cst.CSTNode] = []
    for line in lines:
        here = by_line.get(id(line))
        if here is None:
            if name in code.once(("names", id(line)), partial(names_in, line)):
                runs.append([])
                between.append([])
                pending = []
            elif runs[-1]:
                pending.append(line)
            continue
        if runs[-1] and _reads_written(code, here, runs[-1]):
            runs.append([])
            between.append([])
        elif runs[-1]:
            between[-1] += pending
        pending = []
        runs[-1].append(here)
    found: list[Region] = []
    for run, others in zip(runs, between, strict=True):
        base = code.before(run[0].line).get(name) if run else None
        if isinstance(base, Tensor):
            creation = creation_before(code, lines, run[0].line, name)
            found.append(Region(name, tuple(run), creation, base, tuple(others)))
    return found


def _reads_written(code: TracedCode, write: SliceWrite, earlier: Sequence[SliceWrite]) -> bool:
    """Whether the value reads a part of the tensor that an earlier write may have changed."""
    if write.augmented and any(
        not _disjoint(write.selection, other.selection) for other in earlier
    ):
        return True
    reads = _reads(code, write.value, str(write.name))
    if reads is None:
        return True
    return any(not _disjoint(read, other.selection) for read in reads for other in earlier)


def _reads(code: TracedCode, value: cst.BaseExpression, name: str) -> list[Selection] | None:
    """What of ``name`` an expression reads; None if it reads it whole or in an unknown way."""
    subscripts = [
        node
        for node in code.walk(cst.Subscript, value)
        if isinstance(node.value, cst.Name) and node.value.value == name
    ]
    whole = sum(1 for node in code.walk(cst.Name, value) if node.value == name)
    if whole != len(subscripts):
        return None
    found: list[Selection] = []
    for node in subscripts:
        base = code.value(node.value)
        shape = base.shape if isinstance(base, Tensor) and base.exact else None
        selection = select(shape, index_values(code, node))
        if selection is None:
            return None
        found.append(selection)
    return found


def _disjoint(left: Selection | None, right: Selection | None) -> bool:
    """Whether two selections of one tensor are proven to share no element."""
    if left is None or right is None:
        return False
    for selector in left.selectors:
        if isinstance(selector, NewAxis):
            continue
        other = right.on(selector.axis)
        if other is None:
            continue
        ends = []
        for one in (selector, other):
            if isinstance(one, Run):
                ends.append((one.start, one.stop))
            elif isinstance(one, Point):
                ends.append((one.index, one.index + const(1)))
        (start_a, stop_a), (start_b, stop_b) = ends
        if at_least(start_b - stop_a, 0) or at_least(start_a - stop_b, 0):
            return True
    return False


def creation_before(
    code: TracedCode, lines: Sequence[cst.CSTNode], before: cst.CSTNode, tensor: str
) -> cst.SimpleStatementLine | None:
    """The line in the same block that made the tensor, if nothing uses it in between."""
    at = next(i for i, line in enumerate(lines) if line is before)
    for line in reversed(lines[:at]):
        match line:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]) as assign]
            ) if name == tensor:
                made = code.value(assign.value)
                fresh = isinstance(made, Tensor) and made.creation is not None
                return line if fresh else None
        if mentions(line, tensor):
            return None
    return None


def seen_elsewhere(
    code: TracedCode, name: str, base: Tensor, line: cst.CSTNode, *, owner: bool = True
) -> str | None:
    """Why others than the variable ``name`` may see a write into its tensor, or None.

    Args:
        code: the function.
        name: the variable.
        base: its tensor.
        line: the first statement that writes.
        owner: whether who handed the tensor in counts; of another function than ``forward``, which
            may be called for the sake of the write, always.
    """
    tokens = aliases(base)
    owner = owner or code.symbol.rpartition(".")[2] != "forward"
    if OVERLAPPING in tokens:
        return f"several elements of `{name}` may be one place in memory (expand)"
    if KEPT in tokens:
        return f"`{name}` comes from a call that may keep it elsewhere"
    if has_hooks(code.analysis, code.traced.symbol):
        return "forward hooks are registered in this file, which may see the tensor"
    if reflects(code.code.facts.names) or any(
        isinstance(node, cst.Yield) for node in code.code.nodes()
    ):
        return "the function hands its variables out (yield, locals)"
    for token in sorted(tokens):
        if token.startswith("parameter ") and owner:
            return (
                f"`{name}` may share storage with the argument "
                f"`{token.removeprefix('parameter ')}`, whose owner would see the write"
            )
        if token.startswith("self"):
            return f"`{name}` may share storage with `{token}`, which outlives the call"
    later = _lines_after(code, line)
    for other, value in sorted(code.before(line).items()):
        shares = other != name and aliases(value) & tokens
        if shares and any(mentions(one, other) for one in later):
            return f"`{other}` may share storage with `{name}` and is used afterwards"
    return None


def _lines_after(code: TracedCode, line: cst.CSTNode) -> list[cst.CSTNode]:
    """Statements that may run after the first write: later ones, and loops around it."""
    found: list[cst.CSTNode] = []
    node: cst.CSTNode = line
    while True:
        parent = code.parent(node)
        if parent is None or parent is code.code.node:
            return found
        if isinstance(parent, cst.IndentedBlock):
            body = list(parent.body)
            at = next(i for i, line in enumerate(body) if line is node)
            found += body[at:]
        elif isinstance(parent, cst.For | cst.While):
            found.append(parent)
        node = parent
