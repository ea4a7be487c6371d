"""torch2trt-getitem-forms: a tuple for a single index, and a list as the slices that it names."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    Tensor,
    Torch2trtMatch,
    TracedCode,
    from_list,
    with_ellipsis,
)
from trtlint.rules.torch2trt_getitem_forms import Torch2trtGetitemForms


class Torch2trtGetitemFormsToSlices(Rewrite[Torch2trtMatch]):
    """Write ``x[0, ...]`` for ``x[0]``, and ``cat`` of ``x[:, 2:3]`` and ``x[:, :2]`` for
    ``x[:, [2, 0, 1]]``.

    Why safe: an ellipsis stands for the dimensions that are left out, and a list of places copies
    what ``cat`` copies, in the same order.
    """

    rule = Torch2trtGetitemForms
    title = "index with slices"
    safety = Safety.SAFE
    routes = frozenset({"torch2trt"})

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For integers and slices that stand alone, and for lists of known integers."""
        node = found.node
        if not isinstance(node, cst.Subscript):
            return Decline("the form of the index is not seen")
        if not isinstance(code.value(node.value), Tensor):
            return Decline(f"`{code.source(node.value)}` may be a list of tensors")
        if found.variant == "single":
            return with_ellipsis(code, node)
        if found.variant == "advanced":
            return from_list(code, node)
        return Decline("where the slice begins hangs on a size that has no name here")
