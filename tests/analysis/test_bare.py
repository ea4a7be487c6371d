"""Trees made from ``ast`` are those that LibCST parses, but for layout."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

from trtlint.analysis.bare import Untranslated, bare_body
from trtlint.analysis.trees import children

HERE = Path(__file__).parent
FILES = [
    *sorted((HERE.parent / "fixtures").glob("*/*.py")),
    *sorted((HERE.parent.parent / "trtlint").glob("*.py")),
    *sorted((HERE.parent.parent / "rules").glob("*.py")),
]
# Parts of nodes that no evaluation looks at.
_LEFT_OUT = (
    cst.Annotation, cst.Parameters, cst.Colon, cst.From, cst.Decorator, cst.FormattedStringText,
)  # fmt: skip


def functions(text: str) -> Iterator[str]:
    """The text of every function and method, as a :class:`FunctionCode` has it parsed."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno > node.lineno:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            own = "".join(lines[first - 1 : node.end_lineno])
            yield f"if True:\n{own}\n" if node.col_offset else f"{own}\n"


def parsed_body(text: str) -> cst.BaseSuite:
    top: cst.CSTNode = cst.parse_module(text).body[0]
    if isinstance(top, cst.If):
        top = top.body.body[0]
    assert isinstance(top, cst.FunctionDef)
    return top.body


def shape(node: cst.CSTNode) -> object:
    """A node's kind and parts, in one spelling where ``ast`` knows one only."""
    match node:
        case cst.ConcatenatedString() | cst.FormattedString() | cst.SimpleString():
            return "string"
        case cst.Name(value=value):
            return "Name", value
        case cst.Integer(value=value) | cst.Float(value=value) | cst.Imaginary(value=value):
            return "number", ast.literal_eval(value)
        case cst.ImportFrom(names=[*names]):
            parts: list[cst.CSTNode] = list(names)
        case cst.Raise(exc=raised):
            parts = [] if raised is None else [raised]
        case cst.Else(body=cst.IndentedBlock(body=[cst.If() as only])):
            return shape(only)
        case cst.SimpleStatementSuite(body=[*body]):
            return "IndentedBlock", [shape(one) for one in body]
        case cst.IndentedBlock(body=[*body]):
            return "IndentedBlock", [shape(one) for line in body for one in _statements(line)]
        case _:
            parts = [part for part in children(node) if not isinstance(part, _LEFT_OUT)]
    return type(node).__name__, [shape(part) for part in parts]


def _statements(line: cst.CSTNode) -> list[cst.CSTNode]:
    return list(line.body) if isinstance(line, cst.SimpleStatementLine) else [line]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_trees_are_the_same(path: Path) -> None:
    for text in functions(path.read_text(encoding="utf-8")):
        try:
            body, _ = bare_body(text)
        except Untranslated:
            continue
        assert shape(body) == shape(parsed_body(text)), text


def test_constructors_are_translated() -> None:
    text = (
        "class A:\n"
        "    @deco(1)\n"
        "    def __init__(self, n, *args, k=2, **kw):\n"
        "        super().__init__(*args, **kw)\n"
        "        self.a, *self.b = [f(x)[1:, ..., None] for x in range(n) if x and not n or k]\n"
        "        with torch.no_grad() as g, h:\n"
        "            self.c: int = -n ** 2 if k is not None else {'a': 1, **kw}\n"
        "        for i, j in enumerate({1, 2}):\n"
        "            self.d += lambda y: (y := j)\n"
        "        else:\n"
        "            del i, j\n"
        "        try:\n"
        "            import a.b as c\n"
        "        except (E, F) as e:\n"
        "            raise G(f'{e!r} {n:>{k}}') from e\n"
        "        finally:\n"
        "            assert 1 < n <= 2.5 != 1j, b'no'\n"
        "        while True:\n"
        "            if n == 1: break\n"
        "            elif n: continue\n"
        "            else: pass\n"
        "        def inner():\n"
        "            nonlocal n\n"
        "            n = {k: v for k, v in kw.items()}, (z for z in kw)\n"
    )
    (own,) = [one for one in functions(text) if "__init__" in one]
    body, origins = bare_body(own)
    assert shape(body) == shape(parsed_body(own))
    assert {"torch.no_grad()", "h", "k is not None", "n == 1"} <= set(
        map(ast.unparse, origins.values())
    )


@pytest.mark.parametrize("statement", ["yield 1", "class B: pass", "match n:\n  case 1: pass"])
def test_what_is_not_translated_is_left_to_libcst(statement: str) -> None:
    with pytest.raises(Untranslated):
        bare_body(f"def f(n):\n {statement}\n")
