"""item-call: the tensor instead of the number in it."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    TracedCode,
    kept_tensor,
    without_numpy,
)
from trtlint.rules.item_call import ElementRead, ItemCall


class ItemCallToTensor(Rewrite[ElementRead]):
    """Write ``x * t.detach()`` for ``x * t.item()``, and ``t * 2`` for the same through NumPy.

    Why safe: the number is used only in sums, products and comparisons with tensors of its own
    dtype, where a tensor of no dimensions does the same; and like the number it has no history.
    Of NumPy's functions only those are taken that give the same numbers, such as ``clip``.
    """

    rule = ItemCall
    title = "keep it a tensor"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: ElementRead, code: TracedCode) -> Change | Decline:
        """For ``item()``, ``float()``, ``int()``, and arrays that go back into a tensor."""
        if found.variant == "math":
            return Decline("Python's function rounds otherwise than PyTorch's")
        if found.variant == "array":
            return without_numpy(code, found.call)
        return kept_tensor(code, found.call)
