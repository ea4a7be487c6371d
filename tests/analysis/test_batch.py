"""Which sizes are the batch: followed from forward's inputs through calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from abstract import HEADER, project_of

from trtlint.analysis.batch import Batched, batch_parameters
from trtlint.analysis.core import Analysis
from trtlint.analysis.project import Symbol

HELPER = "\n\ndef helper(t, n: int = 1):\n    return t.view(n, -1)\n"


def batched(forward: str, top: str = HELPER, init: str = "pass") -> frozenset[str]:
    """The parameters of ``helper`` that have a batch where ``forward`` is this."""
    text = (
        f"{HEADER}{top}\n\nclass Model(nn.Module):\n    def __init__(self):\n"
        f"        super().__init__()\n        {init}\n\n"
        f"    def forward(self, x, mask=None):\n        {forward}\n"
    )
    analysis = Analysis(project_of(net=text))
    found = batch_parameters(analysis, Symbol("function", "helper", Path("/project/net.py")))
    return found.tensors | found.numbers


def test_inputs_of_forward_have_a_batch() -> None:
    text = HEADER + "class Model(nn.Module):\n    def forward(self, x, y):\n        return x + y\n"
    analysis = Analysis(project_of(net=text))
    symbol = Symbol("function", "Model.forward", Path("/project/net.py"))
    assert batch_parameters(analysis, symbol) == Batched(frozenset({"x", "y"}))


@pytest.mark.parametrize(
    ("forward", "found"),
    [
        ("return helper(x.abs())", {"t"}),
        ("return helper(t=x.relu())", {"t"}),
        ("return helper(x.view(x.shape[0] * 4, -1), 3)", {"t"}),
        ("return helper(x.abs(), x.shape[0])", {"t", "n"}),
        ("return helper(x.abs(), n=x.shape[0] // 2)", {"t", "n"}),
        ("return helper(x.permute(1, 0, 2), x.shape[2])", set()),
        ("return helper(x.abs().transpose(0, 1), x.size(1))", set()),
        ("return helper(self.weight) * x", set()),
        ("return helper(torch.zeros(3, 4)) * x", set()),
        ("return helper(x.mean((2, 3))[0], 2)", set()),
    ],
)
def test_of_a_helper_follows_what_it_is_given(forward: str, found: set[str]) -> None:
    init = "self.weight = nn.Parameter(torch.ones(3))"
    assert batched(forward, init=init) == found


def test_through_two_helpers() -> None:
    top = HELPER + "\n\ndef outer(a, b):\n    b.abs()\n    return helper(a.relu())\n"
    assert batched("return outer(x.abs(), self.weight)", top) == {"t"}
    assert batched("return outer(self.weight, x.abs())", top, "self.weight = 1") == set()


def test_through_a_recursion() -> None:
    top = "\n\ndef helper(t, n: int = 1):\n    return helper(t.abs(), n - 1) if n else t.abs()\n"
    assert batched("return helper(x.abs())", top) == {"t"}


@pytest.mark.parametrize(
    ("signature", "found"),
    [
        ("self, x, cu_seqlens", set()),
        ("self, x, cu_seqlens_q: torch.Tensor, max_seqlen=None", set()),
        ("self, x, cu_seqlens=None", {"x", "cu_seqlens"}),
    ],
)
def test_packed_samples_have_no_batch(signature: str, found: set[str]) -> None:
    text = f"{HEADER}class Model(nn.Module):\n    def forward({signature}):\n        return x + 1\n"
    analysis = Analysis(project_of(net=text))
    symbol = Symbol("function", "Model.forward", Path("/project/net.py"))
    assert batch_parameters(analysis, symbol).tensors == found
