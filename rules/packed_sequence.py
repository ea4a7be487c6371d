"""The rule ``packed-sequence``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    Verdict,
    cited,
    differs,
    fails,
    through_onnx,
)


class PackedSequence(OperatorRule):
    """Flag packed sequences: ``pack_padded_sequence`` and its kin.

    ## What it does
    Finds the functions of ``torch.nn.utils.rnn`` that pack and unpack sequences, in traced
    code.

    ## Why it matters
    The dynamo exporter fails on them; the TorchScript exporter bakes the lengths of the
    example, and the output has another shape for other lengths.

    ## Use instead
    Run the padded sequence through the layer and multiply the output with a mask of the
    lengths: the same numbers at the valid steps of a layer in one direction.

    ## Fix safety
    There is no automatic fix: the backward direction and the final state see the padding.

    ## Known limits
    Packing under a condition that does not hold in deployment is reported where the analysis
    cannot see that.
    """

    name = "packed-sequence"
    family = "operator"
    message = "`{operator}` packs sequences by their lengths"
    hint = "run the padded sequence and mask the output"
    operators = frozenset(
        """pack_padded_sequence pad_packed_sequence pack_sequence unpack_sequence""".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(
                fails("a data-dependent size"), differs("the lengths of the example are kept")
            ),
            # seen with other lengths than the example's only
            "tensorrt-rtx+torchscript": cited("wrong", "measured: the example's lengths are kept"),
            "torch-tensorrt": cited("rejected", "torch.export fails on data-dependent sizes"),
            "torch2trt": cited("rejected", "NVIDIA-AI-IOT/torch2trt#342"),
        }
    }
