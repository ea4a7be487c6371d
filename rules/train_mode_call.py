"""The rule ``train-mode-call``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    fails,
    flag_of,
    is_none,
    number_of,
    through_onnx,
)

DROPOUTS = frozenset(
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split()
)
LAYERS = frozenset(
    """Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout BatchNorm1d
    BatchNorm2d BatchNorm3d""".split()
)


class TrainModeCall(OperatorRule):
    """Flag calls that stay in training mode: ``F.dropout(x)``, ``F.batch_norm(training=True)``.

    ## What it does
    Finds ``F.dropout`` whose ``training`` is left out (it is True) or True, the other dropouts
    likewise, ``F.batch_norm(training=True)``, batch norm layers with
    ``track_running_stats=False``, and dropout and batch norm layers made inside ``forward``,
    which nobody puts in eval mode.

    ## Why it matters
    TensorRT takes Dropout and BatchNormalization in inference form only. The dynamo exporter
    writes batch norm in inference form without a word, and the numbers differ.

    ## Use instead
    ``F.dropout(x, p, self.training)``; layers made in ``__init__``. For statistics of the input
    itself, ``nn.GroupNorm`` or ``nn.InstanceNorm2d``, or mean and variance spelled out.

    ## Fix safety
    Unsafe: ``training=self.training`` is passed to the functions, so that nothing is dropped in
    eval mode. Layers that are made inside ``forward`` are left.

    ## Known limits
    A model that is exported in training mode is not seen: that is how the export is called.
    """

    name = "train-mode-call"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "pass training=self.training, and make layers in __init__"
    operators = DROPOUTS | LAYERS | {"batch_norm"}
    what = {
        "dropout": "drops values in inference as well",
        "noise": "drops values in inference as well",
        "statistics": "normalises with the batch's own statistics",
        "own_statistics": "normalises with the batch's own statistics",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "dropout": {
            **through_onnx(emits("Dropout[training]")),
            "torch-tensorrt": cited("wrong", "aten.dropout is removed: the values stay"),
            "torch2trt": cited("wrong", "4e820ae: dropout is the identity"),
        },
        "noise": {
            **through_onnx(
                emits("RandomUniformLike"), fails("feature_dropout in training mode"), seen=False
            ),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("unknown", "not measured"),
        },
        "statistics": {
            **through_onnx(
                differs("written in inference form"), emits("BatchNormalization[training]")
            ),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("wrong", "4e820ae: batch_norm with the running statistics"),
        },
        "own_statistics": {
            **through_onnx(emits(), emits("BatchNormalization[training]"), seen=False),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("rejected", "4e820ae: measured, running statistics are None"),
        },
    }
    only_if_minded = frozenset({"noise", "own_statistics"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which part of it is in training mode."""
        if use.name in LAYERS:
            return self._layer(use)
        if use.args.open:
            return None
        if use.name == "batch_norm":
            if not flag_of(use.option("training", 5)):
                return None
            return "own_statistics" if is_none(use.option("running_mean", 1)) else "statistics"
        default = "alpha" not in use.name
        if use.qualified == "torch.dropout":
            return "dropout" if flag_of(use.option("train", 2)) else None
        if use.form != "function" or not use.qualified.startswith("torch.nn.functional."):
            return None
        if not flag_of(use.option("training", 2), default) or number_of(use.option("p", 1)) == 0:
            return None
        return "dropout" if use.name == "dropout" else "noise"

    def _layer(self, use: OperatorUse) -> str | None:
        made_here = isinstance(use.node, cst.Call) and isinstance(use.node.func, cst.Call)
        if use.name.startswith("Dropout") or use.name.endswith("Dropout"):
            if not made_here or use.form != "layer":
                return None
            return "dropout" if use.name == "Dropout" else "noise"
        tracks = flag_of(use.option("track_running_stats", layer_at=4), True)
        if tracks is False:
            return "own_statistics"
        return "statistics" if made_here and tracks else None
