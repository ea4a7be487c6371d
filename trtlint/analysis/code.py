"""The LibCST tree of one traced function, parsed from its own lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import libcst as cst
from libcst._nodes.internal import CodegenState

from trtlint.analysis.bare import Untranslated, bare_function
from trtlint.analysis.conditions import Scope, outcome, outcome_of_text
from trtlint.analysis.index import FunctionFacts
from trtlint.analysis.names import walk
from trtlint.analysis.positions import Positions
from trtlint.analysis.project import Project, Symbol, source_lines
from trtlint.analysis.trees import Pairs, Tree, bound_names, of_kind
from trtlint.analysis.written import Place, Written
from trtlint.findings import Span

N = TypeVar("N", bound=cst.CSTNode)


_LONG = 20_000  # characters; in less no expression is too deep
_DEEP = 2_000


def _is_deep(text: str) -> bool:
    """Whether LibCST's parser, which knows no limit, would overflow the stack.

    Where both nest, ``ast`` has a limit itself. Of ``a and b and c`` it makes one flat node.
    """
    return any(
        isinstance(node, ast.BoolOp) and len(node.values) > _DEEP for node in walk(ast.parse(text))
    )


class _Recording(CodegenState):
    """Notes which text is whose."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.found: dict[int, tuple[int, int]] = {}
        self._starts: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        """A node begins."""
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        """It ends."""
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self.found[id(node)] = (self._starts.pop(), len(self.tokens))


class FunctionCode:
    """One function's tree.

    Args:
        project: where its text comes from.
        symbol: the function.
        bare: its tree without layout, if there is one.

    Attributes:
        first_line: the 1-based line of the file that the parsed text starts at.
    """

    def __init__(self, project: Project, symbol: Symbol, bare: BareCode | None = None) -> None:
        assert symbol.path is not None
        self.symbol = symbol
        self.bare = bare
        self.path: Path = symbol.path
        self.facts: FunctionFacts = project.function(symbol)
        self._bound: dict[int, frozenset[str]] = {}
        text = project.function_text(symbol)
        if not text.endswith("\n"):
            text += "\n"
        # An indented function is parsed under a stand-in, so that columns stay as they are.
        self.nested = self.facts.column > 0
        self.first_line = self.facts.first_line - (1 if self.nested else 0)
        self._text = "if True:\n" + text if self.nested else text

    @property
    def module(self) -> cst.Module:
        """The tree of those lines, parsed at the first question."""
        return self._parsed[0]

    @property
    def unparsable(self) -> cst.ParserSyntaxError | None:
        """Why LibCST cannot parse the function, which Python can; a stand-in takes its place."""
        return self._parsed[1]

    def failed_at(self, error: cst.ParserSyntaxError) -> tuple[int, int]:
        """The line of the file and the column of a parser's error.

        The message has them; the error's own attributes may point to the line after.
        """
        said = re.search(r"error at (\d+):(\d+)", error.message)
        line, column = map(int, said.groups()) if said else (error.raw_line, error.raw_column + 1)
        return min(self.first_line - 1 + line, self.facts.last_line), column

    @cached_property
    def _parsed(self) -> tuple[cst.Module, cst.ParserSyntaxError | None]:
        if len(self._text) > _LONG and _is_deep(self._text):
            raise RecursionError
        try:
            return cst.parse_module(self._text), None
        except cst.ParserSyntaxError as error:
            stand_in = f"def {self.facts.name}(*args): raise NotImplementedError\n"
            nested = f"if True:\n    {stand_in}" if self.nested else stand_in
            return cst.parse_module(nested), error

    @cached_property
    def node(self) -> cst.FunctionDef:
        """The definition."""
        return self._find()

    def _find(self) -> cst.FunctionDef:
        top: cst.BaseStatement | cst.SimpleStatementLine = self.module.body[0]
        if self.nested:
            assert isinstance(top, cst.If)
            assert isinstance(top.body, cst.IndentedBlock)
            top = top.body.body[0]
        assert isinstance(top, cst.FunctionDef)
        return top

    @property
    def body(self) -> cst.BaseSuite:
        """What it does."""
        return self.node.body

    def code(self, node: cst.CSTNode) -> str:
        """The source of an expression or small statement."""
        return self.module.code_for_node(node)

    def outcome(self, test: cst.BaseExpression, scope: Scope) -> bool | None:
        """What a condition in it is in inference; None if it is open."""
        return outcome_of_text(self.code(test), scope)

    @property
    def text(self) -> str:
        """What was parsed."""
        return self._text

    @cached_property
    def statement_texts(self) -> Mapping[int, str]:
        """The text of each statement of a block, comments above it included, by ``id``."""
        state = _Recording(self.module.default_indent, self.module.default_newline)
        self.module._codegen(state)
        return {key: "".join(state.tokens[a:b]) for key, (a, b) in state.found.items()}

    @cached_property
    def tree(self) -> Tree:
        """Every node of the definition."""
        return Tree(self.node)

    def walk(self, kind: type[N], root: cst.CSTNode | None = None) -> Iterator[N]:
        """Every node of that kind in source order, nested functions included."""
        return iter(of_kind(self.nodes(root), kind))

    def nodes(self, root: cst.CSTNode | None = None) -> Sequence[cst.CSTNode]:
        """Every node in source order, nested functions included."""
        return self._body if root is None else self.tree.below(root)

    @cached_property
    def _body(self) -> Sequence[cst.CSTNode]:
        return self.tree.below(self.body)

    @cached_property
    def rebound_inside(self) -> frozenset[str]:
        """Variables that an inner function may rebind."""
        outer = {item.name.value for node in self.walk(cst.Nonlocal) for item in node.names}
        shared = {item.name.value for node in self.walk(cst.Global) for item in node.names}
        return frozenset(outer | shared)

    def bound_names(self, body: cst.CSTNode) -> frozenset[str]:
        """Names that a statement or pattern may bind."""
        if id(body) not in self._bound:
            self._bound[id(body)] = bound_names(self.nodes(body))
        return self._bound[id(body)]

    @cached_property
    def pairs(self) -> Pairs:
        """Each node in the body with what stands for it in the tree without layout.

        Those inside of strings are left out; without such a tree there is none.
        """
        if self.bare is None or self.unparsable is not None:
            return []
        return self.tree.beside(self.body, self.bare.tree, self.bare.body) or []

    @cached_property
    def _counterparts(self) -> Mapping[int, cst.CSTNode]:
        return {id(node): other for node, other in self.pairs}

    @cached_property
    def _positions(self) -> Positions:
        return Positions(self._text, self.module, self.tree)

    def span(self, node: cst.CSTNode) -> Span:
        """Where ``node`` stands in the file: 1-based, the end exclusive."""
        other = self._counterparts.get(id(node))
        if self.bare is not None and other is not None:
            known = self.bare.place(other)
            if known is not None:
                return self._span(*known)
        at = self._positions.of(node)
        return self._span(at.start.line, at.start.column, at.end.line, at.end.column)

    def _span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        shift = self.first_line - 1
        return Span(line + shift, column + 1, end_line + shift, end_column + 1)


# What ``ast`` and LibCST say the same place of.
_PLACED: frozenset[type[ast.AST]] = frozenset(
    {
        ast.Assign, ast.Attribute, ast.AugAssign, ast.BinOp, ast.Call, ast.Compare, ast.Expr,
        ast.Name, ast.Return, ast.Subscript, ast.UnaryOp,
    }
)  # fmt: skip


class BareCode(FunctionCode):
    """A function that is looked at and not rewritten: its tree holds no layout.

    Attributes:
        inexact: whether somebody was told a place, or a source, that LibCST may say otherwise.

    Raises:
        Untranslated: it must be parsed with LibCST.
    """

    def __init__(self, project: Project, symbol: Symbol) -> None:
        super().__init__(project, symbol)
        self._lines = source_lines(self._text)
        self._made, self._origins = bare_function(self._text, self._lines)
        self.inexact = False

    @property
    def module(self) -> cst.Module:
        """There is none.

        Raises:
            Untranslated: always.
        """
        raise Untranslated

    @property
    def unparsable(self) -> None:
        """Nothing: LibCST is not asked."""
        return None

    def _find(self) -> cst.FunctionDef:
        return self._made

    @cached_property
    def _written(self) -> Written:
        return Written(self._lines, self._origins.values())

    def code(self, node: cst.CSTNode) -> str:
        """The source of an expression; where that is open, as ``ast`` writes it."""
        origin = self._origins.get(id(node))
        found = None if origin is None else self._written.source(origin)
        if found is not None:
            return found
        self.inexact = True
        if isinstance(node, cst.SimpleStatementLine):
            return "; ".join(map(self.code, node.body))
        return "..." if origin is None else ast.unparse(origin)

    def place(self, node: cst.CSTNode) -> Place | None:
        """The lines and columns that a node's source begins and ends at.

        None where LibCST may say something else: it leaves out parentheses around a tuple.
        """
        origin = self._origins.get(id(node))
        return self._written.place(origin) if type(origin) in _PLACED and origin else None

    def span(self, node: cst.CSTNode) -> Span:
        """Where ``node`` stands in the file; where LibCST must be asked, at its beginning."""
        place = self.place(node)
        if place is None:
            self.inexact = True
            place = 1, 0, 1, 0
        return self._span(*place)

    def outcome(self, test: cst.BaseExpression, scope: Scope) -> bool | None:
        """What a condition in it is in inference; None if it is open."""
        origin = self._origins[id(test)]
        assert isinstance(origin, ast.expr)
        return outcome(origin, scope)
