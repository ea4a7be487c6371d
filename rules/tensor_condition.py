"""tensor-condition: Python control flow that asks a tensor for a truth value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Ref,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    fails,
    reads_elements,
    through_onnx,
    truth_tests,
)

_REFUSED = fails("torch.export: Could not guard on data-dependent expression")
_OTHERS = {
    "torch-tensorrt": cited("rejected", "torch.export refuses it: pytorch/pytorch#143222"),
    "torch2trt": cited("wrong", "4e820ae: the branch of the sample is recorded"),
}


@dataclass(frozen=True, eq=False)
class TensorTest(Match):
    """A tensor, or a number read from one, whose truth value Python asks for.

    Attributes:
        kind: the variant.
        shown: the expression as written.
    """

    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``data``, ``constant`` or ``extreme``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The expression as written."""
        return {"test": self.shown}


class TensorCondition(Rule[TensorTest]):
    """Flag branches on what a tensor holds, such as ``if x.max() > 1:``.

    ## What it does
    Finds ``if``, ``while``, conditional expressions, ``and``, ``or`` and ``not`` on a tensor, or on
    a number that ``item()``, ``int()`` or ``float()`` read from one; and Python's ``max`` and
    ``min`` of tensors, which compare them that way. Assertions that state a condition directly are
    left alone: both exporters drop them.

    ## Why it matters
    torch.export has no value to decide on and refuses, for constant tensors and parameters too. The
    TorchScript tracer keeps the branch that the sample took: the engine computes it for every
    input. torch2trt does the same without a word.

    ## Use instead
    ``torch.where(condition, a, b)`` where both branches can be computed, ``torch.maximum`` for
    ``max``, a flag given to the constructor where the tensor never changes.

    ## Fix safety
    Safe where both sides are tensors of one shape and dtype that can be computed for any input.
    Unsafe where the dtypes are not known, or where one side is a tensor that others see as well.

    ## Known limits
    Values that the analysis cannot follow are not reported, nor are tests of sizes. What is asked
    only in one precision, ``x.dtype == torch.float16 and x.isinf().any()``, is left alone.
    """

    name = "tensor-condition"
    family = "control-flow"
    message = "Python asks `{test}`, a tensor's value, for a decision"
    hint = "select with torch.where, or decide by something that is known before the model runs"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "data": {
            **through_onnx(_REFUSED, differs("the branch that the sample took is kept")),
            **_OTHERS,
        },
        "constant": {
            **through_onnx(_REFUSED, emits()),
            **_OTHERS,
            "torch2trt": cited("fine", "4e820ae: the branch is the same for every input"),
        },
        "extreme": {
            **through_onnx(emits(), differs("the operand that the sample chose is kept")),
            "torch-tensorrt": cited("fine", "torch.export writes torch.maximum"),
            "torch2trt": cited("wrong", "4e820ae: the operand that the sample chose is kept"),
        },
    }
    only_if_minded = frozenset({"extreme"})

    def check(self, code: TracedCode) -> Iterator[TensorTest]:
        """Every such expression."""
        for test in truth_tests(code):
            known = reads_elements(code, test)
            if known is not None:
                yield TensorTest(test, "data" if known else "constant", code.source(test))
        for call in code.walk(cst.Call):
            match code.value(call.func):
                case Ref(name="builtins.max" | "builtins.min") if len(call.args) > 1:
                    operands = [code.value(arg.value) for arg in call.args]
                    if any(isinstance(one, Tensor) and one.varies for one in operands):
                        yield TensorTest(call, "extreme", code.source(call))
