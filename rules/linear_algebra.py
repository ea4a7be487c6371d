"""The rule ``linear-algebra``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import GROUPS, TranslationRule, Verdict, cited, translated


class LinearAlgebra(TranslationRule):
    """Flag matrix decompositions, inverses and determinants, which no exporter translates.

    ## What it does
    Finds ``torch.linalg.*``, ``torch.inverse``, ``det``, ``svd``, ``qr``, ``cholesky``,
    ``solve``, ``matrix_exp`` and their kin in traced code. ``linalg.norm`` and
    ``linalg.matmul`` convert and are not meant.

    ## Why it matters
    ONNX knows no linear algebra beyond MatMul and Det, and TensorRT's parser takes no Det.
    Torch- TensorRT runs them in PyTorch, between two engines.

    ## Use instead
    For matrices of two or three rows the closed form: cofactors over the determinant, written
    with products and sums. For a matrix that is the same for every input, compute its inverse
    once in ``__init__`` and keep it as a buffer. Everything else belongs before or after the
    engine.

    ## Fix safety
    Safe for ``matrix_power`` of 2 and 3. The closed forms for two and three known rows, and
    ``multi_dot`` from the left to the right, are unsafe: they round otherwise, and have infinities
    where PyTorch raises an error. The inverse of a buffer is not kept as one: a checkpoint may
    load another matrix.

    ## Known limits
    A decomposition of a constant is folded by some exporters; it is reported all the same. What
    only the TorchScript exporter lacks (``trace``, ``matrix_power``) is reported where it is
    selected.
    """

    name = "linear-algebra"
    family = "operator"
    message = "`{operator}` is linear algebra: {why}"
    hint = "write out the closed form for small matrices, or compute it outside the engine"
    operators = GROUPS["linear-algebra"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = translated(
        operators,
        cited("costly", "pytorch/TensorRT#572: no converter; it runs in PyTorch"),
        cited("rejected", "4e820ae: no converter"),
    )
    only_if_minded = frozenset({name for name in verdicts if name.startswith(("fine.", "varies."))})
