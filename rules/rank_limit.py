"""rank-limit: more dimensions than TensorRT has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from trtlint.api import OperatorMatch, Rule, Tensor, TracedCode, Verdict, cited, emits, through_onnx

_LIMIT = 8


class RankLimit(Rule[OperatorMatch]):
    """Flag tensors of more than 8 dimensions.

    ## What it does
    Finds results of operators whose rank is known to be more than 8, as they come up where every
    axis of an image is split in three.

    ## Why it matters
    ``nvinfer1::Dims`` holds 8 dimensions. The parser refuses the node; Torch-TensorRT runs it in
    PyTorch.

    ## Use instead
    Two steps: split, permute and merge the rows first, the columns afterwards. For space to depth
    ``F.pixel_unshuffle``.

    ## Fix safety
    There is no automatic fix: which of the axes belong together shows only in the permutation that
    follows.

    ## Known limits
    Only ranks that follow from the source are known.
    """

    name = "rank-limit"
    family = "operator"
    message = "`{operator}` makes a tensor of {rank} dimensions; TensorRT has 8"
    hint = "split and merge rows and columns one after the other"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits("rank > 8")),
            "torch-tensorrt": cited(
                "costly", "pytorch/TensorRT aten_ops_converters.py: exceeds rank 8, runs in PyTorch"
            ),
            "torch2trt": cited("rejected", "4e820ae: the layer is refused"),
        }
    }

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every operator that goes over the limit, where its operand does not."""
        for use in code.uses():
            made = use.result
            rank = made.rank if isinstance(made, Tensor) else None
            before = use.tensor.rank if use.tensor is not None else None
            if rank is not None and rank > _LIMIT and (before is None or before <= _LIMIT):
                yield OperatorMatch(use.node, use, more={"rank": str(rank)})
