"""torch2trt-converter-limits: weights of an einsum, cloned so that they enter the network."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    Swap,
    Tensor,
    Torch2trtMatch,
    TracedCode,
    primary,
    varies,
)
from trtlint.rules.torch2trt_converter_limits import Torch2trtConverterLimits


class Torch2trtConverterLimitsToClone(Rewrite[Torch2trtMatch]):
    """Write ``torch.einsum(equation, x, self.weight.clone())``.

    The converter reads ``_trt`` of every operand, which weights and constants lack, and ``clone``
    has a converter that gives them one.

    Why safe: a copy holds the same numbers.
    """

    rule = Torch2trtConverterLimits
    title = "clone the constant operands"
    safety = Safety.SAFE
    routes = frozenset({"torch2trt"})
    order = 5

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For ``einsum`` with operands that are the same at every call."""
        call = found.node
        if not isinstance(call, cst.Call) or code.torch_function(call) != "torch.einsum":
            return Decline("no other form of its arguments is known to convert", beside=True)
        swaps = []
        for arg in call.args[1:]:
            value = code.value(arg.value)
            if arg.star or arg.keyword is not None:
                return Decline("an operand is not seen")
            if isinstance(value, Tensor) and not varies((value,)):
                text = f"{primary(code.source(arg.value), arg.value)}.clone()"
                swaps.append(Swap(code.code, arg.value, text, bare=True))
        if not swaps:
            return Decline("none of its operands is known to be the same at every call")
        return Change(tuple(swaps))
