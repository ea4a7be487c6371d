"""tensor-creation: integers that are the same at every call become a buffer."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, as_buffer, is_constant
from trtlint.rules.tensor_creation import Creation, TensorCreation


class TensorCreationToBuffer(Rewrite[Creation]):
    """Register a constant as a non-persistent buffer in ``__init__`` and use it in ``forward``.

    Why safe: the constant is the same at every call, nothing writes into it or hands it out, and a
    non-persistent buffer is not part of the checkpoint. It moves with the module, whose ``half()``
    leaves integers and booleans as they are.
    """

    rule = TensorCreation
    title = "register a non-persistent buffer"
    safety = Safety.SAFE
    order = 10

    def rewrite(self, found: Creation, code: TracedCode) -> Change | Decline:
        """For creation calls whose arguments are all literals."""
        if not is_constant(found.made):
            return Decline("it is not the same at every call", beside=True)
        if found.result.dtype is None or found.result.dtype.floating:
            return Decline("a buffer follows model.half(), the constant does not", beside=True)
        return as_buffer(code, found.call, found.whole, found.made)
