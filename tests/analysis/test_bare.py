"""Trees made from ``ast`` are those that LibCST parses, but for layout."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

from trtlint.analysis.bare import Untranslated, bare_function
from trtlint.analysis.project import source_lines
from trtlint.analysis.trees import children

HERE = Path(__file__).parent
FILES = [
    *sorted((HERE.parent / "fixtures").glob("*/*.py")),
    *sorted((HERE.parent.parent / "trtlint").glob("*.py")),
    *sorted((HERE.parent.parent / "rules").glob("*.py")),
]
# Parts of nodes that mean nothing.
_LEFT_OUT = (
    cst.Colon, cst.Dot, cst.EmptyLine, cst.FormattedStringText, cst.ParamStar,
    cst.ParamSlash, cst.SimpleWhitespace,
)  # fmt: skip


def functions(text: str) -> Iterator[str]:
    """The text of every function and method, as a :class:`FunctionCode` has it parsed."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno > node.lineno:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            own = "".join(lines[first - 1 : node.end_lineno])
            yield f"if True:\n{own}\n" if node.col_offset else f"{own}\n"


def bare_body(text: str) -> tuple[cst.BaseSuite, dict[int, ast.AST]]:
    made, origins = bare_function(text, source_lines(text))
    return made.body, origins


def parsed_body(text: str) -> cst.BaseSuite:
    top: cst.CSTNode = cst.parse_module(text).body[0]
    if isinstance(top, cst.If):
        top = top.body.body[0]
    assert isinstance(top, cst.FunctionDef)
    return top.body


def shape(node: cst.CSTNode) -> object:
    """A node's kind and parts, with numbers and strings as what they are."""
    match node:
        case cst.SimpleString(value=value):
            return "string", ast.literal_eval(value)
        case cst.ConcatenatedString():
            joined = node.evaluated_value if isinstance(node.left, cst.SimpleString) else None
            return ("strings", joined) if joined is not None else "formatted"
        case cst.FormattedString():
            return "formatted"
        case cst.Name(value=value):
            return "Name", value
        case cst.Integer(value=value) | cst.Float(value=value) | cst.Imaginary(value=value):
            return "number", ast.literal_eval(value)
        case _:
            parts = [part for part in children(node) if not isinstance(part, _LEFT_OUT)]
            return type(node).__name__, [shape(part) for part in parts]


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
        "        @deco\n"
        "        def other(a: int, /, b=1, *, c: 'T' = (yield), **d) -> x[T]:\n"
        "            if a: return a[b,], a[b, c], a[(b), c]; pass\n"
        "            else:\n"
        "                if b: yield from ('a' 'b', 'é', 'a\\\\b', '''c\n d''')\n"
    )
    (own,) = [one for one in functions(text) if "__init__" in one]
    body, origins = bare_body(own)
    assert shape(body) == shape(parsed_body(own))
    assert {"torch.no_grad()", "h", "k is not None", "n == 1"} <= set(
        map(ast.unparse, origins.values())
    )


@pytest.mark.parametrize(
    "statement", ["class B: pass", "match n:\n  case 1: pass", "x[(a, b)]", "f(k=1, *n)"]
)
def test_what_is_not_translated_is_left_to_libcst(statement: str) -> None:
    with pytest.raises(Untranslated):
        bare_body(f"def f(n):\n {statement}\n")
