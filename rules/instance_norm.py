"""instance-norm: normalization that becomes ONNX InstanceNormalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Int, Number, OperatorRule, OperatorUse, TracedCode, Verdict, cited, executed

_LAYER = "the exporters write InstanceNormalization, a layer of its own since 10.0"
_INSTANCE = {
    "tensorrt-rtx": executed("fine", _LAYER),
    "tensorrt": cited("fine", _LAYER),
    "tensorrt<10.0": cited("costly", "a plugin: NVIDIA/TensorRT#595, ten times slower"),
    "tensorrt<8.0": cited(
        "rejected", "onnx/onnx-tensorrt#565: InstanceNormalization takes no dynamic inputs"
    ),
    "torch-tensorrt": cited("fine", "a converter since pytorch/TensorRT#3758"),
    "torch2trt": cited("fine", "4e820ae: converters for both"),
}
_TRACKED = {
    **_INSTANCE,
    "tensorrt-rtx+torchscript": executed("fine", "at a fixed batch", dynamic="rejected"),
    "tensorrt>=10.0+torchscript": cited(
        "fine", "torch 2.13: instance_norm for unknown batch size", dynamic="rejected"
    ),
}
_ONE_GROUP = {
    **_INSTANCE,
    "tensorrt>=10.16,<11.0": cited(
        "wrong", "NVIDIA/TensorRT#4756, where the export has GroupNormalization (opset 21)"
    ),
}


class InstanceNorm(OperatorRule):
    """Flag ``nn.InstanceNorm2d`` and ``nn.GroupNorm``, which become InstanceNormalization.

    ## What it does
    Finds both, as layers and as functions; ``track_running_stats`` and a single group are told
    apart.

    ## Why it matters
    TensorRT before 10.0 runs InstanceNormalization as a plugin, an order of magnitude slower than
    its neighbours, and 7 only at fixed shapes. In FP16 its statistics lose digits. With running
    statistics the TorchScript exporter wants to know the batch size. TensorRT 10.16 takes
    GroupNormalization with one group for an instance norm.

    ## Use instead
    ``nn.BatchNorm2d`` where the training allows it; ``F.layer_norm`` over channels and pixels for
    a single group.

    ## Fix safety
    There is no automatic fix.

    ## Known limits
    Both exporters of torch 2.13 write opset 20 or lower unless asked, without GroupNormalization.
    """

    name = "instance-norm"
    family = "precision"
    message = "`{operator}` becomes InstanceNormalization"
    hint = "nothing to do from TensorRT 10 on; for older ones a batch norm is much faster"
    operators = frozenset(
        "InstanceNorm1d InstanceNorm2d InstanceNorm3d instance_norm GroupNorm group_norm".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "instance": _INSTANCE,
        "tracked": _TRACKED,
        "one_group": _ONE_GROUP,
    }
    only_if_minded = frozenset({"instance", "tracked", "one_group"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """By the arguments."""
        if use.name in ("GroupNorm", "group_norm"):
            groups = use.option("num_groups", 1, layer_at=0)
            one = isinstance(groups, Int) and groups.size.constant == 1
            return "one_group" if one else "instance"
        tracks = use.option("track_running_stats", layer_at=4) if use.layer is not None else None
        return "tracked" if isinstance(tracks, Number) and tracks.value is True else "instance"
