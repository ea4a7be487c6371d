"""bool-arithmetic: sums and extremes of masks as what they mean."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    ints_of,
    is_none,
)
from trtlint.rules.bool_arithmetic import BoolArithmetic

_OR = frozenset({"add", "maximum", "amax", "max"})


class BoolArithmeticToLogic(Rewrite[OperatorMatch]):
    """Write ``|`` and ``&``, ``any`` and ``all``, and count integers.

    Why safe: PyTorch computes just that; truth values have no rounding.
    """

    rule = BoolArithmetic
    title = "write it as logic"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For all but sorting, which returns masks in an order of its own."""
        use, kind = found.use, found.variant
        if isinstance(use.node, cst.AugAssign):
            return Decline("an augmented assignment writes into the mask")
        if kind in ("sum", "larger"):
            new = Composer.of(code, use, "input", "other")
            sign = "|" if use.name in _OR else "&"
            return new.change(f"{new.factor('input')} {sign} {new.factor('other')}")
        if kind == "scan":
            new = Composer.of(code, use, "input", "dim")
            return new.change(f"{new.once('input')}.long().cumsum({new.source('dim')})")
        if kind == "extreme" and use.name != "aminmax":
            return _extreme(found, code)
        return Decline("the order of equal elements is not that of numbers")


def _extreme(found: OperatorMatch, code: TracedCode) -> Change | Decline:
    """``any`` or ``all`` over the same dimensions."""
    new = Composer.of(code, found.use, "input", "dim", "keepdim")
    if found.use.name in ("max", "min") and "dim" in new.operands:
        return Decline("it returns the place of the extreme as well")
    dims = () if is_none(new.value("dim")) else ints_of(new.value("dim"))
    if dims is None:
        return Decline("the dimensions are not known")
    if len(dims) > 1:
        return Decline("`any` over several dimensions at once does not convert")
    method = "any" if found.use.name in _OR else "all"
    args = [str(dim) for dim in dims]
    if "keepdim" in new.operands and dims:
        args.append(f"keepdim={new.source('keepdim')}")
    return new.change(f"{new.once('input')}.{method}({', '.join(args)})")
