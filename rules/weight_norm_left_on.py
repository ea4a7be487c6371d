"""weight-norm-left-on: a weight that is computed anew at every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    emits,
    executed,
    fails,
    through_onnx,
)

_FOLDED = "the weight is folded into a constant"
_WEIGHT = {
    "tensorrt-rtx": executed("fine", _FOLDED),
    "tensorrt": cited("fine", _FOLDED),
    "torch-tensorrt": cited("fine", _FOLDED),
    "torch2trt": cited("costly", "4e820ae: reads the weight of the last call"),
}
_TRANSPOSED = {
    **_WEIGHT,
    "tensorrt<8.5+torchscript": cited(
        "rejected", "onnx-tensorrt 8.0: ConvTranspose weights must be an initializer"
    ),
}
_SPECTRAL = {
    **through_onnx(emits(), fails("no translation of aten::vdot at opset 17")),
    "torch-tensorrt": cited("fine", _FOLDED),
    "torch2trt": cited("costly", "4e820ae: reads the weight of the last call"),
}


class WeightNormLeftOn(OperatorRule):
    """Flag layers under ``weight_norm`` or ``spectral_norm`` that are converted as they are.

    ## What it does
    Finds calls of layers that the constructor wrapped in one of ``torch.nn.utils``' or
    ``torch.nn.utils.parametrizations``' norms.

    ## Why it matters
    They compute the layer's weight at every call, which is for training. Exporters fold it mostly;
    where they do not, old parsers refuse a transposed convolution whose weight is computed, and the
    TorchScript exporter has no translation of what the newer ``spectral_norm`` computes.

    ## Use instead
    Before the export: ``torch.nn.utils.remove_weight_norm(layer)``, or
    ``parametrize.remove_parametrizations(layer, "weight")``.

    ## Fix safety
    There is no automatic fix: the norm is needed for training, and its removal belongs into the
    script that exports.

    ## Known limits
    A norm that is removed elsewhere before the export is reported all the same.
    """

    name = "weight-norm-left-on"
    family = "precision"
    message = "`{operator}` computes its weight at every call"
    hint = "remove the norm before the export: remove_parametrizations(layer, 'weight')"
    operators = frozenset(
        "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d Linear".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "weight": _WEIGHT,
        "transposed": _TRANSPOSED,
        "spectral": _SPECTRAL,
    }
    only_if_minded = frozenset({"weight", "transposed", "spectral"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """By the norm and the layer."""
        norm = use.layer.parametrized if use.layer is not None else ""
        if norm.endswith("parametrizations.spectral_norm"):
            return "spectral"
        if not norm:
            return None
        return "transposed" if "Transpose" in use.name else "weight"
