"""The LibCST tree of one traced function, parsed from its own lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from trtlint.analysis.index import FunctionFacts
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.trees import subtree
from trtlint.findings import Span

N = TypeVar("N", bound=cst.CSTNode)


class FunctionCode:
    """One function's tree.

    Args:
        project: where its text comes from.
        symbol: the function.

    Attributes:
        node: its definition.
        first_line: the 1-based line of the file that the parsed text starts at.
    """

    def __init__(self, project: Project, symbol: Symbol) -> None:
        assert symbol.path is not None
        self.symbol = symbol
        self.path: Path = symbol.path
        self.facts: FunctionFacts = project.function(symbol)
        text = project.function_text(symbol)
        if not text.endswith("\n"):
            text += "\n"
        # An indented function is parsed under a stand-in, so that columns stay as they are.
        self.nested = self.facts.column > 0
        self.first_line = self.facts.first_line - (1 if self.nested else 0)
        self.module = cst.parse_module("if True:\n" + text if self.nested else text)
        self.node = self._find()

    def _find(self) -> cst.FunctionDef:
        top: cst.BaseStatement | cst.SimpleStatementLine = self.module.body[0]
        if self.nested:
            assert isinstance(top, cst.If)
            assert isinstance(top.body, cst.IndentedBlock)
            top = top.body.body[0]
        assert isinstance(top, cst.FunctionDef)
        return top

    def code(self, node: cst.CSTNode) -> str:
        """The source of an expression or small statement."""
        return self.module.code_for_node(node)

    def walk(self, kind: type[N], root: cst.CSTNode | None = None) -> Iterator[N]:
        """Every node of that kind in source order, nested functions included."""
        return (node for node in self.nodes(root) if isinstance(node, kind))

    def nodes(self, root: cst.CSTNode | None = None) -> Iterator[cst.CSTNode]:
        """Every node in source order, nested functions included."""
        return iter(self._body) if root is None else subtree(root)

    @cached_property
    def _body(self) -> list[cst.CSTNode]:
        return list(subtree(self.node.body))

    @cached_property
    def _positions(self) -> dict[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return dict(wrapper.resolve(PositionProvider))

    def span(self, node: cst.CSTNode) -> Span:
        """Where ``node`` stands in the file: 1-based, the end exclusive."""
        at = self._positions[node]
        shift = self.first_line - 1
        return Span(
            at.start.line + shift, at.start.column + 1, at.end.line + shift, at.end.column + 1
        )
