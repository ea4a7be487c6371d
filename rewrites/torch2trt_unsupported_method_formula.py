"""torch2trt-unsupported-method: what an operation is made of."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
    flag_of,
    int_of,
    ints_of,
    is_none,
    number_of,
)
from trtlint.rules.torch2trt_unsupported_method import Torch2trtUnsupportedMethod

_POWER = {"norm": "p", "vector_norm": "ord"}
_NONE = "nothing that torch2trt converts comes close to it"


class Torch2trtUnsupportedMethodToFormula(Rewrite[Torch2trtMatch]):
    """Write ``rsqrt``, ``glu``, ``hardswish``, ``sign``, norms and variances with operators that
    convert, and leave ``detach`` out.

    Why unsafe: intermediate results are rounded, which shows in float16 and in the last digits of
    norms; the sign of not-a-number is no longer 0; without ``detach`` a training run computes more
    gradients.
    """

    rule = Torch2trtUnsupportedMethod
    title = "write its formula"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For functions whose formula is one line."""
        use = next((use for use in code.uses() if use.node is found.node), None)
        if use is not None and use.form == "layer" and use.name in ("Hardswish", "Hardsigmoid"):
            if flag_of(use.option("inplace", layer_at=0)) is not False:
                return Decline("it may write into the tensor")
            return _hard(Composer.called(code, use), use.name.lower())
        if use is None or use.form not in ("function", "method") or use.name.endswith("_"):
            return Decline(_NONE, beside=True)
        match use.name:
            case "sign":
                new = Composer.of(code, use, "input")
                return new.change(
                    new.fill(
                        "{torch.ceil}({x}.clamp(0.0, 1.0)) + {torch.floor}({x}.clamp(-1.0, 0.0))",
                        x=new.often("input"),
                    )
                )
            case "rsqrt":
                new = Composer.of(code, use, "input")
                return new.change(f"{new.factor('input')} ** -0.5")
            case "detach":
                new = Composer.of(code, use, "input")
                return new.change(new.once("input"))
            case "hardswish" | "hardsigmoid":
                new = Composer.of(code, use, "input", "inplace")
                if "inplace" in new.operands:
                    return Decline("it may write into the tensor")
                return _hard(new, use.name)
            case "logsigmoid":
                new = Composer.of(code, use, "input")
                softplus = new.torch("torch.nn.functional.softplus")
                return new.change(f"-{softplus}(-{new.factor('input')})")
            case "glu":
                return _gated(Composer.of(code, use, "input", "dim"))
            case "norm" | "vector_norm":
                return _norm(Composer.of(code, use, "input", _POWER[use.name], "dim", "keepdim"))
            case "std" | "var":
                new = Composer.of(code, use, "input", "dim", "unbiased", "keepdim")
                return _spread(new, use.name)
        return Decline(_NONE, beside=True)


def _hard(new: Composer, name: str) -> Change | Decline:
    """A straight line between two bounds."""
    gate = f"{new.torch('torch.nn.functional.relu6')}({new.often('input')} + 3) / 6"
    return new.change(f"{new.often('input')} * {gate}" if name == "hardswish" else gate)


def _gated(new: Composer) -> Change | Decline:
    """The first half times the sigmoid of the second."""
    if "dim" not in new.operands or (int_of(new.value("dim")) or 0) < 0:
        dim = str(new.rank("input") + (int_of(new.value("dim")) or -1))
    else:
        dim = new.source("dim")
    halves = new.let("halves", f"{new.once('input')}.chunk(2, {dim})")
    return new.change(f"{halves}[0] * {new.torch('torch.sigmoid')}({halves}[1])")


def _dims(new: Composer) -> str:
    """``dim, keepdim=...``, the dimensions counted from the front."""
    keep = f", keepdim={new.source('keepdim')}" if "keepdim" in new.operands else ""
    return f"{new.from_front('dim')}{keep}"


def _norm(new: Composer) -> Change | Decline:
    power = "p" if "p" in new.operands else "ord"
    if is_none(new.value("dim")):
        return Decline("without a dimension, torch2trt keeps the batch")
    degree = 2.0 if power not in new.operands else number_of(new.value(power))
    if degree == 1:
        return new.change(f"{new.once('input')}.abs().sum({_dims(new)})")
    if degree != 2:
        return Decline("it is no norm of degree 1 or 2")
    return new.change(f"({new.factor('input')} ** 2).sum({_dims(new)}) ** 0.5")


def _spread(new: Composer, name: str) -> Change | Decline:
    """The mean square distance from the mean."""
    dims = ints_of(new.value("dim"))
    if not dims:
        return Decline("the dimensions are not known")
    unbiased = new.source("unbiased") or "True"
    if unbiased != "False":
        return Decline("it divides by one less than the size")
    value, front = new.often("input"), new.from_front("dim")
    mean = f"{value}.mean({front}, keepdim=True)"
    spread = f"(({value} - {mean}) ** 2).mean({_dims(new)})"
    return new.change(f"{spread} ** 0.5" if name == "std" else spread)
