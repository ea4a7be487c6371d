"""repeat-interleave: elements repeated in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Int,
    Nothing,
    OperatorRule,
    OperatorUse,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    executed,
)

_SEEDS = "practitioners' checklists: view, expand and reshape instead"
_TABLE = {
    "tensorrt-rtx": executed("fine", "the exporters write Tile or Gather"),
    "tensorrt": cited("fine", "the exporters write Tile or Gather"),
    "tensorrt<8.0": cited("rejected", _SEEDS),
    "torch-tensorrt": cited("fine", "torch.export decomposes it"),
    "torch2trt": cited("rejected", "4e820ae: no converter for repeat_interleave"),
}
_SIZED = {
    **_TABLE,
    "tensorrt-rtx+dynamo": executed("rejected", "the translation takes no output_size"),
    "tensorrt+dynamo": cited("rejected", "torch 2.13: the translation takes no output_size"),
    "torch-tensorrt": cited("unknown", "nobody has measured it"),
}
_COUNTED = {
    **_TABLE,
    "tensorrt-rtx": executed("fine", "CumSum and GatherND, or a Split"),
    "tensorrt": cited("fine", "CumSum and GatherND since 8.2"),
    "tensorrt<8.2": cited("rejected", "GatherND since 8.2"),
    "tensorrt-rtx+torchscript": executed("fine", "at a fixed length", dynamic="rejected"),
    "tensorrt+torchscript": cited("fine", "at a fixed length", dynamic="rejected"),
    "torch-tensorrt": cited("costly", "pytorch/TensorRT: the result's size depends on data"),
}


class RepeatInterleave(OperatorRule):
    """Flag ``repeat_interleave``.

    ## What it does
    Finds ``repeat_interleave`` in traced code, told apart by its count: a number, a tensor of
    counts along a dimension that varies, or ``output_size`` given.

    ## Why it matters
    torch2trt and early TensorRT have nothing for it. With counts in a tensor the result's size
    depends on data; the TorchScript exporter then unrolls the batch through ONNX sequences, which
    TensorRT refuses, and the dynamo exporter's translation does not know ``output_size``.

    ## Use instead
    ``x[:, :, None].expand(-1, -1, n).flatten(1, 2)`` for a number ``n``; an index that is known,
    and ``index_select``, for counts.

    ## Fix safety
    A number of repeats along a dimension that is spelled out is rewritten: ``expand`` and
    ``flatten`` where the rank is known and nobody can tell a view from a copy, ``stack`` and
    ``flatten`` elsewhere. Counts in a tensor become an index where ``output_size`` is given;
    otherwise the result's size depends on them, and they are left.

    ## Known limits
    Counts that are a constant of ``__init__`` are told from an input's by nothing.
    """

    name = "repeat-interleave"
    family = "operator"
    message = "`{operator}` repeats elements, for which some routes have nothing"
    hint = "use expand and flatten for a number of repeats"
    operators = frozenset({"repeat_interleave"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "number": _TABLE,
        "counted": _COUNTED,
        "sized": _SIZED,
    }
    only_if_minded = frozenset({"number", "counted"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """By what counts."""
        if use.tensor is None:
            return None
        size = use.args.kw.get("output_size")
        counts, dim = use.args.get(1, "repeats"), use.args.get(2, "dim")
        if isinstance(counts, Tensor):
            if size is not None and not isinstance(size, Nothing):
                return "sized"
            along = isinstance(dim, Int) and dim.size.constant == 0
            return "counted" if along and code.has_batch(use.tensor) else "number"
        return "number"
