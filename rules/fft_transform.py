"""The rule ``fft-transform``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


class FftTransform(TranslationRule):
    """Flag Fourier transforms, which become ONNX DFT.

    ## What it does
    Finds ``torch.fft.*`` in traced code.

    ## Why it matters
    The dynamo exporter writes DFT, which TensorRT takes from 11.2 on (through a cuFFT plugin)
    and TensorRT-RTX 1.7 does not; the TorchScript exporter has no translation of any of them.

    ## Use instead
    For a fixed length the transform is a product with a constant matrix of cosines and sines
    kept as a buffer: ``real = x @ cos``, ``imaginary = x @ sin``; with the inverse likewise.
    ``torch.stft`` of a real signal converts from TensorRT 10.5 on.

    ## Fix safety
    Safe for ``fftshift`` and ``ifftshift``, which become a roll. The others are left: the matrix
    product rounds otherwise and costs more for long signals.

    ## Known limits
    ``fftshift`` and ``ifftshift`` only move elements; they are reported for the TorchScript
    exporter.
    """

    name = "fft-transform"
    family = "operator"
    message = "`{operator}` is a Fourier transform: {why}"
    hint = "multiply by a constant matrix of cosines and sines, or transform outside the engine"
    operators = GROUPS["fft-transform"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("costly", "pytorch/TensorRT#989: no converter; it runs in PyTorch"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
