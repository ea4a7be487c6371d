"""item-call: a tensor's elements read into Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Method,
    NdArray,
    Number,
    Ref,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    fails,
    through_onnx,
)

_BAKED = differs("the sample's value becomes a constant")
_OTHERS = {
    "torch-tensorrt": cited("costly", "the graph breaks there; import_workflows.md of TensorRT"),
    "torch2trt": cited("wrong", "NVIDIA-AI-IOT/torch2trt#677: the sample's value is recorded"),
}
_SHOWN_ONLY = frozenset({"print", "warn", "warning", "info", "debug", "error", "exception", "log"})


@dataclass(frozen=True, eq=False)
class ElementRead(Match):
    """``x.item()``, ``int(x)``, ``x.numpy()`` and the like.

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
        """``number``, ``array`` or ``math``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The call as written."""
        return {"call": self.shown}


class ItemCall(Rule[ElementRead]):
    """Flag ``x.sum().item()``, ``int(x.max())``, ``x.tolist()``, ``x.numpy()`` in traced code.

    ## What it does
    Finds calls that read elements of a tensor into Python numbers or NumPy arrays, where the
    tensor follows from the inputs, and functions of ``math`` and ``round`` on such numbers. What
    is only printed, logged or part of an error's text is left alone.

    ## Why it matters
    The TorchScript tracer and torch2trt record the value of the sample: the engine computes with
    it for every input, without a word. The dynamo exporter keeps a scalar in the graph, but has no
    translation of ``math.sqrt`` and its kin on one, and none of a branch on it.

    ## Use instead
    Keep the tensor: a tensor of no dimensions multiplies, compares and broadcasts as a number does.

    ## Fix safety
    Safe where the number is added to, subtracted from, multiplied or compared with a tensor of its
    own dtype, and for arrays that go back into a tensor by way of ``np.clip``, ``np.abs``
    and ``np.floor``. Unsafe for divisions, which PyTorch may carry out with the reciprocal
    of a number, and for ``np.sqrt`` and ``np.exp``, which it rounds otherwise.

    ## Known limits
    Reading parameters, buffers and other constants is not reported: the value is the right one.
    """

    name = "item-call"
    family = "host-sync"
    message = "`{call}` reads a tensor's elements into Python"
    hint = "keep it a tensor: torch's functions take one where Python takes a number"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "number": {**through_onnx(emits(), _BAKED), **_OTHERS},
        "array": {
            **through_onnx(emits(), _BAKED),
            "tensorrt-rtx+dynamo": cited("fine", "torch.onnx.export falls back to strict mode"),
            **_OTHERS,
        },
        "math": {
            **through_onnx(fails("no translation of it for a symbolic number"), _BAKED),
            **_OTHERS,
        },
    }

    def check(self, code: TracedCode) -> Iterator[ElementRead]:
        """Every such call whose result is used for more than a message."""
        for call in code.walk(cst.Call):
            kind = _kind(code, call)
            if kind is not None and not _only_shown(code, call):
                yield ElementRead(call, call, kind, code.source(call))


def _kind(code: TracedCode, call: cst.Call) -> str | None:
    operands = [code.value(arg.value) for arg in call.args]
    tensors = [one for one in operands if isinstance(one, Tensor) and one.varies]
    match code.value(call.func):
        case Method(owner=Tensor(varies=True), name="item" | "tolist" | "__int__" | "__float__"):
            return "number"
        case Method(owner=Tensor(varies=True), name="numpy" | "__array__"):
            return "array"
        case Ref(name="builtins.int" | "builtins.float" | "builtins.bool") if tensors:
            return "number"
        case Ref(name=name) if name.startswith("numpy.") and tensors:
            return "array"
        case Ref(name=name) if name.startswith("math.") or name == "builtins.round":
            read = [o for o in operands if isinstance(o, Number | NdArray) and o.varies]
            exact = name in ("math.floor", "math.ceil", "math.trunc", "math.prod")
            if name == "builtins.round" and tensors:
                return None  # a tensor's own rounding
            return "math" if (read and not exact) or tensors else None
    return None


def _only_shown(code: TracedCode, call: cst.Call) -> bool:
    """Whether the value goes into a message and nowhere else."""
    node: cst.CSTNode | None = code.parent(call)
    while node is not None and not isinstance(node, cst.BaseCompoundStatement):
        match node:
            case cst.FormattedStringExpression() | cst.Raise() | cst.Assert():
                return True
            case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))):
                if name in _SHOWN_ONLY:
                    return True
        node = code.parent(node)
    return False
