"""output-type: outputs of a model that are no tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from trtlint.api import (
    Match,
    Rule,
    TracedCode,
    Verdict,
    cited,
    emits,
    fails,
    odd_outputs,
    through_onnx,
)

_NAMELESS = fails("AttributeError: 'int' object has no attribute 'name'")
_CONSTANT = fails("the output has no observable data dependence with the inputs")
_OTHERS = {
    "torch-tensorrt": cited("fine", "torch.export: outputs are a pytree of any constants"),
    "torch2trt-0.5": cited("fine", "measured: torch2trt at 4e820ae hands out None (Flattener)"),
}


@dataclass(frozen=True, eq=False)
class OddOutput(Match):
    """A part of what ``forward`` returns.

    Attributes:
        kind: the variant.
        shown: the expression as written.
        what: what it is, in words.
    """

    kind: str
    shown: str
    what: str

    @property
    def variant(self) -> str:
        """``number``, ``size``, ``batch``, ``read``, ``text`` or ``object``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The expression, and what it is."""
        return {"output": self.shown, "what": self.what}


class OutputType(Rule[OddOutput]):
    """Flag models that return numbers, strings, sets or objects of their own classes.

    ## What it does
    Looks at what the ``forward`` of a module returns that no other module of the project calls:
    numbers, sizes, strings, dtypes, sets and instances of plain classes and dataclasses, by
    themselves or inside a tuple, list or dict.

    ## Why it matters
    The graph has tensors for outputs. The dynamo exporter stops at anything else with
    ``AttributeError: 'int' object has no attribute 'name'``, or with ``not a known type``; the
    TorchScript exporter takes sizes and drops strings, and refuses constants and objects. Dicts,
    named tuples and None are fine: they are flattened.

    ## Use instead
    Return tensors; keep the rest outside. Where callers need what ``forward`` returns, leave it
    and export a module around it, whose ``forward`` picks the tensors:

        class ForExport(nn.Module):
            def __init__(self, model):
                super().__init__()
                self.model = model

            def forward(self, x):
                result = self.model(x)
                return result.mask, result.score

    ## Fix safety
    There is no automatic fix: callers see what ``forward`` returns, and a wrapper belongs to the
    script that exports.

    ## Known limits
    A module that is built from a configuration may be called by another one without a trace of it
    in the source. Classes with bases are left alone: they may be registered as pytrees.
    """

    name = "output-type"
    family = "io"
    message = "`{output}` is returned by the model and is {what}, not a tensor"
    hint = "return tensors, or export a module around it whose forward picks them"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "number": {**through_onnx(_NAMELESS, _CONSTANT), **_OTHERS},
        "read": {**through_onnx(emits(), _CONSTANT), **_OTHERS},
        "size": {**through_onnx(_NAMELESS, emits()), **_OTHERS},
        "batch": {
            **through_onnx(_NAMELESS, emits(), seen=False),
            "tensorrt-rtx+dynamo": cited("rejected", "measured at a fixed batch", dynamic="fine"),
            "tensorrt+dynamo": cited("rejected", "torch 2.13: at a fixed batch", dynamic="fine"),
            **_OTHERS,
        },
        "text": {**through_onnx(_NAMELESS, emits()), **_OTHERS},
        "object": {
            **through_onnx(fails("not a known type"), fails("only tuples, lists and Variables")),
            **_OTHERS,
            "torch-tensorrt": cited("rejected", "torch.export: not a known type"),
            "torch2trt-0.5": cited("rejected", "measured: torch2trt at 4e820ae finds no output"),
        },
    }

    def check(self, code: TracedCode) -> Iterator[OddOutput]:
        """Every such part."""
        for node, kind, what in odd_outputs(code):
            yield OddOutput(node, kind, code.source(node), what)
