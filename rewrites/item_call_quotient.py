"""item-call: the tensor instead of the number in it, where the last digit may be another."""

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


class ItemCallToQuotient(Rewrite[ElementRead]):
    """Write ``x / t.detach()`` for ``x / float(t)``, and ``torch.exp(t)`` for the same by NumPy.

    Why unsafe: by a number PyTorch divides with its reciprocal on some devices, and it rounds
    ``sqrt`` and ``exp`` otherwise than NumPy, so that the last digit may differ; and where dtypes
    are not known, integers would stay integers in a product, and floats in a square root.
    """

    rule = ItemCall
    title = "keep it a tensor, with functions of PyTorch"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: ElementRead, code: TracedCode) -> Change | Decline:
        """For ``item()``, ``float()`` and ``int()``, and arrays that go back into a tensor."""
        if found.variant == "array":
            return without_numpy(code, found.call, strict=False)
        if found.variant != "number":
            return Decline("it reads no single number", beside=True)
        return kept_tensor(code, found.call, strict=False)
