"""The templates that are called exact compute what their operators compute, bit for bit."""

from __future__ import annotations

import pytest

from trtlint.rewrites.unsupported_operator_composite import _TEMPLATES

torch = pytest.importorskip("torch")

_ODD = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-8, 3e4, float("inf"), float("-inf"), float("nan"))
_DTYPES = ("float32", "float64", "float16", "bfloat16")


def _original(name: str):
    attribute = name == "mT"
    return (lambda x: x.mT) if attribute else getattr(torch, name)


def _written(name: str):
    """The template as a function."""
    signature, template = _TEMPLATES[name]
    names = {operand: operand for operand in signature.split()}
    text = template.replace("{torch.where}", "torch.where").format(**names)
    return eval(f"lambda {', '.join(names)}: {text}", {"torch": torch})


def _operands(dtype: str):
    """Pairs of operands: every odd number with every other, random ones, broadcast and empty."""
    odd = torch.tensor(_ODD)
    left, right = odd[:, None].expand(11, 11), odd[None, :].expand(11, 11)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(4, 5, 6, generator=generator)
    pairs = [(left, right), (noise * 3, noise.flip(0)), (noise, noise[:1, :, :1])]
    pairs += [(noise[:0], noise[:0]), (odd[:, None], odd[None])]
    return [(a.to(getattr(torch, dtype)), b.to(getattr(torch, dtype))) for a, b in pairs]


@pytest.mark.parametrize("dtype", _DTYPES)
@pytest.mark.parametrize("name", sorted(_TEMPLATES))
def test_template_is_exact(name: str, dtype: str) -> None:
    count = len(_TEMPLATES[name][0].split())
    for operands in _operands(dtype):
        expected = _original(name)(*operands[:count])
        found = _written(name)(*operands[:count])
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert bool(((found == expected) | ((found != found) & (expected != expected))).all())
