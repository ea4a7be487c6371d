"""batch-statistics: a batch norm that measures the batch it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Number,
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    emits,
    through_onnx,
)


class BatchStatistics(OperatorRule):
    """Flag batch norms without running statistics, and ``F.batch_norm(..., training=True)``.

    ## What it does
    Finds ``nn.BatchNorm2d(..., track_running_stats=False)`` and its kin, and the function called
    for training.

    ## Why it matters
    Mean and variance are then those of the batch at hand: every sample's result hangs on the
    others. The TorchScript exporter writes BatchNormalization in training mode, which TensorRT's
    parser refuses; the dynamo exporter writes the arithmetic. torch2trt reads statistics that are
    not there.

    ## Use instead
    Running statistics, or a norm over each sample: ``nn.GroupNorm``, ``nn.LayerNorm``.

    ## Fix safety
    There is no automatic fix: the model has to be trained that way.

    ## Known limits
    A flag that is computed is taken to be the layer's default. ``F.batch_norm`` of a weight (weight
    standardization) is folded, and not reported.
    """

    name = "batch-statistics"
    family = "precision"
    message = "`{operator}` normalizes by the batch that it is given"
    hint = "keep running statistics, or normalize each sample by itself"
    operators = frozenset("BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm batch_norm".split())
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits(), emits("BatchNormalization[training]")),
            "torch-tensorrt": cited("unknown", "nobody has measured it"),
            "torch2trt": cited("rejected", "4e820ae: reads running_mean, which is None"),
        }
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """The flag that makes it so."""
        if use.layer is not None:
            at = 6 if use.name == "SyncBatchNorm" else 4
            flag = use.option("track_running_stats", layer_at=at)
            return "default" if isinstance(flag, Number) and flag.value is False else None
        if use.tensor is None or use.tensor.varies is False:
            return None  # of a weight: standardized once, and folded
        flag = use.option("training", 5)
        return "default" if isinstance(flag, Number) and flag.value is True else None
