"""data-dependent-size: a size, a bound or a number of steps that a tensor holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Items,
    Match,
    Number,
    Ref,
    Rule,
    Slice,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    fails,
    index_values,
    through_onnx,
)

_UNBACKED = fails("torch.export: cannot extract an integer from a data-dependent expression")
_FROZEN = differs("the sample's number is kept")
_OTHERS = {
    "torch-tensorrt": cited("rejected", "torch.export: pytorch/pytorch#146298, #158786"),
    "torch2trt": cited("wrong", "NVIDIA-AI-IOT/torch2trt#677: the sample's number is recorded"),
}
_MAKERS = frozenset("zeros ones full empty arange linspace rand randn eye".split())


@dataclass(frozen=True, eq=False)
class DataSize(Match):
    """``x[:, :n.max()]``, ``range(int(n))`` and the like.

    Attributes:
        kind: the variant.
        shown: the expression as written.
    """

    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``steps``, ``bound`` or ``resize``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The expression as written."""
        return {"expression": self.shown}


class DataDependentSize(Rule[DataSize]):
    """Flag sizes, slice bounds and loop counts that depend on what a tensor holds.

    ## What it does
    Finds ``range`` over a number that was read from a tensor, slices with such a bound, creation
    functions with such a size, and ``F.interpolate`` and ``F.one_hot`` given one.

    ## Why it matters
    A loop as long as data says cannot be unrolled: torch.export refuses it, the TorchScript tracer
    keeps the number of the sample. A slice or a new tensor of such a size is exported by the
    dynamo exporter as a shape computed at run time, which TensorRT only follows for integers on
    the host, and which costs an allocation in every call. A resize to such a size is not built.

    ## Use instead
    The largest size there can be, and a mask: ``torch.arange(limit) < lengths[:, None]``.

    ## Fix safety
    There is no automatic fix: the result's shape changes.

    ## Known limits
    The number must be followed from the tensor to its use within one function.
    """

    name = "data-dependent-size"
    family = "control-flow"
    message = "`{expression}` takes its size from what a tensor holds"
    hint = "use the largest size there can be, and a mask"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "steps": {**through_onnx(_UNBACKED, _FROZEN), **_OTHERS},
        "resize": {
            **through_onnx(fails("TensorRT cannot build a Resize to a computed size"), _FROZEN),
            **_OTHERS,
        },
        "bound": {
            **through_onnx(emits(), emits(), seen=False),
            "tensorrt": cited("costly", "the shape is computed at run time; DL4AGX export guide"),
            **_OTHERS,
            "torch-tensorrt": cited("costly", "an unbacked size; pytorch/pytorch#146298"),
        },
    }

    def check(self, code: TracedCode) -> Iterator[DataSize]:
        """Every such use."""
        for call in code.walk(cst.Call):
            match code.value(call.func):
                case Ref(name="builtins.range") if _any_varies(code, call):
                    yield DataSize(call, "steps", code.source(call))
        for use in code.uses("interpolate", "upsample", "one_hot", *sorted(_MAKERS)):
            given = [*use.args.pos, *use.args.kw.values()]
            if use.name in ("interpolate", "upsample", "one_hot"):
                if any(_varies(value) for value in given[1:]):
                    kind = "steps" if use.name == "one_hot" else "resize"
                    yield DataSize(use.node, kind, code.source(use.node))
            elif any(_varies(value) for value in use.args.pos if use.name != "full"):
                yield DataSize(use.node, "bound", code.source(use.node))
        for node in code.walk(cst.Subscript):
            if isinstance(code.value(node.value), Tensor):
                bounds = [one for one in index_values(code, node) if isinstance(one, Slice)]
                if any(_varies(part) for b in bounds for part in (b.start, b.stop)):
                    yield DataSize(node, "bound", code.source(node))


def _any_varies(code: TracedCode, call: cst.Call) -> bool:
    return any(_varies(code.value(arg.value)) for arg in call.args)


def _varies(value: object) -> bool:
    match value:
        case Number(varies=True):
            return True
        case Tensor(varies=True):
            return value.rank in (0, None)
        case Items(items=tuple() as items):
            return any(_varies(item) for item in items)
        case _:
            return False
