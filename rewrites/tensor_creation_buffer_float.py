"""tensor-creation: floats that are the same at every call become a buffer."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, as_buffer, is_constant
from trtlint.rules.tensor_creation import Creation, TensorCreation


class TensorCreationToFloatBuffer(Rewrite[Creation]):
    """Register a constant as a non-persistent buffer in ``__init__`` and use it in ``forward``.

    Why unsafe: the buffer follows ``model.half()`` and ``model.to(dtype)`` as the weights do; the
    constant had a dtype of its own, which promoted what it met. In a model that stays in the dtype
    that it was made in, nothing changes.
    """

    rule = TensorCreation
    title = "register a non-persistent buffer"
    safety = Safety.UNSAFE
    order = 15

    def rewrite(self, found: Creation, code: TracedCode) -> Change | Decline:
        """For creation calls whose arguments are all literals."""
        dtype = found.result.dtype
        if not is_constant(found.made):
            return Decline("it is not the same at every call", beside=True)
        if dtype is None or not dtype.floating:
            return Decline("it holds no floating-point numbers", beside=True)
        if not dtype.spelled and code.project.may_change_default_dtype(code.code.path):
            return Decline("the default dtype may be another one when it runs")
        return as_buffer(code, found.call, found.whole, found.made)
