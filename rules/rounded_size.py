"""rounded-size: Python's ``round`` on a size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import Int, Match, Ref, Rule, TracedCode, Verdict, cited, executed, is_input

_WHY = "type Tensor doesn't define __round__ method"


@dataclass(frozen=True, eq=False)
class Rounding(Match):
    """``round(x.shape[2] / 2)``.

    Attributes:
        call: the call.
        shown: the call as written.
    """

    call: cst.Call
    shown: str

    def facts(self) -> Mapping[str, str]:
        """The call as written."""
        return {"call": self.shown}


class RoundedSize(Rule[Rounding]):
    """Flag ``round()`` of a size of the input, such as ``round(x.shape[2] / 2)``.

    ## What it does
    Finds calls of Python's ``round`` with a size of an input inside.

    ## Why it matters
    While the TorchScript exporter traces, sizes are tensors of no dimensions, and those cannot be
    rounded by Python: the export ends with "type Tensor doesn't define __round__ method".

    ## Use instead
    ``(h + 1) // 2``, or ``int(h * scale + 0.5)``; sizes are not negative.

    ## Fix safety
    Safe for halves, which go to the even neighbour in either form; other quotients are declined.

    ## Known limits
    A size that comes through a variable of unknown arithmetic is not followed.
    """

    name = "rounded-size"
    family = "batch"
    message = "`{call}` rounds a size, which the TorchScript exporter cannot trace"
    hint = "use // or int()"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            "tensorrt-rtx+dynamo": executed("fine", "a number for torch.export"),
            "tensorrt+dynamo": cited("fine", "a number for torch.export"),
            "tensorrt-rtx+torchscript": executed("rejected", _WHY),
            "tensorrt+torchscript": cited("rejected", f"torch 2.13: {_WHY}"),
            "torch-tensorrt": cited("fine", "a number for torch.export"),
            "torch2trt": cited("fine", "4e820ae: sizes are integers"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[Rounding]:
        """Every such call."""
        for call in code.walk(cst.Call):
            rounds = code.value(call.func) == Ref("builtins.round") and call.args
            if rounds and any(_is_size(code, node) for node in code.nodes(call.args[0].value)):
                yield Rounding(call, call, code.source(call))


def _is_size(code: TracedCode, node: cst.CSTNode) -> bool:
    value = code.value(node) if isinstance(node, cst.BaseExpression) else None
    return isinstance(value, Int) and value.size.constant is None and is_input(value.size)
