"""A rule of one's own: this company's TensorRT plugins have no GELU with the tanh approximation."""

from typing import ClassVar

from trtlint.api import OperatorRule, cited


class TanhGelu(OperatorRule):
    """Flag the tanh approximation of GELU.

    ## What it does
    Finds ``F.gelu(x, approximate="tanh")`` and ``nn.GELU(approximate="tanh")`` in traced code.

    ## Why it matters
    Our fused feed-forward plugin has the exact GELU only, so a layer with the other one is slower.

    ## Use instead
    ``F.gelu(x)``, and train with it: the numbers are not the same.

    ## Fix safety
    There is no automatic fix: the numbers differ.

    ## Known limits
    An ``approximate`` that is no literal is not followed.
    """

    name = "tanh-gelu"
    family = "operator"
    message = "`{operator}` with the tanh approximation is not fused by our plugin"
    hint = "use the exact GELU, and train with it"
    operators = frozenset({"gelu", "GELU"})
    verdicts: ClassVar = {
        "default": {
            "tensorrt": cited("costly", "our benchmark of 2026-03: 0.4 ms a layer"),
            "tensorrt-rtx-1.7": cited("costly", "our benchmark of 2026-03: 0.4 ms a layer"),
            "torch-tensorrt": cited("fine", "decomposed"),
            "torch2trt": cited("unknown", "nobody here uses it"),
        }
    }

    def variant(self, use, code):
        """Only where the approximation is asked for."""
        wanted = use.option("approximate", 1, layer_at=0)
        return "default" if getattr(wanted, "value", None) == "tanh" else None
