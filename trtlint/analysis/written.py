"""The source of an expression as it is written, its own parentheses included, told by ``ast``."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from functools import cached_property

from trtlint.analysis.names import walk

Place = tuple[int, int, int, int]

# Whose place says where they are written; others share parentheses with what they stand in.
_PLAIN = (
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.Dict, ast.IfExp,
    ast.List, ast.ListComp, ast.Name, ast.Set, ast.Subscript, ast.Tuple, ast.UnaryOp,
)  # fmt: skip


class Written:
    """Looks expressions up in the text that they were parsed from.

    Args:
        lines: the text, line by line, ends included.
        nodes: all that ``ast`` made of it.
    """

    def __init__(self, lines: Sequence[str], nodes: Collection[ast.AST]) -> None:
        self._lines, self._nodes = lines, nodes

    def place(self, node: ast.AST) -> Place | None:
        """First line, column, last line and column, counted in characters, without parentheses.

        None of what stands in a string, whose places ``ast`` does not know, or nowhere by itself.
        """
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if first is None or last is None or node in self._in_strings:
            return None
        assert isinstance(node, ast.expr | ast.stmt)
        end = node.end_col_offset
        assert end is not None
        return first, self._column(first, node.col_offset), last, self._column(last, end)

    @cached_property
    def _in_strings(self) -> frozenset[ast.AST]:
        strings = [node for node in self._nodes if isinstance(node, ast.JoinedStr)]
        return frozenset(part for node in strings for part in walk(node) if part is not node)

    def source(self, node: ast.AST) -> str | None:
        """The source; None if it spans lines, or the places of ``ast`` leave it open."""
        place = self.place(node) if isinstance(node, _PLAIN) else None
        if place is None:
            return None
        start, end = self._starts[place[0] - 1] + place[1], self._starts[place[2] - 1] + place[3]
        while True:
            after = self._next(end)
            if self._text[after : after + 1] == "#":
                return None
            if self._text[after : after + 1] != ")" or after + 1 in self._closed:
                break
            before = self._previous(start)
            if before is None:
                return None
            if self._text[before : before + 1] != "(":
                break
            start, end = before, after + 1
        found = self._text[start:end]
        return None if "\n" in found else found  # LibCST takes off the block's indentation

    def _next(self, at: int) -> int:
        """Where something stands again."""
        while self._text[at : at + 1].isspace() or self._text[at : at + 2] == "\\\n":
            at += 1
        return at

    def _previous(self, at: int) -> int | None:
        """Where something stood before; None if that may be a comment."""
        at -= 1
        while at >= 0 and (self._text[at].isspace() or self._text[at : at + 2] == "\\\n"):
            if self._text[at] == "\n" and "#" in self._text[self._text.rfind("\n", 0, at) + 1 : at]:
                return None
            at -= 1
        return at

    def _column(self, line: int, offset: int) -> int:
        """The column of a character, which ``ast`` knows the byte of."""
        text = self._lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode())

    @cached_property
    def _text(self) -> str:
        return "".join(self._lines)

    @cached_property
    def _starts(self) -> Sequence[int]:
        starts, at = [], 0
        for line in self._lines:
            starts.append(at)
            at += len(line)
        return starts

    @cached_property
    def _closed(self) -> frozenset[int]:
        """The ends of everything that ends with a parenthesis of its own."""
        found = set()
        for node in self._nodes:
            place = self.place(node)
            if place is not None and (
                isinstance(node, ast.Call | ast.GeneratorExp)
                or (isinstance(node, ast.Tuple) and self._is_closed(node, place))
            ):
                found.add(self._starts[place[2] - 1] + place[3])
        return frozenset(found)

    def _is_closed(self, node: ast.Tuple, place: Place) -> bool:
        """Whether a tuple stands in parentheses, not only its first and its last element."""
        if not node.elts:
            return True
        first = self.place(node.elts[0])
        assert first is not None
        start = self._starts[place[0] - 1] + place[1]
        element = self._starts[first[0] - 1] + first[1]
        opened = self._text[start:element].count("(")
        at = self._next(self._starts[first[2] - 1] + first[3])
        while opened and self._text[at : at + 1] == ")":
            opened, at = opened - 1, self._next(at + 1)
        return opened > 0


def name_of(function: ast.FunctionDef, lines: Sequence[str]) -> ast.Name:
    """The name in a definition, which is no expression to ``ast``."""
    row = function.lineno
    found = re.compile(rf"def\s+({function.name})\b").match(lines[row - 1], function.col_offset)
    name = ast.Name(function.name, ast.Store())
    if found is not None:
        name.lineno = name.end_lineno = row
        name.col_offset, name.end_col_offset = found.span(1)
    return name
