"""Where a node stands in a file, without rendering the whole function for one answer.

LibCST computes positions by writing the code out again. Here ``ast`` says where each statement
begins, and LibCST writes out only the statement that the node is in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from trtlint.analysis.trees import Tree

Blocks = Iterator[tuple[cst.CSTNode, ast.stmt]]


class Positions:
    """Positions in a parsed text.

    Args:
        text: what was parsed.
        module: its tree.
        tree: the same below the function that nodes are asked of.
    """

    def __init__(self, text: str, module: cst.Module, tree: Tree) -> None:
        self._module, self._tree = module, tree
        self._starts = {
            id(node): found for node, found in _pairs(module.body, ast.parse(text).body)
        }
        self._known: dict[cst.CSTNode, CodeRange] = {}

    def of(self, node: cst.CSTNode) -> CodeRange:
        """Lines are 1-based, columns 0-based, the end is exclusive."""
        if node not in self._known:
            self._render(*self._around(node))
        return self._known[node]

    def _around(self, node: cst.CSTNode) -> tuple[cst.CSTNode, bool]:
        """The statement to write out, and whether its blocks may be left out."""
        bare = True
        current = node
        while True:
            parent = self._tree.parent(current)
            if id(current) in self._starts and not isinstance(parent, cst.If):
                return current, bare and current is not node
            if isinstance(current, cst.BaseSuite | cst.Else | cst.If | cst.MatchCase):
                bare = False  # it belongs to one of the blocks, or is an `elif`
            assert parent is not None
            current = parent

    def _render(self, statement: cst.CSTNode, bare: bool) -> None:
        start = self._starts[id(statement)]
        shown = _head(statement) if bare else statement
        # Under a stand-in as deep as it is, so that every column stays as it is.
        body = shown
        if start.col_offset:
            block = cst.IndentedBlock([shown], indent=" " * start.col_offset)  # type: ignore[list-item]
            body = cst.If(cst.Name("x"), block)
        # Blocks that do not spell their indentation have the module's.
        wrapper = MetadataWrapper(self._module.with_changes(body=[body]), unsafe_skip_copy=True)
        found = wrapper.resolve(PositionProvider)
        shift = start.lineno - found[shown].start.line
        for node, at in found.items():
            begin, end = at.start, at.end
            self._known[node] = CodeRange(
                (begin.line + shift, begin.column), (end.line + shift, end.column)
            )


def _head(statement: cst.CSTNode) -> cst.CSTNode:
    """The statement without its blocks."""
    empty = cst.SimpleStatementSuite([cst.Pass()])
    match statement:
        case cst.If() | cst.For() | cst.While():
            return statement.with_changes(body=empty, orelse=None)
        case cst.With() | cst.FunctionDef() | cst.ClassDef():
            return statement.with_changes(body=empty)
        case _:
            return statement


def _pairs(body: Sequence[cst.CSTNode], parsed: list[ast.stmt]) -> Blocks:
    """Each statement with the one that ``ast`` sees there."""
    at = 0
    for statement in body:
        yield statement, parsed[at]
        if isinstance(statement, cst.SimpleStatementLine):
            at += len(statement.body)
            continue
        yield from _inner(statement, parsed[at])
        at += 1


def _inner(statement: cst.CSTNode, parsed: ast.AST) -> Blocks:
    """The same in the blocks of a compound statement."""
    blocks = [(getattr(statement, "body", None), getattr(parsed, "body", []))]
    orelse = getattr(statement, "orelse", None)
    if isinstance(orelse, cst.If):
        (elif_,) = getattr(parsed, "orelse", [])
        yield orelse, elif_
        yield from _inner(orelse, elif_)
    elif orelse is not None:
        blocks.append((orelse.body, getattr(parsed, "orelse", [])))
    for name in ("handlers", "cases"):
        parts = zip(getattr(statement, name, ()), getattr(parsed, name, ()), strict=True)
        blocks += [(part.body, found.body) for part, found in parts]
    final = getattr(statement, "finalbody", None)
    if final is not None:
        blocks.append((final.body, getattr(parsed, "finalbody", [])))
    for block, found in blocks:
        if isinstance(block, cst.IndentedBlock):
            yield from _pairs(block.body, found)
