"""The rule ``fake-quantize``."""

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
    fails,
    int_of,
    number_of,
    through_onnx,
)


class FakeQuantize(OperatorRule):
    """Flag quantized tensors and fake quantization in a range that ONNX does not have.

    ## What it does
    Finds ``fake_quantize_per_tensor_affine`` and ``per_channel`` with a range other than (0,
    127), (0, 255) and (-128, 127), and ``quantize_per_tensor``, ``quantize_per_channel`` and
    ``dequantize``.

    ## Why it matters
    Both exporters take those three ranges only. TensorRT's own flow wants symmetric int8 from
    -128 to 127 and no zero point; quantized tensors of torch cannot be exported by dynamo at
    all.

    ## Use instead
    Fake quantization with ``quant_min=-128, quant_max=127`` and zero point 0, as NVIDIA's
    TensorRT Model Optimizer inserts it.

    ## Fix safety
    There is no automatic fix: another range gives other numbers.

    ## Known limits
    A range that is computed is not known.
    """

    name = "fake-quantize"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "fake-quantize from -128 to 127 with zero point 0"
    operators = frozenset(
        """fake_quantize_per_tensor_affine fake_quantize_per_channel_affine quantize_per_tensor
        quantize_per_channel dequantize""".split()
    )
    what = {
        "range": "has a range that ONNX does not have",
        "zero_point": "has a zero point other than 0, which TensorRT does not take",
        "tensor": "is about quantized tensors, which the dynamo exporter cannot take",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "range": {
            **through_onnx(fails("for (quant_min, quant_max) ONNX allows three ranges only")),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
        "zero_point": {
            **through_onnx(fails("the parser takes zero points of 0 only"), seen=False),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
        "tensor": {
            **through_onnx(fails("KeyError: torch.qint8"), emits(), seen=False),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        },
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether a range is not allowed, or a tensor quantized."""
        if not use.name.startswith("fake"):
            return "tensor"
        at = 3 if "tensor" in use.name else 4
        low, high = int_of(use.option("quant_min", at)), int_of(use.option("quant_max", at + 1))
        if low is None or high is None:
            return None
        if (low, high) not in ((0, 127), (0, 255), (-128, 127)):
            return "range"
        return "zero_point" if number_of(use.option("zero_point", 2)) else None
