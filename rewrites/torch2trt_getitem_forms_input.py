"""torch2trt-getitem-forms: a single index of an input, taken for a tensor."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
    with_ellipsis,
)
from trtlint.rules.torch2trt_getitem_forms import Torch2trtGetitemForms


class Torch2trtGetitemFormsToInput(Rewrite[Torch2trtMatch]):
    """Write ``x[1:, ...]`` for ``x[1:]`` of an input that nothing shows to be a tensor.

    Why unsafe: a list or tuple of tensors takes no ellipsis.
    """

    rule = Torch2trtGetitemForms
    title = "index with an ellipsis behind"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 10

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For integers and slices that stand alone."""
        if found.variant != "single" or not isinstance(found.node, cst.Subscript):
            return Decline("only a tensor has dimensions to index", beside=True)
        return with_ellipsis(code, found.node)
