"""Code that is odd, enormous or nested beyond reason: reported as such, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from trtlint.errors import AuthorError, UnparsableSource
from trtlint.findings import FileReport
from trtlint.report import Request
from trtlint.session import run

HEAD = "import torch\nfrom torch import nn\n\n\nclass M(nn.Module):\n    def forward(self, x):\n"
MANY = 20_000


def checked(tmp_path: Path, text: str) -> FileReport:
    """What is said of a file with this text, a second file beside it that has a finding."""
    (tmp_path / "odd.py").write_text(text)
    (tmp_path / "plain.py").write_text(HEAD + "        return x.view(x.size(0), -1)\n")
    report = run(Request((tmp_path,), rules=("baked-batch",), isolated=True))
    odd, plain = report.files
    assert [finding.rule for finding in plain.findings] == ["baked-batch"]
    assert not [error for error in odd.errors if isinstance(error, AuthorError)]
    return odd


@pytest.mark.parametrize(
    "expression",
    [
        "x" + " and x" * MANY,
        "x" + " + x" * MANY,
        "lambda: " * 3000 + "x",
        "x if x else " * MANY + "x",
        "(" * 150 + "x" + ")" * 150,
        "-" * 3000 + "x",
        "x" + ".T" * 3000,
    ],
    ids=["and", "plus", "lambda", "conditional", "parentheses", "minus", "attributes"],
)
def test_what_is_nested_too_deeply_is_said_to_be(tmp_path, expression):
    report = checked(tmp_path, f"{HEAD}        return {expression}\n")
    for error in report.errors:
        assert "too deeply" in error.message or "too many" in error.message
        assert error.line


def test_a_long_chain_of_elif(tmp_path):
    text = f"{HEAD}        if x: y = 1\n" + "        elif x: y = 2\n" * MANY
    report = checked(tmp_path, text)
    assert [error.line for error in report.errors] == [1]


LONG = {
    "branches": "if n == 0:\n            y = x\n"
    + "".join(f"        elif n == {i}:\n            y = x * {i}\n" for i in range(1, 1000)),
    "statements": "y = x\n" + "".join(f"        y = y + x.mean() * {i}\n" for i in range(3000)),
    "variables": "y = x\n" + "".join(f"        y{i} = x * {i}\n" for i in range(2000)),
    "entries": "y = {\n"
    + "".join(f"            'k{i}': x * {i},\n" for i in range(3000))
    + "        }\n",
    "conditions": "y = x\n"
    + "".join(f"        if n > {i}:\n            y = y + {i}\n" for i in range(800)),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_long_functions_come_to_an_end(tmp_path, name):
    body = f"        n = x.shape[1]\n        {LONG[name]}        return x.view(x.size(0), -1)\n"
    report = checked(tmp_path, HEAD + body)
    if name == "branches":  # Python's own parser makes a nest of them
        assert all("too deeply" in error.message for error in report.errors)
    else:
        assert [finding.rule for finding in report.findings] == ["baked-batch"]


def test_many_fixes_in_one_function(tmp_path):
    """Each finding's edit is its own, whatever else stands in the function."""
    head = HEAD.replace(
        "    def forward",
        "    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 4, 1)\n\n    def forward",
    )
    lines = ["        z = self.conv(x)  # first", "        with torch.no_grad():"]
    for i in range(40):
        lines += [f"            y{i} = z.relu()", f"            # {i}"]
        lines += [f"            y{i}[:, :2] = z[:, 2:]  # {i}"]
    text = head + "\n".join([*lines, "        return z", ""])
    path = tmp_path / "many.py"
    path.write_text(text)
    request = Request((path,), rules=("slice-assign",), isolated=True, with_edits=True)
    (report,) = run(request).files
    assert len(report.findings) == 40
    old = text.splitlines()
    for i, finding in enumerate(report.findings):
        assert finding.fix is not None
        (edit,) = finding.fix.edits
        assert edit.span.line == old.index(f"            y{i}[:, :2] = z[:, 2:]  # {i}") + 1
        assert edit.text.startswith(f"            y{i} = torch.cat((z[:, 2:], y{i}[:, 2:])")
        assert edit.text.endswith(f"  # {i}\n")


def test_what_libcst_cannot_parse_is_reported_with_its_place(tmp_path):
    other = "class N(M):\n    def forward(self, x):\n        z = super().forward(x)\n"
    other += "        return x.view(x.size(0), -1)\n"
    text = f"{HEAD}        (y): int = 1\n        return x.view(x.size(0), -1)\n\n\n{other}"
    report = checked(tmp_path, text)
    (error,) = report.errors
    assert isinstance(error, UnparsableSource)
    assert (error.line, error.column > 0) == (7, True)
    assert [finding.span.line for finding in report.findings] == [14]


def test_what_libcst_cannot_parse_is_checked(tmp_path):
    """It is LibCST's business only where something is found, which is then to be shown."""
    report = checked(tmp_path, HEAD + "        (y): int = 1\n        return x\n")
    assert (report.errors, report.findings) == ((), ())


@pytest.mark.parametrize(("text", "line"), [("x = 1\ny = (\n", 2), ("a = 1\n  b = 2\n", 2)])
def test_invalid_python_is_reported_with_its_place(tmp_path, text, line):
    (error,) = checked(tmp_path, text).errors
    assert isinstance(error, UnparsableSource)
    assert (error.line, error.column > 0) == (line, True)


def test_bases_that_are_no_classes(tmp_path):
    text = """
import torch
from torch import nn

VARIABLE = nn.Module if torch else object
CONSTANT = 3


def made(): return nn.Module


class A(VARIABLE): pass
class B(made): pass
class C(CONSTANT, nn.Module):
    def forward(self, x): return x.view(x.size(0), -1)
class D(C, torch): pass
class E(A, B, D): pass
"""
    assert [finding.span.line for finding in checked(tmp_path, text).findings] == [15]
