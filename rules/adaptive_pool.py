"""The rule ``adaptive-pool``."""

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
    ints_of,
    size_along,
    through_onnx,
)

NOT_A_FACTOR = "output size that is not a factor of the input size"
OTHERS = {
    "torch-tensorrt": cited("fine", "converter for aten._adaptive_avg_pool2d and the like"),
    "torch2trt": cited("wrong", "4e820ae: pools with another kernel where it does not divide"),
}


class AdaptivePool(OperatorRule):
    """Flag adaptive pooling to a size that does not divide the input's.

    ## What it does
    Finds adaptive pooling, functions and layers, whose output size is known and neither one nor
    a divisor of the known input size; and ``AdaptiveAvgPool3d`` to any size but one.

    ## Why it matters
    The TorchScript exporter takes divisors only. The dynamo exporter writes an average as many
    gathers and sums (forty nodes), has no translation of a maximum to a non-divisor, and none
    of the average in three dimensions.

    ## Use instead
    Resize to a multiple first, or multiply with two constant averaging matrices: ``rows @ x @
    columns``. For a divisor, ``nn.AvgPool2d(size // out)`` says the same.

    ## Fix safety
    Unsafe in three dimensions where the sizes divide: the mean is the same, but is added up in
    another order. Sizes that do not divide are left.

    ## Known limits
    Where the size of the input is not known nothing is said, except in three dimensions.
    """

    name = "adaptive-pool"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "pool to 1 or a divisor of the size, or multiply with constant averaging matrices"
    operators = frozenset(
        [f"adaptive_{kind}_pool{n}d" for kind in ("avg", "max") for n in (1, 2, 3)]
        + [f"Adaptive{kind}Pool{n}d" for kind in ("Avg", "Max") for n in (1, 2, 3)]
    )
    what = {
        "mean": "pools to a size that does not divide the input's",
        "maximum": "pools to a size that does not divide the input's",
        "volume": "averages in three dimensions, which the dynamo exporter cannot translate",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "mean": {
            **through_onnx(emits("GatherND", layers=["GATHER"]), fails(NOT_A_FACTOR), seen=False),
            **OTHERS,
        },
        "maximum": {
            **through_onnx(
                fails("aten.adaptive_max_pool2d has no translation"),
                fails(NOT_A_FACTOR),
                seen=False,
            ),
            **OTHERS,
        },
        "volume": {
            **through_onnx(
                fails("aten._adaptive_avg_pool3d has no translation"), emits(), seen=False
            ),
            **OTHERS,
        },
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether the output size is one that an exporter cannot do."""
        spatial = next(int(letter) for letter in use.name if letter.isdigit())
        asked = use.option("output_size", 1, layer_at=0)
        mean = "avg" in use.name.lower()
        sizes = ints_of(asked)
        if sizes is None or use.tensor is None:
            return None
        sizes = sizes * spatial if len(sizes) == 1 else sizes
        if set(sizes) == {1}:
            return None
        known = [size_along(use.tensor, axis - spatial) for axis in range(spatial)]
        if any(size is not None and size % out for size, out in zip(known, sizes, strict=False)):
            return "mean" if mean and spatial < 3 else "volume" if mean else "maximum"
        return "volume" if mean and spatial == 3 else None
