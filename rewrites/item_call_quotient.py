"""item-call: a division by the tensor instead of the number in it."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, kept_tensor
from trtlint.rules.item_call import ElementRead, ItemCall


class ItemCallToQuotient(Rewrite[ElementRead]):
    """Write ``x / t.detach()`` for ``x / float(t)``.

    Why unsafe: by a number PyTorch divides with its reciprocal on some devices, so that the last
    digit may differ; and where dtypes are not known, integers would stay integers in a product.
    """

    rule = ItemCall
    title = "keep it a tensor, divisors too"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: ElementRead, code: TracedCode) -> Change | Decline:
        """For ``item()``, ``float()`` and ``int()``."""
        if found.variant != "number":
            return Decline("it reads no single number", beside=True)
        return kept_tensor(code, found.call, strict=False)
