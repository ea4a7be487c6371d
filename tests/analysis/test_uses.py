"""What happens to the result of an expression."""

from __future__ import annotations

import libcst as cst
import pytest
from abstract import HEADER, project_of

from trtlint.analysis.core import Analysis
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.uses import only_checked

CHECKS = """
def compilable(cond):
    torch._check(cond)
def show(cond):
    print(cond)
"""


@pytest.mark.parametrize(
    ("use", "only"),
    [
        ("torch._check(x[m].numel() == 3)", True),
        ("torch._check(3 < x[m].numel())", True),
        ("compilable(x[m].numel() == 3)", True),
        ("show(x[m].numel() == 3)", False),
        ("torch._check(x[m].shape[0] == 3)", False),
        ("torch._check(x[m].sum() == 3)", False),
        ("torch._check(bool(x[m]))", False),
        ("assert x[m].numel() == 3", False),
        ("n = x[m].numel()", False),
        ("torch.zeros(x[m].numel())", False),
    ],
)
def test_what_is_only_counted_for_a_check(use: str, only: bool) -> None:
    text = f"{HEADER}{CHECKS}class Model(nn.Module):\n    def forward(self, x, m):\n        {use}\n"
    analysis = Analysis(project_of(net=text))
    entry = next(e for e in analysis.traced.values() if e.symbol.qualname == "Model.forward")
    code = TracedCode(analysis, entry)
    read = next(node for node in code.walk(cst.Subscript) if code.source(node) == "x[m]")
    assert only_checked(code, read) == only
