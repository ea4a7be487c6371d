"""unsupported-operator: the formulas of functions."""

from __future__ import annotations

from collections.abc import Mapping

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    flag_of,
    number_of,
)
from trtlint.rules.unsupported_operator import UnsupportedOperator

# By name: the signature, and the formula.
_FORMULAS: Mapping[str, tuple[str, str]] = {
    "expm1": ("input", "{input}.exp() - 1"),
    "exp2": ("input", "2.0 ** {input}"),
    "sinh": ("input", "({input}.exp() - (-{input}).exp()) / 2"),
    "cosh": ("input", "({input}.exp() + (-{input}).exp()) / 2"),
    **dict.fromkeys(
        ("asinh", "arcsinh"),
        ("input", "{input}.sign() * ({input}.abs() + ({input} * {input} + 1).sqrt()).log()"),
    ),
    **dict.fromkeys(
        ("acosh", "arccosh"), ("input", "({input} + ({input} * {input} - 1).sqrt()).log()")
    ),
    **dict.fromkeys(("atanh", "arctanh"), ("input", "((1 + {input}) / (1 - {input})).log() / 2")),
    "erfc": ("input", "1 - {input}.erf()"),
    "hypot": ("input other", "({input} * {input} + {other} * {other}).sqrt()"),
    "xlogy": (
        "input other",
        "{torch.where}(({input} == 0) & ~{other}.isnan(), 0.0, {input} * {other}.log())",
    ),
    "logaddexp": (
        "input other",
        "{torch.maximum}({input}, {other}) + (1 + (-({input} - {other}).abs()).exp()).log()",
    ),
    "sinc": (
        "input",
        "{torch.where}({input} == 0, 1.0, (3.141592653589793 * {input}).sin()"
        " / (3.141592653589793 * {input}))",
    ),
    "ndtr": ("input", "((0.7071067811865476 * {input}).erf() + 1) / 2"),
    "copysign": (
        "input other",
        "{torch.where}(({other} < 0) | (1 / {other} < 0), -{input}.abs(), {input}.abs())",
    ),
    "isclose": (
        "input other",
        "({input} == {other}) | ((({input} * 1 - {other}).abs() <= 1e-08 + (1e-05 * {other}).abs())"
        ' & (({input} * 1 - {other}).abs() < float("inf")))',
    ),
}
_PRODUCTS = {"addcmul": "*", "addcdiv": "/"}


class UnsupportedOperatorToFormula(Rewrite[OperatorMatch]):
    """Write the formula of a function: ``x.exp() - 1`` for ``torch.expm1(x)``.

    Why unsafe: each step rounds, by a unit in the last place or so; near zero ``expm1`` and its
    inverse kin lose digits that the function keeps, and large arguments overflow sooner. The sign
    of a not-a-number is not copied, and the slope of ``RReLU`` is the one of eval mode.
    """

    rule = UnsupportedOperator
    title = "write its formula"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For functions whose formula is one line."""
        use = found.use
        if use.name in _FORMULAS:
            signature, formula = _FORMULAS[use.name]
            new = Composer.of(code, use, *signature.split())
            return new.change(new.fill(formula))
        if use.name == "RReLU":
            return _leaky(Composer.called(code, use))
        if use.name in _PRODUCTS:
            new = Composer.of(code, use, "input", "tensor1", "tensor2", "value")
            factor = "{value} * " if "value" in new.operands else ""
            return new.change(
                new.fill(f"{{input}} + {factor}{{tensor1}} {_PRODUCTS[use.name]} {{tensor2}}")
            )
        return Decline("no operators that convert compute the same", beside=True)


def _leaky(new: Composer) -> Change | Decline:
    """In eval mode, the slope is the middle of both bounds."""
    low = new.use.option("lower", layer_at=0)
    high = new.use.option("upper", layer_at=1)
    bounds = (1 / 8 if low is None else number_of(low), 1 / 3 if high is None else number_of(high))
    if None in bounds or flag_of(new.use.option("inplace", layer_at=2)) is not False:
        return Decline("its bounds are not known, or it writes into the tensor")
    slope = sum(bound for bound in bounds if bound is not None) / 2
    leaky = new.torch("torch.nn.functional.leaky_relu")
    return new.change(f"{leaky}({new.source('input')}, {slope!r})")
