"""bit-cast: the bits of one type read as another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    DTypeValue,
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    cited,
    fails,
    through_onnx,
)


class BitCast(OperatorRule):
    """Flag ``x.view(torch.int32)``, which reads the same bits as another type.

    ## What it does
    Finds ``view`` with a dtype.

    ## Why it matters
    ONNX has a BitCast from opset 26 only, and neither exporter writes one; nothing else does the
    same. Torch-TensorRT runs it in PyTorch.

    ## Use instead
    ``x.to(torch.int32)`` where the value is meant, arithmetic where the bits are.

    ## Fix safety
    There is no automatic fix: no rewrite has the same numbers.

    ## Known limits
    A dtype that comes in as an argument is not seen.
    """

    name = "bit-cast"
    family = "dtype"
    message = "`{operator}` reads the bits of a tensor as another type"
    hint = "use .to(dtype) where the value is meant"
    operators = frozenset({"view"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(fails("no translation of aten::view.dtype")),
            "torch-tensorrt": cited("costly", "pytorch/TensorRT: no converter for aten.view.dtype"),
            "torch2trt": cited("rejected", "4e820ae: the converter of view takes sizes"),
        }
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """The argument is a dtype."""
        return "default" if isinstance(use.args.get(1, "dtype"), DTypeValue) else None
