"""len-of-tensor: the size instead of the length."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, Swap, TracedCode, primary
from trtlint.rules.len_of_tensor import Length, LenOfTensor


class LenOfTensorToShape(Rewrite[Length]):
    """Write ``x.shape[0]`` for ``len(x)``.

    Why safe: PyTorch defines ``len`` of a tensor as just that.
    """

    rule = LenOfTensor
    title = "take the size from the shape"
    safety = Safety.SAFE

    def rewrite(self, found: Length, code: TracedCode) -> Change | Decline:
        """For every such call."""
        (argument,) = found.call.args
        tensor = primary(code.source(argument.value), argument.value)
        return Change((Swap(code.code, found.call, f"{tensor}.shape[0]"),))
