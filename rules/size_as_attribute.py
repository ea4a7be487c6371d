"""size-as-attribute: a size of the input where ONNX wants a number in the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Int,
    Items,
    OperatorRule,
    OperatorUse,
    Ref,
    Size,
    Tensor,
    TracedCode,
    Value,
    Verdict,
    cited,
    executed,
    is_input,
)

_POOL = "avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d lp_pool1d lp_pool2d"
_CONV = "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
# Where each operator takes what becomes an attribute of its ONNX node: position and keyword.
_WHERE: dict[str, tuple[tuple[int, str], ...]] = {
    "layer_norm": ((1, "normalized_shape"),),
    "rms_norm": ((1, "normalized_shape"),),
    "group_norm": ((1, "num_groups"),),
    **dict.fromkeys(_POOL.split(), ((1, "kernel_size"), (2, "stride"), (3, "padding"))),
    **dict.fromkeys(_CONV.split(), ((3, "stride"), (4, "padding"), (5, "dilation"))),
    **{
        f"adaptive_{kind}_pool{n}d": ((1, "output_size"),)
        for kind in ("avg", "max")
        for n in (1, 2, 3)
    },
    "unfold": ((1, "kernel_size"), (2, "dilation"), (3, "padding"), (4, "stride")),
    "pixel_shuffle": ((1, "upscale_factor"),),
}
_ATTRIBUTE = "an attribute of the ONNX node cannot be computed in the graph"
_SIZE = {
    "tensorrt-rtx+dynamo": executed("fine", "the size is a number for torch.export"),
    "tensorrt+dynamo": cited("fine", "the size is a number for torch.export"),
    "tensorrt-rtx+torchscript": executed("fine", "at fixed sizes", dynamic="rejected"),
    "tensorrt+torchscript": cited("fine", f"torch 2.13: {_ATTRIBUTE}", dynamic="rejected"),
    "torch-tensorrt": cited("fine", "the size is a number for torch.export"),
    "torch2trt": cited("fine", "4e820ae: at the sample's size"),
}
_BATCH = {
    **_SIZE,
    "tensorrt-rtx+dynamo": executed("fine", "at that batch size", dynamic="rejected"),
    "tensorrt+dynamo": cited("fine", f"torch 2.13: {_ATTRIBUTE}", dynamic="rejected"),
    "torch-tensorrt": cited("fine", "at that batch size", dynamic="rejected"),
    "torch2trt": cited("fine", "4e820ae: at the sample's size", dynamic="wrong"),
}


class SizeAsAttribute(OperatorRule):
    """Flag sizes of the input as ``normalized_shape``, ``kernel_size`` or ``groups``.

    ## What it does
    Finds ``F.layer_norm(x, x.shape[1:])``, ``F.avg_pool2d(x, x.size()[2:])``,
    ``F.conv2d(x, w, groups=x.shape[0] * c)`` and the like: what these arguments become in ONNX is
    an attribute of the node, a number that stands in the file.

    ## Why it matters
    As soon as one dimension of the input varies, the TorchScript exporter computes every size of it
    in the graph, and cannot make an attribute of that. With the batch among the factors the dynamo
    exporter cannot either: a depthwise convolution whose groups are the samples (per-sample
    filters) does not convert with a batch that varies.

    ## Use instead
    ``x.mean((2, 3))`` for pooling over everything, ``nn.LayerNorm`` with the sizes in its
    constructor, an unfolded matrix product for per-sample filters.

    ## Fix safety
    There is no automatic fix yet.

    ## Known limits
    ``int(x.shape[2])`` is a number for the tracer too; a call with ``int`` in it is not reported.
    """

    name = "size-as-attribute"
    family = "batch"
    message = "`{operator}` takes a size of its input where ONNX wants a number"
    hint = "give the number in the constructor, or reduce with mean or amax"
    operators = frozenset(_WHERE)
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"size": _SIZE, "batch": _BATCH}
    only_if_minded = frozenset({"size", "batch"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """``batch`` if the batch is among the sizes, ``size`` for any other."""
        if use.form not in ("function", "method") or use.qualified == "torch.Tensor.unfold":
            return None
        given = [use.args.get(at, name) for at, name in _WHERE[use.name]]
        if use.name in _CONV.split():
            given.append(use.args.get(6, "groups"))
        sizes = [size for value in given for size in _sizes(value)]
        if any(code.follows_batch(size) for size in sizes):
            return "batch"
        if any(is_input(size) and size.constant is None for size in sizes) or any(
            isinstance(value, Items) and value.items is None and value.kind == "size"
            for value in given
        ):
            return "size" if _reads_input(code, use.node) else None
        return None


def _reads_input(code: TracedCode, call: cst.CSTNode) -> bool:
    """Whether the sizes are not made numbers on the way, nor read from a weight."""
    for node in code.nodes(call):
        match node:
            case cst.Call(func=function) if code.value(function) == Ref("builtins.int"):
                return False
            case cst.Attribute(value=owner, attr=cst.Name(value="shape" | "size")):
                tensor = code.value(owner)
                if isinstance(tensor, Tensor) and tensor.device == "model":
                    return False
    return True


def _sizes(value: Value | None) -> Iterator[Size]:
    match value:
        case Int(size=size):
            yield size
        case Items(items=tuple() as items):
            for item in items:
                yield from _sizes(item)
