"""The rule ``pool-options``."""

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
    ints_of,
    is_none,
    second_result_used,
    through_onnx,
)


class PoolOptions(OperatorRule):
    """Flag pooling with dilation, with ``divisor_override`` or with indices.

    ## What it does
    Finds max pooling with a dilation other than one or with ``return_indices=True`` whose
    indices are used, ``avg_pool`` with ``divisor_override``, and ``max_unpool``.

    ## Why it matters
    TensorRT's pooling layer has no dilation and returns no indices; the parser refuses both in
    every version. Both exporters drop ``divisor_override``, and the numbers are wrong without a
    word.

    ## Use instead
    A dilated maximum is the maximum over shifted slices, or ``unfold`` and ``amax``. A divisor
    is a factor: ``F.avg_pool2d(x, k) * (k * k / divisor)``. For unpooling, interpolate, or
    learn a transposed convolution.

    ## Fix safety
    Safe for a dilation: maxima of shifted slices pick the same elements. Unsafe for values put back
    into windows edge to edge, whose sides must divide the plane. Other indices and
    ``divisor_override`` are left; the mean times a factor would round otherwise.

    ## Known limits
    Indices that are returned but never used are dropped by both exporters and not reported.
    """

    name = "pool-options"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "pool without the option and compute the rest with plain operators"
    operators = frozenset(
        [
            f"{kind}_pool{n}d{tail}"
            for kind in ("max", "avg")
            for n in (1, 2, 3)
            for tail in ("", "_with_indices")
        ]
        + [f"{kind}Pool{n}d" for kind in ("Max", "Avg") for n in (1, 2, 3)]
        + [f"adaptive_max_pool{n}d" for n in (1, 2, 3)]
        + [f"AdaptiveMaxPool{n}d" for n in (1, 2, 3)]
        + [f"max_unpool{n}d" for n in (1, 2, 3)]
        + [f"MaxUnpool{n}d" for n in (1, 2, 3)]
    )
    what = {
        "dilation": "pools with dilation, which TensorRT does not have",
        "divisor": "has divisor_override, which both exporters drop",
        "indices": "returns indices, which TensorRT does not have",
        "unbatched": "pools a tensor without a batch dimension",
        "unpool": "puts values back by the indices of a pooling, which TensorRT does not have",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "dilation": {
            **through_onnx(emits("MaxPool[dilation]")),
            "torch-tensorrt": cited("costly", "max_pool_param_validator: runs in PyTorch"),
            "torch2trt": cited("wrong", "4e820ae: convert_max_pool ignores dilation"),
        },
        "divisor": {
            **through_onnx(differs("divisor_override is dropped"), seen=False),
            "torch-tensorrt": cited("costly", "avg_pool_param_validator: runs in PyTorch"),
            "torch2trt": cited("wrong", "4e820ae: convert_avg_pool ignores divisor_override"),
        },
        "indices": {
            **through_onnx(emits("MaxPool[indices]"), seen=False),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "NVIDIA-AI-IOT/torch2trt#382"),
        },
        "unpool": {
            **through_onnx(
                emits("ScatterND"),
                fails("max_unpool: cond must be a bool, but got a Tensor"),
                seen=False,
            ),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter for max_unpool2d"),
        },
        "unbatched": {
            **through_onnx(
                emits(), fails("written for one dimension more; the parser refuses it"), seen=False
            ),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("unknown", "not measured"),
        },
    }
    only_if_minded = frozenset({"unpool", "unbatched"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which option is used that TensorRT does not have."""
        if use.args.open:
            return None
        name = use.name.lower()
        if "unpool" in name:
            return "unpool"
        if "adaptive" in name:
            asked = flag_of(use.option("return_indices", 2, layer_at=1))
            used = isinstance(use.node, cst.BaseExpression) and second_result_used(code, use.node)
            return "indices" if asked and used else None
        if "avg" in name:
            divisor = use.option("divisor_override", 6, layer_at=5)
            return None if is_none(divisor) or "1d" in name else "divisor"
        dilation = ints_of(use.option("dilation", 4, layer_at=3))
        if dilation is not None and set(dilation) != {1}:
            return "dilation"
        asked = flag_of(use.option("return_indices", 6, layer_at=4)) or name.endswith(
            "_with_indices"
        )
        if asked and isinstance(use.node, cst.BaseExpression):
            return "indices" if second_result_used(code, use.node) else None
        unbatched = use.tensor is not None and use.tensor.rank == _spatial(name) + 1
        return "unbatched" if unbatched else None


def _spatial(name: str) -> int:
    """``2`` of ``max_pool2d``."""
    return next(int(letter) for letter in name if letter.isdigit())
