"""unsupported-argument: both bounds of a clamp as floats."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Int,
    OperatorMatch,
    Rewrite,
    Safety,
    Swap,
    TracedCode,
)
from trtlint.rules.unsupported_argument import UnsupportedArgument

_EXACT = 2**24  # up to here a float of every dtype but half is the integer


class UnsupportedArgumentToFloats(Rewrite[OperatorMatch]):
    """Write ``x.clamp(0.0, 0.5)`` for ``x.clamp(0, 0.5)``.

    Why safe: beside a float the integer is taken for one anyway, in the dtype of the result.
    """

    rule = UnsupportedArgument
    title = "write both bounds as floats"
    safety = Safety.SAFE
    order = -1

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For integers that are written out, or known."""
        if found.variant != "bounds":
            return Decline("it has no bounds", beside=True)
        operands = Composer.of(code, found.use, "input", "min", "max").operands
        nodes = [node for name, node in operands.items() if name != "input"]
        for node in nodes:
            value = code.value(node)
            if not isinstance(value, Int):
                continue
            known = value.size.constant
            if known is None or abs(known) > _EXACT:
                return Decline("as a float, a size would be a number of the sample")
            negative = isinstance(node, cst.UnaryOperation) and isinstance(
                node.expression, cst.Integer
            )
            plain = isinstance(node, cst.Integer) or negative
            source = code.source(node)
            text = f"{float(known)}" if plain else f"float({source})"
            return Change((Swap(code.code, node, text, bare=True),))
        return Decline("no bound is an integer")
