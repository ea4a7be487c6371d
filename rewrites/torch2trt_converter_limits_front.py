"""torch2trt-converter-limits: the same arguments in the form that the converter reads."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorUse,
    Rewrite,
    Safety,
    Swap,
    Torch2trtMatch,
    TracedCode,
    ints_of,
)
from trtlint.rules.torch2trt_converter_limits import Torch2trtConverterLimits

# Where the dimensions stand in the signature.
_REDUCTIONS = {
    **dict.fromkeys(("sum", "mean", "prod", "max", "min"), ("input", "dim", "keepdim")),
    "normalize": ("input", "p", "dim", "eps"),
}


class Torch2trtConverterLimitsToFront(Rewrite[Torch2trtMatch]):
    """Count dimensions from the front: ``x.sum(2)`` for ``x.sum(-1)``, ``x.dim() - 1`` where the
    rank is not known; pad with four numbers, and spell out the stride of a pooling.

    Why safe: they are the same dimensions and what is left out by default; padding one more by
    nothing adds nothing.
    """

    rule = Torch2trtConverterLimits
    title = "write the arguments as the converter reads them"
    safety = Safety.SAFE

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For reductions over dimensions from the end, and ``F.pad`` of the last dimension."""
        use = next((use for use in code.uses() if use.node is found.node), None)
        if use is None or use.form not in ("function", "method"):
            return Decline("no other form of its arguments is known to convert")
        if use.name == "pad":
            return _padded(code, use)
        text = _by_position(code, use)
        if text is not None:
            return Change((Swap(code.code, use.node, text),))
        if use.name not in _REDUCTIONS:
            return Decline("no other form of its arguments is known to convert")
        new = Composer.of(code, use, *_REDUCTIONS[use.name], "dtype")
        dims = ints_of(new.value("dim"))
        if not dims or min(dims) >= 0:
            return Decline("no other form of its arguments is known to convert")
        text = new.from_front("dim")
        if new.named:
            return Decline(f"how many dimensions `{new.source('input')}` has is not known")
        return Change((Swap(code.code, new.operands["dim"], text, bare=True),))


def _by_position(code: TracedCode, use: OperatorUse) -> str | None:
    """The call with the stride of a pooling spelled out, or with arguments where they are read."""
    call = use.node
    if not isinstance(call, cst.Call) or any(arg.star for arg in call.args):
        return None
    if not call.args:
        return None
    given = [(a.keyword.value if a.keyword else "", code.source(a.value)) for a in call.args]
    first = ("", given[0][1]) if given and given[0][0] in ("input", "tensors") else given[0]
    args = [first, *(("dim" if name == "axis" else name, text) for name, text in given[1:])]
    if "_pool" in use.name and "adaptive" not in use.name and use.option("stride", 2) is None:
        kernel = ints_of(use.option("kernel_size", 1))
        args += [("stride", str(kernel[0] if len(kernel) == 1 else kernel))] if kernel else []
    if args == given:
        return None
    shown = ", ".join(f"{name}={source}" if name else source for name, source in args)
    return f"{code.source(call.func)}({shown})"


def _padded(code: TracedCode, use: OperatorUse) -> Change | Decline:
    """Numbers for the last two dimensions."""
    new = Composer.of(code, use, "input", "pad", "mode", "value")
    amounts = ints_of(new.value("pad"))
    if amounts is None or len(amounts) != 2:
        return Decline("no other form of its arguments is known to convert")
    if "mode" in new.operands:
        return Decline("the converter pads with zeros only")
    if new.rank("input") < 2:
        return Decline("there is no second dimension to pad by nothing")
    left, right = amounts
    return Change((Swap(code.code, new.operands["pad"], f"({left}, {right}, 0, 0)", bare=True),))
