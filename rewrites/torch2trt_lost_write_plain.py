"""torch2trt-lost-write: the form that returns a new tensor."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
    out_of_place,
    plain_method,
    sums_keep_dtype,
)
from trtlint.rules.torch2trt_lost_write import Torch2trtLostWrite


class Torch2trtLostWriteToPlain(Rewrite[Torch2trtMatch]):
    """Write ``y = y.add(1)`` for ``y.add_(1)``, and ``out = out + x`` for ``out += x``.

    Why safe: the numbers and the dtype are the same, and nobody else sees the tensor that was
    written into.
    """

    rule = Torch2trtLostWrite
    title = "compute it out of place"
    safety = Safety.SAFE
    routes = frozenset({"torch2trt"})

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For methods, and for assignments to a whole tensor."""
        node = found.node
        if isinstance(node, cst.Call):
            return plain_method(code, node)
        if isinstance(node, cst.AugAssign) and isinstance(node.target, cst.Name):
            if not sums_keep_dtype(code, node):
                return Decline("the result may be of a wider dtype")
            return out_of_place(code, node)
        return Decline("a write into a part of the tensor has no form that torch2trt converts")
