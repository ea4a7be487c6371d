"""mask-read: the elements that a boolean tensor selects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    emits,
    index_values,
    only_checked,
    through_onnx,
)

_FOUND = emits("NonZero", layers=["NON_ZERO", "GATHER"])
_OTHERS = {
    "torch-tensorrt": cited("costly", "aten.index needs an output allocator; no CUDA graphs"),
    "torch2trt": cited("wrong", "4e820ae: getitem drops an index that is no slice or int"),
}


@dataclass(frozen=True, eq=False)
class MaskedRead(Match):
    """``x[mask]``.

    Attributes:
        kind: the variant.
        shown: the subscript as written.
    """

    kind: str
    shown: str

    @property
    def variant(self) -> str:
        """``data`` or ``constant``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The subscript as written."""
        return {"subscript": self.shown}


class MaskRead(Rule[MaskedRead]):
    """Flag reads through a boolean mask, such as ``boxes[scores > 0.5]``.

    ## What it does
    Finds subscripts of a tensor with a boolean tensor in them.

    ## Why it matters
    How many elements there are is known at run time only. Both exporters write NonZero, which
    TensorRT takes since 8.5 (a data-dependent output, slower than fixed shapes) and TensorRT-RTX
    not at all. A mask that is the same for every input is computed beforehand by the dynamo
    exporter; the TorchScript exporter writes NonZero for it too.

    ## Use instead
    Keep the shape: ``torch.where(mask, x, 0)``, ``x * mask``, or the best ones by ``topk`` with a
    fixed number. For a constant mask: a buffer with the indices.

    ## Fix safety
    There is no automatic fix: the result's shape changes.

    ## Known limits
    A mask whose dtype is not known to be boolean is taken for indices and not reported.
    """

    name = "mask-read"
    family = "control-flow"
    message = "`{subscript}` selects as many elements as a mask says: a shape that depends on data"
    hint = "keep the shape with torch.where, or take a fixed number with topk"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "data": {**through_onnx(_FOUND, _FOUND), **_OTHERS},
        "constant": {
            **through_onnx(emits("GatherND", layers=["GATHER"]), _FOUND),
            **_OTHERS,
            "torch-tensorrt": cited("costly", "aten.index with a boolean tensor, as above"),
        },
    }

    def check(self, code: TracedCode) -> Iterator[MaskedRead]:
        """Every such subscript that is read."""
        written = set(_targets(code))
        for node in code.walk(cst.Subscript):
            if id(node) in written or only_checked(code, node):
                continue
            for one in index_values(code, node):
                if isinstance(one, Tensor) and one.dtype is not None and one.dtype.is_bool:
                    kind = "constant" if one.varies is False else "data"
                    yield MaskedRead(node, kind, code.source(node))
                    break


def _targets(code: TracedCode) -> Iterator[int]:
    """Identities of subscripts that are written into and not read."""
    yield from (id(node.target) for node in code.walk(cst.AssignTarget))
    yield from (id(node.target) for node in code.walk(cst.AugAssign))
    yield from (id(node.target) for node in code.walk(cst.Del))
