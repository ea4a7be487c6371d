"""Applying changes to text: nodes are swapped, a function is rendered once, lines are spliced."""

from __future__ import annotations

import ast
import difflib
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import libcst as cst

from trtlint.analysis.code import FunctionCode
from trtlint.analysis.project import Project, source_lines
from trtlint.analysis.trees import subtree
from trtlint.changes import Change, Insert, Lines, Swap
from trtlint.findings import Edit, Span

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_PRIMARY = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.BaseNumber, cst.SimpleString)


class Unusable(Exception):
    """A change that cannot be applied: its code does not parse, or it would lose a comment."""


@dataclass
class _Plan:
    """What is to happen to one function."""

    code: FunctionCode
    swaps: list[Swap] = field(default_factory=list)
    inserts: list[Insert] = field(default_factory=list)


def apply(project: Project, changes: Sequence[Change]) -> dict[Path, str]:
    """Apply as many of ``changes`` as do not touch the same code, the largest first.

    Returns:
        The new text of every changed file.

    Raises:
        Unusable: the code of a change does not parse, or it loses a comment.
    """
    plans: dict[str, _Plan] = {}
    edits: dict[Path, list[Lines]] = {}
    imports: dict[Path, set[str]] = {}
    for change in _without_conflicts(changes):
        for swap in change.swaps:
            _plan(plans, swap.function).swaps.append(swap)
        for insert in change.inserts:
            _plan(plans, insert.function).inserts.append(insert)
        for lines in change.lines:
            edits.setdefault(lines.path, []).append(lines)
        for code in _functions(change):
            imports.setdefault(code.path, set()).update(change.imports)
    for plan in plans.values():
        facts = plan.code.facts
        text = render(plan.code, plan.swaps, plan.inserts)
        edits.setdefault(plan.code.path, []).append(
            Lines(plan.code.path, facts.first_line, facts.last_line, text)
        )
    result: dict[Path, str] = {}
    for path, parts in edits.items():
        new = splice(project.texts[path], parts)
        if not project.texts[path].endswith(("\n", "\r")):
            new = new.removesuffix("\n")
        result[path] = add_imports(new, sorted(imports.get(path, ())))
    return result


def _functions(change: Change) -> list[FunctionCode]:
    """The functions that a change reaches into."""
    return [s.function for s in change.swaps] + [i.function for i in change.inserts]


def _plan(plans: dict[str, _Plan], code: FunctionCode) -> _Plan:
    return plans.setdefault(code.symbol.key, _Plan(code))


def _without_conflicts(changes: Sequence[Change]) -> list[Change]:
    chosen: list[Change] = []
    nodes: set[int] = set()
    taken: list[tuple[Path, int, int]] = []
    functions: list[tuple[Path, int, int]] = []
    size = {id(c): len(c.swaps) + len(c.inserts) + len(c.lines) for c in changes}
    for change in sorted(changes, key=lambda c: -size[id(c)]):
        touched = {id(n) for s in change.swaps for n in subtree(s.node)}
        touched |= {id(insert.after) for insert in change.inserts}
        ranges = [(e.path, e.first, max(e.last, e.first)) for e in change.lines]
        inside = [
            (code.path, code.facts.first_line, code.facts.last_line) for code in _functions(change)
        ]
        if touched & nodes or _overlap(ranges, taken + functions) or _overlap(inside, taken):
            continue
        if _overlap([(e.path, e.first, e.last) for e in change.lines if e.last >= e.first], inside):
            continue
        chosen.append(change)
        nodes |= touched
        taken += ranges
        functions += inside
    return chosen


def _overlap(left: Sequence[tuple[Path, int, int]], right: Sequence[tuple[Path, int, int]]) -> bool:
    return any(
        a == b and first <= last2 and first2 <= last
        for a, first, last in left
        for b, first2, last2 in right
    )


def splice(text: str, parts: Sequence[Lines]) -> str:
    """Replace whole lines, from the bottom up."""
    lines = source_lines(text)
    for part in sorted(parts, key=lambda p: (p.first, p.last), reverse=True):
        added = part.text
        if added and not added.endswith("\n"):
            added += "\n"
        if part.first > 1 and part.first - 1 == len(lines) and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines[part.first - 1 : max(part.last, part.first - 1)] = [added] if added else []
    return "".join(lines)


def add_imports(text: str, wanted: Sequence[str]) -> str:
    """Add import statements behind the imports that the file starts with."""
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        raise Unusable(f"its output does not parse: {error.msg}") from None
    missing = [line for line in wanted if not any(ast.unparse(node) == line for node in body)]
    if not missing:
        return text
    after = 0
    for i, node in enumerate(body):
        docstring = i == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not isinstance(node, ast.Import | ast.ImportFrom):
            break
        after = node.end_lineno or node.lineno
    return splice(text, [Lines(Path(), after + 1, after, "\n".join(missing) + "\n")])


def render(code: FunctionCode, swaps: Sequence[Swap], inserts: Sequence[Insert]) -> str:
    """The function's lines with nodes replaced.

    Raises:
        Unusable: new code does not parse, or a comment of the old code is missing.
    """
    try:
        module = code.module.visit(_Swapper(code, swaps, inserts))
    except cst.ParserSyntaxError as error:
        raise Unusable(f"its code does not parse: {error.message}") from None
    text = module.code
    lost = _lost_comments(code, text)
    if lost:
        raise Unusable(f"it would lose the comment {lost[0]!r}")
    return text.partition("\n")[2] if code.nested else text


def _lost_comments(code: FunctionCode, text: str) -> list[str]:
    """The comments of a function that are not in its new text."""
    old, new = Counter(code.text.splitlines()), Counter(text.splitlines())
    if not Counter(_tails(old - new)) - Counter(_tails(new - old)):
        return []
    return list(Counter(comments(code.text)) - Counter(comments(text)))


def _tails(lines: Counter[str]) -> Iterator[str]:
    """Of each line what may be a comment, at its end; reading tokens takes far longer."""
    for line in lines.elements():
        _, sign, tail = line.partition("#")
        if sign:
            yield tail


def text_edits(old: str, new: str) -> Iterator[Edit]:
    """Whole-line edits that turn ``old`` into ``new``."""
    before, after = source_lines(old), source_lines(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            yield Edit(Span(a + 1, 1, b + 1, 1), "".join(after[c:d]))


def loses_comment(change: Change) -> bool:
    """Whether a comment stands inside something that the change replaces."""
    if not any("#" in swap.function.code(swap.node) for swap in change.swaps):
        return False
    plans: dict[str, _Plan] = {}
    for swap in change.swaps:
        _plan(plans, swap.function).swaps.append(swap)
    try:
        for plan in plans.values():
            render(plan.code, plan.swaps, ())
    except Unusable:
        return True
    return False


def comments(text: str) -> list[str]:
    """All comments in a piece of Python."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


class _Swapper(cst.CSTTransformer):
    """Replaces nodes by identity; comments of removed statements move to the next new one."""

    def __init__(
        self, code: FunctionCode, swaps: Sequence[Swap], inserts: Sequence[Insert]
    ) -> None:
        super().__init__()
        self.code = code
        self.swaps = {id(swap.node): swap for swap in swaps}
        self.inserts = {id(insert.after): insert for insert in inserts}
        self.carried: list[cst.EmptyLine] = []
        self.above: set[int] = set()  # nodes that hold something to swap
        for node in (*(s.node for s in swaps), *(i.after for i in inserts)):
            current: cst.CSTNode | None = node
            while current is not None and id(current) not in self.above:
                self.above.add(id(current))
                current = code.tree.parent(current)
        self.outside = True

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Leave alone what holds nothing to swap, unless comments wait for a place in it."""
        if node is self.code.node:
            self.outside = False
        return self.outside or bool(self.carried) or id(node) in self.above

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        """Swap what is asked for."""
        result: cst.CSTNode = super().on_leave(original_node, updated_node)  # type: ignore[assignment]
        swap = self.swaps.get(id(original_node))
        insert = self.inserts.get(id(original_node))
        if isinstance(original_node, Statement):
            statements: list[cst.CSTNode] = [result]
            if swap is not None:
                statements = self._statements(original_node, swap.code)
            elif self.carried:
                lines = [*self.carried, *result.leading_lines]  # type: ignore[attr-defined]
                statements = [result.with_changes(leading_lines=_tidy(lines))]
                self.carried = []
            if insert is not None and insert.before and statements:
                statements = self._before(statements, insert.code)
            elif insert is not None:
                statements += self._parse(insert.code)
            if not statements:
                return cst.RemoveFromParent()
            return statements[0] if len(statements) == 1 else cst.FlattenSentinel(statements)
        if swap is not None:
            return self._expression(swap.code, swap.bare)
        if isinstance(original_node, cst.IndentedBlock) and isinstance(result, cst.IndentedBlock):
            kept = self.code.statement_texts
            body = [
                cast(cst.BaseStatement, _Verbatim(kept[id(one)])) if id(one) in kept else one
                for one in result.body
            ]
            return result.with_changes(body=body)
        return result

    def _before(self, statements: list[cst.CSTNode], text: str) -> list[cst.CSTNode]:
        """New statements before these; what stands above these then stands above the new ones."""
        first, *others = statements
        new = self._parse(text)
        above = first.leading_lines  # type: ignore[attr-defined]
        new[0] = new[0].with_changes(leading_lines=above)
        return [*new, first.with_changes(leading_lines=()), *others]

    def _parse(self, text: str) -> list[cst.CSTNode]:
        return list(cst.parse_module(text, self.code.module.config_for_parsing).body)

    def _statements(self, old: cst.CSTNode, text: str) -> list[cst.CSTNode]:
        above = list(old.leading_lines)  # type: ignore[attr-defined]
        behind: cst.TrailingWhitespace | None = None
        if isinstance(old, cst.SimpleStatementLine) and old.trailing_whitespace.comment:
            behind = old.trailing_whitespace
        new = self._parse(text) if text else []
        if not new:
            self.carried += above
            if behind is not None:
                self.carried.append(cst.EmptyLine(comment=behind.comment))
            return []
        last = new[-1]
        if behind is not None:
            if len(new) == 1 and isinstance(last, cst.SimpleStatementLine) and "\n" not in text:
                new = [last.with_changes(trailing_whitespace=behind)]
            else:
                above.append(cst.EmptyLine(comment=behind.comment))
        lines = _tidy([*self.carried, *above]) if self.carried else above
        self.carried = []
        return [new[0].with_changes(leading_lines=lines), *new[1:]]

    def _expression(self, text: str, as_it_is: bool) -> cst.BaseExpression:
        node = cst.parse_expression(text, self.code.module.config_for_parsing)
        bare = not getattr(node, "lpar", ())
        if bare and not as_it_is and not isinstance(node, _PRIMARY):
            node = node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return node


class _Verbatim:
    """In place of a statement that stays as it is: its text, made once for all changes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _codegen(self, state: Any) -> None:
        state.add_token(self._text)


def _tidy(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Without two blank lines in a row."""
    kept: list[cst.EmptyLine] = []
    for line in lines:
        if line.comment is None and kept and kept[-1].comment is None:
            continue
        kept.append(line)
    return kept
