"""slice-assign: a write into part of a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from trtlint.api import (
    Int,
    Match,
    Number,
    Rule,
    SliceWrite,
    TracedCode,
    Verdict,
    cited,
    executed,
    index_values,
    region_of,
    slice_writes,
    torch2trt_report,
    varies,
)

_WRITE = {
    "tensorrt-rtx-1.7": executed("costly", "one Scatter layer a write", layers=["SCATTER"]),
    "tensorrt": cited("costly", "onnx-tensorrt operators.md: ScatterND; a Scatter layer"),
    "tensorrt<8.2": cited("rejected", "onnx-tensorrt operators.md 8.0: no ScatterND"),
    "torch-tensorrt": cited(
        "costly", "pytorch/TensorRT: slice_scatter becomes a scatter layer a write"
    ),
    "torch2trt-0.5": cited(
        "wrong", "4e820ae: no converter for __setitem__; the engine ignores the write"
    ),
    "torch2trt-0.1": cited("rejected", "traveller59/torch2trt README, Tips: no assign, no scatter"),
}

_BAKED = {
    **_WRITE,
    "torch2trt-0.5": cited("fine", "measured: torch2trt at 4e820ae bakes the result"),
}
# Elements; onnxscript 0.7 optimizer/_constant_folding.py: DEFAULT_CONSTANT_FOLD_INPUT_SIZE_LIMIT.
_FOLDED = 8192


@dataclass(frozen=True, eq=False)
class SliceAssignment(Match):
    """One write: ``target[index] = value``."""

    write: SliceWrite
    target: str
    region: int | None
    variant: str = "default"

    @property
    def group(self) -> int | None:
        """Writes of one region are rewritten together."""
        return self.region

    def facts(self) -> Mapping[str, str]:
        """The subscript that is written, as in the source."""
        return {"target": self.target}


class SliceAssign(Rule[SliceAssignment]):
    """Flag writes into a slice of a tensor, such as ``h[:, :, 0::2] = x``.

    ## What it does
    Finds assignments, also augmented ones, to a tensor subscripted with slices, integers or
    ``...``, in code that runs under a ``forward``, and those through an index of which nothing is
    known; and methods that write into such a part, ``h[:, 0].copy_(x)``, ``h[:, 0].zero_()``.
    Writes through masks and index tensors that are known as such are not its business.

    ## Why it matters
    TensorRT networks have no mutation. The exporter turns every write into ScatterND (or, for some
    layouts, into a chain of them): one Scatter layer a write, which TensorRT does not fuse with its
    neighbours. An inverse wavelet transform written with four strided writes parses to 242 layers,
    8 of them Scatter, and builds 14 kernels; the same function as ``stack`` and ``pixel_shuffle``
    parses to 32 layers and builds one kernel. torch2trt has no converter for item assignment: it
    builds an engine that ignores the write, without a message. A small constant that is filled
    with constants is no cost where the exporter folds it, as the dynamo exporter does.

    ## Use instead
    One expression that builds the whole tensor: ``torch.cat`` of the parts, ``torch.stack``,
    ``F.pad`` into zeros, or ``F.pixel_shuffle`` for interleaved writes.

    ## Fix safety
    Safe: the rewrites move the same numbers. They are offered only where the writes are proven to
    cover what they rebuild, each value broadcasts into its slice and is cast to its dtype as the
    assignment does, and no other name that is used later shares the tensor's storage. The floating
    dtype of the model is taken to be one dtype throughout, and the result's device is that of the
    values. Unsafe for an argument of ``forward``, whose owner no longer sees the write, and where
    torch2trt, which casts nothing, gets a value that may be of another floating dtype.

    ## Known limits
    Strides of more than 2 along an axis that is not known to be a multiple of them are reported
    without a fix. A value with extra leading dimensions of size 1, which assignment drops, makes
    the rewritten code raise an error.
    """

    name = "slice-assign"
    family = "assign"
    message = "`{target} = ...` writes into part of a tensor"
    hint = (
        "build the whole tensor in one expression: torch.cat, torch.stack, F.pad or F.pixel_shuffle"
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": _WRITE,
        "constant": _BAKED,
        "folded": {
            "tensorrt-rtx": executed("fine", "onnxscript folds it when the model is exported"),
            "tensorrt": cited("fine", "measured: onnxscript folds it when the model is exported"),
            "tensorrt-rtx+torchscript": _WRITE["tensorrt-rtx-1.7"],
            "tensorrt+torchscript": _WRITE["tensorrt"],
            "tensorrt<8.2+torchscript": _WRITE["tensorrt<8.2"],
            "torch-tensorrt": cited(
                "fine", "pytorch/TensorRT lowering/passes/constant_folding.py folds it"
            ),
            "torch2trt-0.5": _BAKED["torch2trt-0.5"],
            "torch2trt-0.1": _WRITE["torch2trt-0.1"],
        },
    }

    def check(self, code: TracedCode) -> Iterator[SliceAssignment]:
        """Every write through a basic index into a tensor."""
        for write in slice_writes(code):
            region = region_of(code, write)
            key = id(region) if region is not None else None
            yield SliceAssignment(
                write.node, write, code.source(write.target), key, _variant(write, code)
            )


def _variant(write: SliceWrite, code: TracedCode) -> str:
    """``constant`` where neither tensor nor value hangs on the input, ``folded`` if it is small."""
    if torch2trt_report(code).writes.get(id(write.target), True):
        return "default"
    value, index = code.value(write.value), index_values(code, write.target)
    if varies((write.base, value, *index)) is not False:
        return "constant"
    shape = write.base.shape if write.base.exact else None
    if shape is None or shape.rank is None:  # a table that is filled number by number is no image
        numbers = all(isinstance(one, Int | Number) for one in (value, *index))
        return "folded" if numbers else "constant"
    elements = shape.numel()
    known = elements.constant if elements is not None else None
    return "folded" if known is not None and known <= _FOLDED else "constant"
