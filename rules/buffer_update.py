"""buffer-update: a buffer or parameter changed in place while the model runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Method,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    through_onnx,
)

_STORES = frozenset({"copy_", "fill_", "zero_", "data", "requires_grad_"})


@dataclass(frozen=True, eq=False)
class BufferWrite(Match):
    """``self.steps += 1``.

    Attributes:
        shown: the buffer as written.
    """

    shown: str

    def facts(self) -> Mapping[str, str]:
        """The buffer as written."""
        return {"buffer": self.shown}


class BufferUpdate(Rule[BufferWrite]):
    """Flag buffers that are updated in place in traced code, such as ``self.steps += 1``.

    ## What it does
    Finds augmented assignments to a tensor held in ``self``, and methods such as ``add_`` and
    ``mul_`` called on one.

    ## Why it matters
    An engine keeps no state: every call starts from the value at export. The TorchScript exporter
    runs the model first, so the update is in the constant already, and is then applied once more.

    ## Use instead
    Give the state to ``forward`` and return the new one; or compute with ``self.steps + 1`` and
    store nothing.

    ## Fix safety
    There is no automatic fix: the caller has to carry the state.

    ## Known limits
    Writes that replace the whole value, ``self.cache.copy_(x)``, give the right numbers within one
    call and are not reported. Neither is what runs in training only.
    """

    name = "buffer-update"
    family = "assign"
    message = "`{buffer}` is updated in place; an engine keeps no state from call to call"
    hint = "take the state as an input and return the new one"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(
                emits(),
                differs("measured: the update is applied to a constant that holds it already"),
                seen=False,
            ),
            "torch-tensorrt": cited("fine", "pytorch/TensorRT inplace_operations.rst: lifted"),
            "torch2trt": cited("wrong", "4e820ae: the update is not recorded"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[BufferWrite]:
        """Every such update."""
        for node in code.nodes():
            match node:
                case cst.AugAssign(target=cst.Attribute() as target):
                    if _held(code, target):
                        yield BufferWrite(node, code.source(target))
                case cst.Call(func=cst.Attribute(value=cst.Attribute() as owner)):
                    method = code.value(node.func)
                    name = method.name if isinstance(method, Method) else ""
                    plain = name.endswith("_") and not name.endswith("__")
                    if plain and name not in _STORES and _held(code, owner):
                        yield BufferWrite(node, code.source(owner))


def _held(code: TracedCode, node: cst.Attribute) -> bool:
    """Whether it is ``self.name`` and ``__init__`` puts a tensor there."""
    if code.owner is None or code.source(node.value) != "self":
        return False
    return isinstance(code.analysis.made(code.owner).get(node.attr.value), Tensor)
