"""The dataflow of torch2trt: what follows the input, what is baked, and where it is told."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from trtlint import catalogue, engine
from trtlint.source import Source

HEAD = """import torch
import torch.nn as nn
import torch.nn.functional as F


"""
RULES = tuple(name for name in catalogue.rule_names() if name.startswith("torch2trt-"))


def told(code: str, *, dynamic: bool = False, rules: tuple[str, ...] = RULES) -> list[str]:
    """``rule:line`` of each finding, the first line of ``code`` being 1."""
    source = Source(Path("net.py"), HEAD + textwrap.dedent(code).strip() + "\n")
    settings = engine.EngineSettings(rules, ("torch2trt-0.5",), dynamic_batch=dynamic)
    (report,) = engine.check([source], [], settings)
    assert not report.errors, report.errors
    shift = HEAD.count("\n")
    return [f"{f.rule.removeprefix('torch2trt-')}:{f.span.line - shift}" for f in report.findings]


def model(body: str, init: str = "pass") -> str:
    """A module with that ``forward``; its body starts at line 6."""
    return (
        "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        {init}\n    def forward(self, x, y):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return torch.erf(x)", ["unsupported-method:6"]),
        ("z = torch.erf(x)\nreturn x + 1", []),  # nobody uses it
        ("z = torch.erf(x)\nz = z * 2\nreturn z + y", ["unsupported-method:6"]),  # told once
        ("w = torch.erf(torch.ones(4))\nreturn x * w", []),
        ("h = torch.zeros(4)\nfor i in range(3):\n    h = torch.erf(h + x)\nreturn h",
         ["unsupported-method:8"]),
        ("outs = []\nfor i in range(2):\n    outs.append(torch.erf(x))\nreturn torch.cat(outs, 1)",
         ["unsupported-method:8"]),
        ("a, b = x.max(1)\nreturn a * 2", []),
        ("a, b = x.max(1)\nreturn a * 2, b", ["unsupported-method:6"]),
        ("return (lambda t: torch.erf(t))(x)", ["unsupported-method:6"]),
        ("if self.training:\n    return torch.erf(x)\nreturn x + 1", []),
        ("if torch.isnan(x).any():\n    raise ValueError\nreturn x + 1", []),
        ("if x.mean() > 0:\n    y = y * 2\nreturn x + y", ["baked-value:6"]),
        ("n = x.max().item()\nprint(n)\nreturn x + 1", []),
        ("n = x.max().item()\nreturn y * n", ["baked-value:6"]),
        ("v = x.view(2, -1)\nv.mul_(2)\nreturn v + 1", []),
        ("z = x + 1\nv = z.view(2, -1)\nv.mul_(2)\nreturn z * y", ["lost-write:8"]),
        ("return F.relu(x[y > 0])", ["getitem-forms:6"]),
        ("t = y.flatten(1)\nreturn [x[0] for x in [t]]", ["getitem-forms:7"]),
    ],
)  # fmt: skip
def test_statements(body: str, expected: list[str]) -> None:
    assert told(model(body)) == expected


def test_what_a_helper_gets_decides() -> None:
    code = """
    def double(t):
        return torch.erf(t) * 2


    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("table", torch.ones(4))

        def forward(self, x):
            return x * {call}
    """
    assert told(code.format(call="double(self.table)")) == []
    assert told(code.format(call="double(x.mean())")) == ["unsupported-method:2"]


def test_a_list_of_inputs_is_no_tensor() -> None:
    code = """
    class Model(nn.Module):
        def forward(self, features):
            last = features[-1]
            for f in features[1:]:
                last = last + F.relu(f)
            return torch.cat(features, 1), last
    """
    assert told(code) == []


def test_a_kind_that_is_asked_for() -> None:
    code = """
    class Model(nn.Module):
        def forward(self, x):
            if isinstance(x, (list, tuple)):
                x = F.relu(x[0])
            return F.relu(x)
    """
    assert told(code) == []


def test_recursion_ends() -> None:
    code = """
    def down(t, n):
        return t if n == 0 else down(torch.erf(t), n - 1)


    class Model(nn.Module):
        def forward(self, x):
            return down(x, 3) + 1
    """
    assert told(code) == ["unsupported-method:2"]


def test_sizes_are_traced_and_numbers_are_not() -> None:
    traced = "return x.view(x.shape[0] * 2, -1)"
    assert told(model(traced), dynamic=True) == []
    number = "return x.view(int(x.shape[0]) * 2, -1)"
    assert told(model(number), dynamic=True) == ["static-shape:6"]
    assert told(model(number)) == []


def test_a_more_particular_rule_comes_first() -> None:
    code = model("return F.grid_sample(x, y)")
    both = told(code, rules=("grid-sample", "torch2trt-unsupported-method"))
    assert both == ["grid-sample:6"]
    assert told(code) == ["unsupported-method:6"]


def test_objects_that_hold_outputs() -> None:
    code = """
    from collections import OrderedDict


    class Output{base}:
        def __init__(self, out):
            self.out = out


    class Model(nn.Module):
        def forward(self, x):
            return Output(x + 1)
    """
    assert told(code.format(base="")) == ["output-form:11"]
    assert told(code.format(base="(OrderedDict)")) == []
