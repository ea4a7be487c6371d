"""out-argument: a torch function that writes into ``out=``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorMatch,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    emits,
    fails,
    through_onnx,
)


class OutArgument(Rule[OperatorMatch]):
    """Flag ``out=`` of torch functions, such as ``torch.add(x, 1, out=y)``.

    ## What it does
    Finds calls of torch functions with a tensor given as ``out``.

    ## Why it matters
    The TorchScript exporter's translations take no such argument and fail with a ``TypeError``.
    Torch-TensorRT and torch2trt take it as the operation without it.

    ## Use instead
    The result under the name it had, ``y = torch.add(x, 1)``.

    ## Fix safety
    Safe for statements that write into a local tensor which nobody else sees; the result keeps that
    tensor's dtype.

    ## Known limits
    ``out=None`` is left alone, and so is ``out`` of anything that is not torch's.
    """

    name = "out-argument"
    family = "assign"
    message = "`{operator}` writes its result into `out=`"
    hint = "assign the result to the name instead"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits(), fails("its translations take no argument `out`")),
            "torch-tensorrt": cited("fine", "torch.export makes it a plain operation"),
            "torch2trt-0.5": cited("fine", "measured: torch2trt at 4e820ae; `out` gets the _trt"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every such call."""
        for use in code.uses():
            if use.form == "function" and isinstance(use.args.kw.get("out"), Tensor):
                yield OperatorMatch(use.node, use)
