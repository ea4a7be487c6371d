"""batch-as-number: the batch size read into a plain Python number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import Match, Ref, Rule, TracedCode, Verdict, cited, executed

_NAMED = "torch 2.13 replaces a named Dim by the sample's size without a word"
_TRACED = "the tracer keeps the sample's number"
_OTHERS = {
    "torch-tensorrt": cited("fine", "torch.export guards on the number", dynamic="rejected"),
    "torch2trt": cited("fine", "traced at the sample's size; 4e820ae", dynamic="wrong"),
}
_SCRIPT = {
    "tensorrt-rtx+torchscript": executed("fine", "at that batch", dynamic="wrong"),
    "tensorrt+torchscript": cited("fine", _TRACED, dynamic="wrong"),
}
_INT = {
    "tensorrt-rtx+dynamo": cited("fine", _NAMED, dynamic="wrong"),
    "tensorrt+dynamo": cited("fine", _NAMED, dynamic="wrong"),
    **_SCRIPT,
    **_OTHERS,
}
_QUOTIENT = {
    **_INT,
    "tensorrt-rtx+dynamo": executed("fine", "at that batch size", dynamic="wrong"),
}
_MATH = {
    **_INT,
    "tensorrt-rtx+dynamo": executed("fine", "a number at that batch", dynamic="rejected"),
    "tensorrt+dynamo": cited("fine", "torch 2.13: no symbolic form", dynamic="rejected"),
}
_EXTREME = {
    **_INT,
    "tensorrt-rtx+dynamo": executed("fine", "the exporter writes Min and Max"),
    "tensorrt+dynamo": cited("fine", "the exporter writes Min and Max"),
    "torch-tensorrt": cited("fine", "torch.export has a symbolic form"),
}


@dataclass(frozen=True, eq=False)
class BatchNumber(Match):
    """``int(x.shape[0])`` and the like.

    Attributes:
        call: the call.
        kind: the variant.
        shown: the call as written.
    """

    call: cst.Call
    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``int``, ``quotient``, ``math`` or ``extreme``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The call as written."""
        return {"call": self.shown}


class BatchAsNumber(Rule[BatchNumber]):
    """Flag the batch size made a Python number, such as ``int(x.shape[0] / windows)``.

    ## What it does
    Finds calls of ``int``, ``float``, ``min``, ``max``, functions of ``math`` and of NumPy on a
    size that varies with the batch of an input.

    ## Why it matters
    A size is symbolic until such a call makes a number of it. The TorchScript tracer records that
    number; the dynamo exporter gives the whole input a fixed batch, without a word where the
    dimension was declared with a name. ``int(batch / windows)`` (Swin's ``window_reverse``) stays
    dynamic at the input and mixes up windows at every other batch.

    ## Use instead
    The size as it is, ``//`` in place of ``int(a / b)``, ``-1`` in a reshape.

    ## Fix safety
    Safe: ``int()`` of an integer is dropped, and one division of sizes becomes ``//``, which is the
    same where neither is negative. Unsafe: several divisions, whose remainders would be dropped one
    by one. ``min``, ``max`` and ``math.sqrt`` have no form that the exporters keep symbolic.

    ## Known limits
    Sizes are followed through calls of the project's own functions, not through containers that
    change in loops. ``math.prod`` keeps sizes symbolic and is not reported.
    """

    name = "batch-as-number"
    family = "batch"
    message = "`{call}` makes a number of a size that varies with the batch"
    hint = "keep the size as it is: // instead of int(a / b), -1 in a reshape"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "int": _INT,
        "quotient": _QUOTIENT,
        "math": _MATH,
        "extreme": _EXTREME,
    }
    only_if_minded = frozenset({"int", "quotient", "math", "extreme"})

    def check(self, code: TracedCode) -> Iterator[BatchNumber]:
        """Every such call."""
        for call in code.walk(cst.Call):
            function = code.value(call.func)
            kind = _kind(function.name) if isinstance(function, Ref) else None
            if kind is None or not any(any(code.batch_sizes(arg.value)) for arg in call.args):
                continue
            if kind == "int" and any(_divides(code, arg.value) for arg in call.args):
                kind = "quotient"
            yield BatchNumber(call, call, kind, code.source(call))


def _kind(function: str) -> str | None:
    match function.rpartition("."):
        case ("builtins", _, "int" | "float"):
            return "int"
        case ("builtins", _, "min" | "max"):
            return "extreme"
        case ("math", _, name) if name != "prod":
            return "math"
        case ("numpy", _, _):
            return "math"
    return None


def _divides(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether a size that varies with the batch is divided."""
    return any(
        isinstance(one.operator, cst.Divide) and any(code.batch_sizes(one.left))
        for one in code.walk(cst.BinaryOperation, node)
    )
