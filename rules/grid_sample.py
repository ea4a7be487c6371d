"""The rule ``grid-sample``."""

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
    through_onnx,
)


class GridSample(OperatorRule):
    """Flag ``grid_sample`` of volumes and ``affine_grid`` where they do not convert.

    ## What it does
    Finds ``F.grid_sample``, which TensorRT takes from 8.5 on, of images only before 11.2, and
    ``F.affine_grid``, of which the TorchScript exporter has no translation.

    ## Why it matters
    Older versions say ``No importer registered for op: GridSample``. The TorchScript exporter
    refuses volumes and grids.

    ## Use instead
    For a fixed transformation compute the grid once and keep it as a buffer. For a whole-pixel
    shift slice or roll; for a scaling ``F.interpolate``.

    ## Fix safety
    There is no automatic fix: the grid has to be constant.

    ## Known limits
    Volumes are seen where the rank of the image is known.
    """

    name = "grid-sample"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "keep a constant grid as a buffer, or shift and scale with slices and interpolate"
    operators = frozenset({"grid_sample", "grid_sampler", "affine_grid"})
    what = {
        "image": "becomes GridSample, which TensorRT before 8.5 lacks",
        "volume": "samples a volume, which only newer parsers take",
        "grid": "makes a grid, which the TorchScript exporter cannot translate",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "image": {
            **through_onnx(emits("GridSample"), seen=False),
            "torch-tensorrt": cited("fine", "converter for aten.grid_sampler_2d"),
            "torch2trt": cited("rejected", "4e820ae: no converter for grid_sample"),
        },
        "volume": {
            **through_onnx(
                emits("GridSample[5-D]"), fails("GridSample with 5D volumetric input"), seen=False
            ),
            "torch-tensorrt": cited("costly", "no converter for aten.grid_sampler_3d"),
            "torch2trt": cited("rejected", "4e820ae: no converter for grid_sample"),
        },
        "grid": {
            **through_onnx(emits(), fails("aten::affine_grid_generator"), seen=False),
            "torch-tensorrt": cited("unknown", "not measured"),
            "torch2trt": cited("rejected", "4e820ae: no converter for affine_grid"),
        },
    }
    only_if_minded = frozenset({"image", "grid"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """What is sampled."""
        if use.name == "affine_grid":
            return "grid"
        grid = use.args.tensor(1, "grid")
        volume = 5 in (use.tensor.rank if use.tensor else None, grid.rank if grid else None)
        return "volume" if volume else "image"
