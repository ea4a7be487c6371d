"""Writes into parts of a tensor, gathered into regions that can be rebuilt without mutation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from trtlint.analysis.retention import KEPT, has_hooks, reflects
from trtlint.analysis.selectors import NewAxis, Point, Run, Selection, select
from trtlint.analysis.sizes import Size, at_least, const
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.values import (
    OVERLAPPING,
    EllipsisValue,
    Int,
    Items,
    Slice,
    Tensor,
    Value,
    aliases,
)


@dataclass(frozen=True, eq=False)
class SliceWrite:
    """``base[index] = value`` or ``base[index] += value`` with a basic index, or an unknown one.

    Attributes:
        line: the statement.
        target: the subscript.
        base: the tensor before the write.
        name: the local variable it is held by; None for ``self.buffer[...]`` and the like.
        value: the right-hand side.
        augmented: ``+=`` and its kin.
        selection: what the index selects; None if that is not known well enough.
        alone: whether the statement stands on a line of its own and does nothing else.
    """

    line: cst.SimpleStatementLine | cst.SimpleStatementSuite
    target: cst.Subscript
    base: Tensor
    name: str | None
    value: cst.BaseExpression
    augmented: bool
    selection: Selection | None
    alone: bool = True

    def bounds(self, code: TracedCode) -> dict[Size, str]:
        """The source of every bound in the index, by the size that it means after clamping."""
        if self.selection is None:
            return {}
        found: dict[Size, str] = {}
        parts = [p for p in self.target.slice if not _is_dots(p)]
        for part, selector in zip(parts, self.selection.selectors, strict=True):
            if isinstance(selector, NewAxis):
                continue
            match part.slice, selector:
                case cst.Slice(lower=lower, upper=upper), Run():
                    if lower is not None:
                        found.setdefault(selector.start, code.source(lower))
                    if upper is not None:
                        found.setdefault(selector.stop, code.source(upper))
                case cst.Index(value=value), Point():
                    known = selector.index.constant
                    text = code.source(value)
                    found.setdefault(selector.index, text)
                    after = str(known + 1) if known is not None else f"{text} + 1"
                    found.setdefault(selector.index + const(1), after)
        return found


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


def slice_writes(code: TracedCode) -> tuple[SliceWrite, ...]:
    """Every write into a part of a tensor, but those through masks and positions known as such."""
    return code.once("slice writes", lambda: tuple(_slice_writes(code)))


def _slice_writes(code: TracedCode) -> Iterator[SliceWrite]:
    for line in code.nodes():
        if type(line) is not cst.SimpleStatementLine and type(line) is not cst.SimpleStatementSuite:
            continue
        for small in line.body:
            for target, value, augmented, sole in _targets(small):
                write = _write(code, line, target, value, augmented)
                if write is not None:
                    alone = sole and isinstance(line, cst.SimpleStatementLine)
                    yield replace(write, alone=alone and len(line.body) == 1)


def _targets(
    small: cst.BaseSmallStatement,
) -> Iterator[tuple[cst.Subscript, cst.BaseExpression, bool, bool]]:
    """Subscripts that a statement assigns to: target, value, augmented, and whether alone."""
    match small:
        case cst.Assign(targets=targets, value=value):
            sole = len(targets) == 1
            for target in targets:
                match target.target:
                    case cst.Subscript() as subscript:
                        yield subscript, value, False, sole
                    case cst.Tuple(elements=elements) | cst.List(elements=elements):
                        for element in elements:
                            if isinstance(element.value, cst.Subscript):
                                yield element.value, value, False, False
        case cst.AugAssign(target=cst.Subscript() as target, value=value):
            yield target, value, True, True
        case cst.AnnAssign(target=cst.Subscript() as target, value=cst.BaseExpression() as value):
            yield target, value, False, False


def _write(
    code: TracedCode,
    line: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    target: cst.Subscript,
    value: cst.BaseExpression,
    augmented: bool,
) -> SliceWrite | None:
    base = code.value(target.value)
    if not isinstance(base, Tensor):
        return None
    index = index_values(code, target)
    if not index or any(_of_elements(one) for one in index):
        return None
    name = target.value.value if isinstance(target.value, cst.Name) else None
    shape = base.shape if base.exact else None
    return SliceWrite(line, target, base, name, value, augmented, select(shape, index))


def _of_elements(index: Value) -> bool:
    """Whether an index is a mask or a list of positions; of a tensor without dtype nobody knows."""
    return isinstance(index, Items) or (isinstance(index, Tensor) and index.dtype is not None)


def index_values(code: TracedCode, target: cst.Subscript) -> tuple[Value, ...]:
    """The values of a subscript's elements."""
    found: list[Value] = []
    for part in target.slice:
        match part.slice:
            case cst.Index(value=cst.Tuple(elements=elements)) if len(target.slice) == 1:
                return tuple(code.value(e.value) for e in elements)
            case cst.Index(value=value):
                found.append(
                    EllipsisValue() if isinstance(value, cst.Ellipsis) else code.value(value)
                )
            case cst.Slice(lower=lower, upper=upper, step=step):
                bounds = [code.value(b) if b is not None else None for b in (lower, upper, step)]
                found.append(Slice(*bounds))
    return tuple(found)


def _is_dots(part: cst.SubscriptElement) -> bool:
    return isinstance(part.slice, cst.Index) and isinstance(part.slice.value, cst.Ellipsis)


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
            if mentions(line, name):
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


def slice_writes_in(
    code: TracedCode, lines: Sequence[cst.CSTNode], name: str
) -> Iterator[SliceWrite]:
    """Writes into ``name`` that stand directly among ``lines``."""
    direct = {id(line) for line in lines}
    for write in slice_writes(code):
        if write.name == name and id(write.line) in direct and write.alone:
            yield write


def mentions(node: cst.CSTNode, name: str) -> bool:
    """Whether the variable occurs anywhere in ``node``."""
    return any(variable.value == name for variable in variables(node))


def names_in(node: cst.CSTNode) -> set[str]:
    """Variables that occur in an expression or statement."""
    return {variable.value for variable in variables(node)}


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


def shared_with(code: TracedCode, region: Region) -> str | None:
    """A reason why other names may see the writes, or None if the tensor is the region's own."""
    tokens = aliases(region.base)
    if OVERLAPPING in tokens:
        return f"several elements of `{region.name}` may be one place in memory (expand)"
    if KEPT in tokens:
        return f"`{region.name}` comes from a call that may keep it elsewhere"
    if has_hooks(code.analysis, code.traced.symbol):
        return "forward hooks are registered in this file, which may see the tensor"
    if reflects(code.code.facts.names) or any(
        isinstance(node, cst.Yield) for node in code.code.nodes()
    ):
        return "the function hands its variables out (yield, locals)"
    for token in sorted(tokens):
        if token.startswith("parameter "):
            return (
                f"`{region.name}` may share storage with the argument "
                f"`{token.removeprefix('parameter ')}`, whose owner would see the write"
            )
        if token.startswith("self"):
            return f"`{region.name}` may share storage with `{token}`, which outlives the call"
    env = code.before(region.writes[0].line)
    later = _lines_after(code, region)
    for name, value in sorted(env.items()):
        shares = name != region.name and aliases(value) & tokens
        if shares and any(mentions(line, name) for line in later):
            return f"`{name}` may share storage with `{region.name}` and is used afterwards"
    return None


def _lines_after(code: TracedCode, region: Region) -> list[cst.CSTNode]:
    """Statements that may run after the first write: later ones, and loops around it."""
    found: list[cst.CSTNode] = []
    node: cst.CSTNode = region.writes[0].line
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


__all__ = [
    "Int",
    "Region",
    "SliceWrite",
    "index_values",
    "mentions",
    "names_in",
    "region_of",
    "shared_with",
    "slice_writes",
]
