"""Which ONNX operators TensorRT's ONNX parser takes, from which version on.

Sources: docs/operators.md of onnx-tensorrt's release branches 7.0 to 10.1 and of TensorRT 11.1, and
the release notes of the versions between and after; for TensorRT-RTX 1.7 the parser itself, asked
operator by operator. An operator that is not listed is taken by all versions.

A name in brackets is a feature of an operator that has its own history: ``MaxPool[indices]``.
"""

from __future__ import annotations

from dataclasses import dataclass

_DOCS = "onnx-tensorrt operators.md"


@dataclass(frozen=True)
class Support:
    """Who takes an ONNX operator or a feature of one.

    Attributes:
        since: the first TensorRT version that does; None for none up to 11.4.
        rtx: whether TensorRT-RTX 1.7 does.
        source: how it is known.
    """

    since: str | None
    rtx: bool
    source: str = _DOCS


def _each(names: str, since: str | None, rtx: bool, source: str = _DOCS) -> dict[str, Support]:
    return dict.fromkeys(names.split(), Support(since, rtx, source))


PARSER: dict[str, Support] = {
    **_each(
        "CumSum Dropout EyeLike GatherElements GlobalLpPool LpNormalization LpPool Celu If "
        "GreaterOrEqual LessOrEqual NonMaxSuppression ReverseSequence",
        "8.0",
        True,
    ),
    **_each("Einsum GatherND IsNaN Round ScatterElements ScatterND Sign", "8.2", True),
    **_each("HardSwish RandomNormal RandomNormalLike Reciprocal Shrink Xor", "8.4", True),
    **_each("GridSample Mod NonMaxSuppression OneHot RoiAlign Trilu", "8.5", True),
    **_each("MeanVarianceNormalization", "8.5", True),
    "NonZero": Support("8.5", False, f"{_DOCS} 8.5; RTX: NVIDIA/TensorRT-RTX#36"),
    **_each("GroupNormalization IsInf LayerNormalization", "8.6", True),
    **_each("CastLike Hardmax", "9.1", True),
    **_each("Gelu Mish", "10.0", True),
    "DeformConv": Support("10.1", False),
    **_each("BlackmanWindow HammingWindow HannWindow", "10.4", True, "TensorRT 10.4 notes"),
    "STFT": Support("10.5", True, "TensorRT 10.5 release notes"),
    "Attention": Support("10.14", True, "TensorRT 10.14 release notes"),
    **_each("RMSNormalization RotaryEmbedding TensorScatter", "10.15", True, "TensorRT 10.15"),
    "DFT": Support("11.2", False, "TensorRT 11.2 release notes: DFT through a cuFFT plugin"),
    **_each(
        "AffineGrid Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad "
        "Col2Im Compress ConcatFromSequence ConvInteger CumProd Det DynamicQuantizeLinear "
        "MatMulInteger MaxRoiPool MaxUnpool MelWeightMatrix Multinomial NegativeLogLikelihoodLoss "
        "Optional OptionalGetElement OptionalHasElement QLinearConv QLinearMatMul SequenceAt "
        "SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap "
        "SoftmaxCrossEntropyLoss SplitToSequence Unique",
        None,
        False,
        f"{_DOCS} up to 11.1; no later release notes add it",
    ),
    # -- features ---------------------------------------------------------------------------
    "ArgMax[rank 1]": Support(None, False, "ITopKLayer takes two dimensions or more"),
    "Add[bool]": Support(None, False, "the parser adds numbers only"),
    "BatchNormalization[training]": Support(None, False, "the parser refuses training_mode"),
    "CumSum[several axes]": Support("8.0", True),
    "Dropout[training]": Support(None, False, f"{_DOCS}: training_mode must be false"),
    "Einsum[uppercase]": Support(None, False, "the parser takes lower-case letters only"),
    "Einsum[ellipsis]": Support("10.12", True, "TensorRT 10.12 release notes"),
    "GridSample[5-D]": Support("11.2", True, "TensorRT 11.2 release notes; RTX: measured"),
    "MatMul[integer]": Support(None, False, f"{_DOCS}: floating types only"),
    "MaxPool[dilation]": Support(None, False, f"{_DOCS}: dilations must be ones"),
    "MaxPool[indices]": Support(None, False, f"{_DOCS}: Indices output unsupported"),
    "Pad[modes]": Support("8.2", True),
    "Pad[wrap]": Support("10.0", True),
    "Pad[computed]": Support("8.2", True, "onnx-tensorrt changelog 8.2"),
    "Resize[antialias]": Support(None, False, "the parser refuses antialias=1"),
    "Resize[modes]": Support("8.0", True),
    "ScatterElements[reduction]": Support("10.0", False, "through a plugin that RTX lacks"),
    "ScatterND[reduction]": Support(None, False, f"{_DOCS}: reduction is not supported"),
    "TopK[k > 3840]": Support(None, False, "ITopKLayer: at most 3840 elements"),
    "TopK[computed k]": Support("8.6", True),
    "UINT8 arithmetic": Support(None, False, f"{_DOCS}: UINT8 for inputs and outputs only"),
    "Cast[float8]": Support(None, False, "FP8 comes out of QuantizeLinear only"),
    "CumSum[bool]": Support(None, False, "no valid ONNX: CumSum takes numbers"),
    "INT8 constant": Support(None, False, "INT8 constants stand before DequantizeLinear only"),
    "Max[bool]": Support(None, False, "the parser compares numbers only"),
    "ReduceMax[bool]": Support(None, False, "the parser reduces numbers only"),
    "TopK[bool]": Support(None, False, "ITopKLayer takes numbers"),
    "Cast[int16]": Support(None, False, f"{_DOCS}: no 16 bit integers"),
    "INT64": Support("9.x", True, "before: cast to INT32 with a warning"),
    "complex": Support(None, False, "TensorRT has no complex type"),
    "rank > 8": Support(None, False, "TensorRT tensors have at most 8 dimensions"),
}
