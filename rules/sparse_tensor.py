"""The rule ``sparse-tensor``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    Verdict,
    cited,
    fails,
    through_onnx,
)


class SparseTensor(OperatorRule):
    """Flag sparse tensors, which neither exporter nor TensorRT has.

    ## What it does
    Finds ``torch.sparse_coo_tensor`` and its kin, ``torch.sparse.*`` and ``to_sparse`` in
    traced code.

    ## Why it matters
    ONNX has sparse constants only; both exporters stop at the first operator on a sparse
    tensor.

    ## Use instead
    For a fixed pattern, ``index_select`` and ``scatter``, or a dense matrix kept as a buffer:
    at usual sizes the dense product is faster on a GPU as well.

    ## Fix safety
    There is no automatic fix: a dense matrix needs other memory.

    ## Known limits
    A sparse tensor that comes in from outside is not seen.
    """

    name = "sparse-tensor"
    family = "operator"
    message = "`{operator}` makes or uses a sparse tensor"
    hint = "use a dense matrix, or index_select and scatter"
    operators = frozenset(
        """sparse_coo_tensor sparse_csr_tensor sparse_csc_tensor to_sparse to_sparse_csr
        to_sparse_coo""".split()
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(fails("aten.sparse_coo_tensor has no translation")),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        }
    }
