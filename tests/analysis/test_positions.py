"""Where nodes stand, against LibCST's own positions of the whole function."""

from __future__ import annotations

from pathlib import Path

import pytest
from abstract import project_of
from checkout import ROOT
from libcst.metadata import MetadataWrapper, PositionProvider

from trtlint.analysis.bare import Untranslated
from trtlint.analysis.code import BareCode, FunctionCode
from trtlint.analysis.project import Project, Symbol

EVERYTHING = '''
    import torch

    @torch.no_grad()
    @other(
        1,
    )
    def f(a, b: int = 3,
          *rest):
        """Text."""
        # a comment
        x = a; y = (b +
            2); z = f"{x} {y!r:>{b}}"

        if x: return g(x)
        elif (y
              and z):
            # inside
            u = [1,
        2]
        elif g(3): pass
        else:
            while g(x):
                x -= 1
                break
            else:
                q = g(4)
        try:
            for i, j in zip(a,
                            b):
                continue
            else: pass
        except (ValueError, TypeError) as e:
            raise g(e) from None
        except KeyError: return
        else:
            r = lambda k: k + 1
        finally:
            s = """many
    lines""" + g("x")

        with g(1) as m, g(2):
            async def inner(n=g(5)):
                async for o in n:
                    await g(o)
            class C(g(6)):
                t = 1
                def method(self): return self.t

        match x:
            case [1, v] if g(v):
                w = v
            case {"k": g.w}:
                pass
            case _: pass
        if x:
            if y:
                pass
            else:
                if z: pass
        return (yield g(7))

    def places(x):
        y = (x.a)[("é", 1), 2] + (g)(k for k in x); é = "é" + (- y) ; return (é < (y, 1)[0])
        (x[0], x.y), z = ((y) * 2), g(
            *x, y=(1)
        )
        (g(x))
        for (i, j), k in (y): (z) += (i)

    class D:
    \tdef tabs(self):
    \t\tif self:
    \t\t\treturn (1 +
    \t  2)
    '''


@pytest.mark.parametrize("of", ["everything", "examples", "itself"])
def test_positions_are_those_of_libcst(of):
    files = {
        "everything": [],
        "examples": sorted((ROOT / "examples").rglob("*.py")),
        "itself": sorted((ROOT / "trtlint" / "analysis").glob("*.py"))[:6],
    }[of]
    project = Project({path: path.read_text() for path in files})
    if not files:
        project = project_of(net=EVERYTHING)
    assert not project.errors
    seen = 0
    for path, index in project.files.items():
        for name in index.functions:
            seen += 1
            compare(project, path, name)
    assert seen


def compare(project: Project, path: Path, name: str) -> None:
    symbol = Symbol("function", name, path)
    compare_code(FunctionCode(project, symbol))
    try:
        bare = BareCode(project, symbol)
    except Untranslated:
        return
    code = FunctionCode(project, symbol, bare)
    assert code.pairs
    compare_code(code)
    for node, other in code.pairs:
        bare.inexact = False
        span, text = bare.span(other), bare.code(other)
        if not bare.inexact:
            assert (span, text) == (code.span(node), code.code(node))


def compare_code(code: FunctionCode) -> None:
    expected = MetadataWrapper(code.module, unsafe_skip_copy=True).resolve(PositionProvider)
    shift = code.first_line - 1
    for node in code.tree.nodes:
        at = expected[node]
        span = code.span(node)
        assert (span.line - shift, span.column - 1) == (at.start.line, at.start.column), node
        assert (span.end_line - shift, span.end_column - 1) == (at.end.line, at.end.column), node
