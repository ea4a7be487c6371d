"""Where values come from: the inputs' elements, or nowhere but the model; and what is a view."""

from __future__ import annotations

import pytest
from abstract import returned

from trtlint.analysis.values import Items, NdArray, Number, Tensor, Value

INIT = """
    self.weight = nn.Parameter(torch.ones(4))
    self.register_buffer("sizes", torch.tensor([2, 3]))
    self.norm = nn.LayerNorm(4)
"""


def origin(expression: str, before: str = "b = x.shape[0]") -> bool | None:
    value: Value = returned(f"{before}\nreturn {expression}", init=INIT)
    assert isinstance(value, Tensor | Number | NdArray), value
    return value.varies


@pytest.mark.parametrize(
    "expression",
    [
        "x",
        "x + 1",
        "1 - x",
        "-x",
        "x > 0",
        "x.sum()",
        "torch.relu(x)",
        "self.norm(x)",
        "x[:, 0]",
        "x.view(b, -1).T",
        "self.weight * x",
        "torch.where(x > 0, 1.0, 0.0)",
        "torch.cat([self.weight, x[0]])",
        "torch.rand(3)",
        "x.mean().item()",
        "int(x.max())",
        "2 * float(x.mean()) + 1",
        "x.sum().item() > 3",
        "bool(x.any())",
        "torch.equal(x, x + 1)",
        "x.numpy()",
        "x.cpu().numpy()[0]",
    ],
)
def test_varies_with_the_inputs(expression: str) -> None:
    assert origin(expression) is True


@pytest.mark.parametrize(
    "expression",
    [
        "self.weight",
        "self.weight.exp() * 2",
        "self.norm.weight",
        "torch.arange(4) != 2",
        "torch.ones(3, 3).triu()",
        "torch.zeros_like(x)",
        "x.new_ones(3)",
        "torch.full((2, 2), 3.0)",
        "self.sizes[0]",
        "self.sizes.sum().item()",
        "int(self.sizes[0])",
        "float(3)",
        "x.dim() == 2",
        "isinstance(x, torch.Tensor)",
        "x is None",
    ],
)
def test_is_the_same_at_every_call(expression: str) -> None:
    assert origin(expression) is False


def test_writes_carry_the_origin_over() -> None:
    made = "b = x.shape[0]\ny = torch.zeros(3)\n"
    assert origin("y", made) is False
    assert origin("y", made + "y[0] = 1.0") is False
    assert origin("y", made + "y[0] = x[0, 0]") is True
    assert origin("y", made + "y += x.sum()") is True
    assert origin("y", made + "y.copy_(x[0])") is True


def test_one_of_two_paths_is_enough() -> None:
    assert origin("y", "y = self.weight\nif x.shape[1] > 2:\n    y = x.sum()") is True


def test_lists_of_numbers_vary_with_their_tensor() -> None:
    value = returned("b, c = x.shape\nreturn x[0].tolist()")
    assert isinstance(value, Items)
    assert value.element == Number("float", varies=True)


def view(expression: str) -> str | None:
    value = returned(f"b, c, h, w = x.shape\ny = x.clone()\nreturn {expression}")
    assert isinstance(value, Tensor), value
    return value.view


@pytest.mark.parametrize(
    "expression",
    [
        "y[:, 0]",
        "y.view(b, -1)",
        "y.transpose(1, 2)",
        "y.detach()",
        "y.T",
        "y.data",
        "y.chunk(2)[0]",
    ],
)
def test_views_are_told_from_what_they_show(expression: str) -> None:
    assert view(expression) is not None


@pytest.mark.parametrize("expression", ["y", "y + 1", "y.contiguous()", "y[y > 0]", "y.clone()"])
def test_results_of_their_own_are_no_views(expression: str) -> None:
    assert view(expression) is None
