"""inplace-copy: ``y.copy_(x)`` into a whole tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    OperatorMatch,
    Rule,
    TracedCode,
    Verdict,
    cited,
    emits,
    fails,
    through_onnx,
)


class InplaceCopy(Rule[OperatorMatch]):
    """Flag ``y.copy_(x)``, which overwrites a whole tensor.

    ## What it does
    Finds the method ``copy_`` of a tensor that is no subscript and no buffer.

    ## Why it matters
    The TorchScript exporter has no translation of ``aten::copy`` and stops. Into a part,
    ``y[:, :2].copy_(x)``, it writes ScatterND. torch2trt leaves the copy out.

    ## Use instead
    ``y = x``, or ``y = x.to(y.dtype).expand_as(y)`` where shapes or dtypes differ.

    ## Fix safety
    Safe, where no other name shows the same memory; unsafe for an argument, whose owner no longer
    sees the copy.

    ## Known limits
    Copies into views are reported by ``write-through-view``, where the base is read later.
    """

    name = "inplace-copy"
    family = "assign"
    message = "`{operator}` overwrites a whole tensor in place"
    hint = "assign the value to the name instead"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits(), fails("aten::copy has no symbolic at opset 17")),
            "torch-tensorrt": cited("fine", "torch.export makes it a plain operation"),
            "torch2trt": cited("wrong", "measured at 4e820ae: the copy is not traced"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every such call."""
        for use in code.uses("copy_"):
            node = use.node
            match node:
                case cst.Call(func=cst.Attribute(value=cst.Name())):
                    if use.tensor is not None and use.tensor.view is None:
                        yield OperatorMatch(node, use)
