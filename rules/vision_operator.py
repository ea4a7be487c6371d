"""The rule ``vision-operator``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Args,
    Function,
    Module,
    OperatorMatch,
    OperatorUse,
    Ref,
    Rule,
    TracedCode,
    Value,
    Verdict,
    cited,
    emits,
    fails,
    through_onnx,
)

KINDS = {
    "nms": "nms",
    "batched_nms": "nms",
    "deform_conv2d": "deformable",
    "DeformConv2d": "deformable",
    "roi_align": "align",
    "RoIAlign": "align",
    "ps_roi_align": "sensitive",
    "ps_roi_pool": "sensitive",
    "PSRoIAlign": "sensitive",
    "PSRoIPool": "sensitive",
}
WHAT = {
    "nms": "suppresses boxes inside the engine",
    "deformable": "is a deformable convolution, which only TensorRT 10.1 and later take",
    "align": "becomes RoiAlign, which TensorRT before 8.5 lacks",
    "sensitive": "has no translation",
}


class VisionOperator(Rule[OperatorMatch]):
    """Flag ``torchvision.ops``: suppression of boxes, deformable convolution, pooled regions.

    ## What it does
    Finds ``nms`` and ``batched_nms``, ``deform_conv2d`` and ``DeformConv2d``, ``roi_align`` and
    their kin in traced code, functions and layers.

    ## Why it matters
    How many boxes survive is known at run time only. TensorRT takes NonMaxSuppression from 8.0
    on; 10.0 to 10.6 ran it at less than half of PyTorch's speed (NVIDIA/TensorRT#4248).
    DeformConv is taken from 10.1 on, not by TensorRT-RTX, and the TorchScript exporter has no
    translation of it. RoiAlign is taken from 8.5 on; position-sensitive pooling by nobody.

    ## Use instead
    Return boxes and scores and suppress outside, or with TensorRT's EfficientNMS plugin. A
    deformable convolution is ``grid_sample`` and an ordinary one.

    ## Fix safety
    There is no automatic fix: what forward returns would change.

    ## Known limits
    Operators of mmcv and detectron2 are not torchvision's; ``custom-operator`` knows mmcv's.
    """

    name = "vision-operator"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "suppress boxes outside of the engine; sample with grid_sample"
    # base Rule[OperatorMatch]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "nms": {
            **through_onnx(emits("NonMaxSuppression"), seen=False),
            **{
                f"tensorrt>=8.0,<10.7+{exporter}": cited(
                    "costly", "NVIDIA/TensorRT#4248: 44 % of the speed of PyTorch"
                )
                for exporter in ("dynamo", "torchscript")
            },
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
        "deformable": {
            **through_onnx(
                emits("DeformConv"), fails("torchvision::deform_conv2d has no symbolic"), seen=False
            ),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
        "align": {
            **through_onnx(emits("RoiAlign"), seen=False),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
        "sensitive": {
            **through_onnx(fails("torchvision::ps_roi_align has no translation"), seen=False),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
    }

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every call of one of these operators."""
        for call in code.walk(cst.Call):
            name = _name(code, code.value(call.func))
            kind = KINDS.get(name.rpartition(".")[2])
            if kind is not None and name.startswith("torchvision.ops."):
                result = code.value(call)
                use = OperatorUse(name.rpartition(".")[2], name, call, Args(()), result, "function")
                yield OperatorMatch(call, use, kind, {"what": WHAT[kind]})


def _name(code: TracedCode, function: Value) -> str:
    """The qualified name of a function or of a layer's class, in torchvision's own code too."""
    match function:
        case Module(type=name, project=False) | Ref(name=name):
            return name
        case Function(key=key) | Module(type=key):
            kind = "function" if isinstance(function, Function) else "class"
            symbol = code.project.find(kind, key)
            if symbol is not None and symbol.path is not None:
                return f"{code.project.module_name(symbol.path)}.{symbol.qualname}"
    return ""
