"""torch2trt-unsupported-method: windows of a dimension as a stack of strided slices."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
    call,
    int_of,
    sequence,
)
from trtlint.rules.torch2trt_unsupported_method import Torch2trtUnsupportedMethod

_MANY = 8  # elements of a window that are still spelled out
_NONE = "nothing that torch2trt converts comes close to it"


class Torch2trtUnsupportedMethodToWindows(Rewrite[Torch2trtMatch]):
    """Write ``x.unfold(dim, size, step)`` as the first elements of all windows, the second ones and
    so on, stacked behind the other dimensions.

    Why unsafe: ``unfold`` is a view, and somebody may write into the tensor, or count on its memory
    being shared; a window that is longer than the dimension is an error no more.
    """

    rule = Torch2trtUnsupportedMethod
    title = "stack strided slices"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 7

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For a known dimension, size and step."""
        use = next((use for use in code.uses("unfold") if use.node is found.node), None)
        if use is None or use.form != "method":
            return Decline(_NONE, beside=True)
        new = Composer.of(code, use, "input", "dimension", "size", "step")
        axis, size, step = (int_of(new.value(name)) for name in ("dimension", "size", "step"))
        if axis is None or not size or not step:
            return Decline("the windows are not known")
        if size > _MANY:
            return Decline("so many slices would cost more than they are worth")
        name = new.often("input")
        front = ":, " * axis if axis >= 0 else "..., "
        behind = ", :" * (-axis - 1) if axis < 0 else ""
        stride = f":{step}" if step > 1 else ""
        texts = []
        for i in range(size):
            left = size - 1 - i  # elements of the window that follow; a negative end is miscounted
            stop = f"{name}.shape[{axis}] - {left}" if left else ""
            texts.append(f"{name}[{front}{i or ''}:{stop}{stride}{behind}]")
        stack = new.torch("torch.stack")
        return new.change(call(stack, sequence(texts), "dim=-1"))
