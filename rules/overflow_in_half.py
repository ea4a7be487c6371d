"""overflow-in-half: constants that float16 cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from trtlint.api import (
    Int,
    Number,
    OperatorMatch,
    OperatorUse,
    Rule,
    Tensor,
    TracedCode,
    Value,
    Verdict,
    cited,
)

# Half of the smallest subnormal number is rounded to zero.
_LARGEST, _SMALLEST = 65504.0, 2.0**-25
_LARGE = "in FP16 it becomes infinity: NVIDIA/TensorRT#2466, NVIDIA/TensorRT#3101"
_SMALL = "in FP16 it becomes 0: NVIDIA/TensorRT#3897"
_FILLS = frozenset("masked_fill masked_fill_ where full full_like new_full fill_".split())
_SUMS = frozenset("add sub add_ sub_".split())
_BOUNDS = frozenset("clamp clamp_min maximum clip".split())
_WIDE = ("float32", "float64", "bfloat16")


def _where_fp16(why: str) -> Mapping[str, Verdict]:
    return {
        "tensorrt-rtx": cited("fine", "strongly typed: in FP32 unless the model says otherwise"),
        "tensorrt": cited("fine", "strongly typed: in FP32 unless the model says otherwise"),
        "tensorrt<11.0": cited("costly", f"numbers may be lost: {why}"),
        "torch-tensorrt": cited("fine", "strongly typed since 2.12"),
        "torch2trt": cited("costly", f"with fp16_mode: {why}"),
    }


class OverflowInHalf(Rule[OperatorMatch]):
    """Flag constants such as ``-1e9`` and ``1e-12`` that ``float16`` cannot hold.

    ## What it does
    Finds literals beyond 65504 that fill a floating tensor or are added to one, and literals below
    3e-8 that are added to one or bound it from below, as an epsilon does. Tensors that are known to
    be ``float32`` or ``bfloat16`` are left out.

    ## Why it matters
    In an FP16 engine the large ones become infinity, and a softmax over a row of them gives NaN;
    the small ones become 0, and the division that they protect is one by 0. Up to TensorRT 10 the
    builder takes FP16 where it is allowed to and no type in the model forbids it.

    ## Use instead
    ``torch.finfo(x.dtype).min`` for masks, an epsilon of 1e-6 or so.

    ## Fix safety
    Unsafe: literals that fill a mask become ``-65504.0``, of which a softmax leaves as little.
    Constants that are added, and epsilons, are left: which number is as good depends on the rest.

    ## Known limits
    Constants that are arguments of the constructor are not followed. In FP32 nothing is wrong.
    """

    name = "overflow-in-half"
    family = "precision"
    message = "the constant {number} of `{operator}` {what} where the engine is built in FP16"
    hint = "use torch.finfo(x.dtype).min for masks, an epsilon of 1e-6"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "large": _where_fp16(_LARGE),
        "small": _where_fp16(_SMALL),
    }

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every such constant where it meets a tensor."""
        for use in code.uses(*sorted(_FILLS | _SUMS | _BOUNDS)):
            if not _may_be_half(use):
                continue
            for value in (*use.args.pos, *use.args.kw.values()):
                kind = _kind(value, use.name)
                if kind is not None:
                    what = "becomes infinity" if kind == "large" else "becomes 0"
                    more = {"number": f"{_number(value):g}", "what": what}
                    yield OperatorMatch(use.node, use, kind, more)


def _may_be_half(use: OperatorUse) -> bool:
    """Whether the result is floating, as far as is known, and not of a wider type by its name."""
    made = use.result if isinstance(use.result, Tensor) else use.tensor
    dtype = made.dtype if made is not None else None
    return dtype is not None and dtype.floating is True and dtype.name not in _WIDE


def _kind(value: Value, operator: str) -> str | None:
    number = abs(_number(value) or 0.0)
    if _LARGEST < number < float("inf") and operator not in _BOUNDS:
        return "large"
    return "small" if 0 < number <= _SMALLEST and operator not in _FILLS else None


def _number(value: Value) -> float | None:
    match value:
        case Number(kind="float", value=float() as number):
            return number
        case Int(size=size) if size.constant is not None:
            return float(size.constant)
        case _:
            return None
