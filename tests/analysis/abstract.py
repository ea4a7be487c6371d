"""Small projects in memory, for tests of the analysis."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from trtlint.analysis.core import Analysis
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.sizes import ClampAtom, FloorDivAtom, Size
from trtlint.analysis.values import Int, Items, Tensor, Value

HEADER = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def project_of(**files: str) -> Project:
    """A project of these files; ``models__net`` is ``models/net.py``."""
    texts = {}
    for name, text in files.items():
        path = Path("/project", *name.split("__")).with_suffix(".py")
        if name.endswith("____init"):
            path = Path("/project", *name.removesuffix("____init").split("__"), "__init__.py")
        texts[path] = textwrap.dedent(text)
    return Project(texts)


def analysis_of(text: str) -> Analysis:
    """The analysis of one file, torch imported."""
    return Analysis(project_of(net=HEADER + textwrap.dedent(text)))


def returned(body: str, *, signature: str = "self, x", init: str = "pass", top: str = "") -> Value:
    """What ``forward`` with this body returns."""
    text = (
        f"{HEADER}{textwrap.dedent(top)}\n"
        "class Model(nn.Module):\n"
        "    def __init__(self, width=8, count: int = 2, flag=True):\n"
        "        super().__init__()\n"
        f"{textwrap.indent(textwrap.dedent(init).strip(), ' ' * 8)}\n\n"
        f"    def forward({signature}):\n"
        f"{textwrap.indent(textwrap.dedent(body).strip(), ' ' * 8)}\n"
    )
    analysis = Analysis(project_of(net=text))
    result = analysis.evaluate(Symbol("function", "Model.forward", Path("/project/net.py")))
    assert result.returns is not None
    return result.returns


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The integer that ``size`` is for these atoms.

    Raises:
        KeyError: an atom has no value here.
    """
    total = 0
    for monomial, coefficient in size.terms:
        product = coefficient
        for one in monomial:
            match one:
                case FloorDivAtom(num=num, den=den):
                    product *= evaluate(num, values) // evaluate(den, values)
                case ClampAtom(inner=inner):
                    product *= max(0, evaluate(inner, values))
                case _:
                    product *= values[one.name]
        total += product
    return total


def shown(value: Value) -> str:
    """A short text for a value: ``f32 (x.shape[0], 3)``, ``4``, ``?``."""
    match value:
        case Tensor():
            exact = "" if value.exact else "~"
            return f"{value.dtype or '?'} {exact}{value.shape}"
        case Int(size=size):
            return str(size)
        case Items(items=tuple() as items):
            return "[" + ", ".join(map(shown, items)) + "]"
        case _:
            return "?"
