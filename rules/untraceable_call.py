"""untraceable-call: functions that run or transform other functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Ref,
    Rule,
    TracedCode,
    Verdict,
    cited,
    emits,
    fails,
    through_onnx,
)


@dataclass(frozen=True, eq=False)
class HigherOrder(Match):
    """``torch.cond(...)``, ``checkpoint(...)`` and the like.

    Attributes:
        call: the call.
        kind: the variant.
        shown: the function's name.
    """

    call: cst.Call
    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``cond``, ``loop``, ``transform`` or ``checkpoint``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The function's name."""
        return {"function": self.shown}


class UntraceableCall(Rule[HigherOrder]):
    """Flag ``torch.cond``, ``while_loop`` and reentrant ``checkpoint`` in traced code.

    ## What it does
    Finds calls of ``torch.cond``, ``while_loop``, transforms such as ``torch.func.grad`` and
    ``jacrev``, and ``torch.utils.checkpoint.checkpoint`` without ``use_reentrant=False``.

    ## Why it matters
    The dynamo exporter writes ONNX If and Loop, which TensorRT takes since 8.0 and runs outside its
    fused kernels. The TorchScript tracer cannot enter them and stops, as it does at the
    autograd function inside a reentrant checkpoint. Neither exporter can follow a derivative.

    ## Use instead
    ``torch.where`` where both branches may run, an unrolled loop of a fixed number of steps.
    ``use_reentrant=False``, or no checkpoint at all: it saves memory in training only.

    ## Fix safety
    Safe for checkpoints: ``use_reentrant=False`` computes the same. There is none for branches,
    loops and derivatives in the graph, which have no plain form.

    ## Known limits
    A checkpoint that is called only where ``self.training`` holds is never reached.
    """

    name = "untraceable-call"
    family = "control-flow"
    message = "`{function}` runs a function that the TorchScript tracer cannot enter"
    hint = "use torch.where, a fixed number of steps, or no checkpoint"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "cond": {
            **through_onnx(
                emits("If", layers=["CONDITION"]), fails("a function that dynamo optimises")
            ),
            "torch-tensorrt": cited("costly", "torch.cond runs in PyTorch; a graph break"),
            "torch2trt": cited("wrong", "measured at 4e820ae: the sample's branch is recorded"),
        },
        "loop": {
            **through_onnx(
                emits("Loop", layers=["RECURRENCE"]), fails("a function that dynamo optimises")
            ),
            "torch-tensorrt": cited("costly", "while_loop runs in PyTorch; a graph break"),
            "torch2trt": cited("rejected", "measured at 4e820ae: could not get tensor shape"),
        },
        "transform": {
            **through_onnx(
                fails("cannot access storage of a wrapped tensor"),
                fails("cannot access storage of a wrapped tensor"),
            ),
            "torch-tensorrt": cited("costly", "torch.export traces it; backward operators"),
            "torch2trt": cited("rejected", "tensors without storage; as measured with vmap"),
        },
        "checkpoint": {
            **through_onnx(emits(), fails("RuntimeError: unordered_map::at")),
            "torch-tensorrt": cited("fine", "torch.export enters it"),
            "torch2trt": cited("fine", "measured at 4e820ae"),
        },
    }
    only_if_minded = frozenset({"checkpoint"})

    def check(self, code: TracedCode) -> Iterator[HigherOrder]:
        """Every such call."""
        for call in code.walk(cst.Call):
            function = code.value(call.func)
            if not isinstance(function, Ref) or not function.name.startswith("torch."):
                continue
            match function.name.rpartition(".")[2]:
                case "cond" if function.name in _CONDS:
                    yield HigherOrder(call, call, "cond", "torch.cond")
                case "while_loop":
                    yield HigherOrder(call, call, "loop", "while_loop")
                case name if name in _TRANSFORMS and function.name.startswith(_FUNCTORCH):
                    yield HigherOrder(call, call, "transform", f"torch.func.{name}")
                case "checkpoint" if _reentrant(code, call):
                    yield HigherOrder(call, call, "checkpoint", "checkpoint")


_TRANSFORMS = frozenset("grad grad_and_value jacrev jacfwd hessian vjp jvp".split())
_FUNCTORCH = ("torch.func.", "torch._functorch.", "torch.autograd.functional.")
_CONDS = frozenset(
    {"torch.cond", "torch.ops.higher_order.cond", "torch._higher_order_ops.cond.cond"}
)


def _reentrant(code: TracedCode, call: cst.Call) -> bool:
    """``use_reentrant=True``, which is the default too."""
    for arg in call.args:
        if arg.star == "**":
            return False
        if arg.keyword is not None and arg.keyword.value == "use_reentrant":
            return code.source(arg.value) == "True"
    return True
