"""mask-assign: a write into the elements that a boolean tensor selects."""

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
    Value,
    Verdict,
    cited,
    emits,
    fails,
    index_values,
    through_onnx,
)

_SCATTERED = emits("NonZero", "ScatterND", layers=["NON_ZERO", "SCATTER"])
_LOST = {
    "torch-tensorrt": cited("costly", "index_put goes through nonzero; RTX's validator refuses it"),
    "torch2trt": cited("wrong", "4e820ae: item assignment is not converted, nor reported"),
}


@dataclass(frozen=True, eq=False)
class MaskWrite(Match):
    """``y[mask] = value``.

    Attributes:
        kind: the variant.
        statement: the assignment.
        target: the subscript.
        index: the values of the subscript's elements.
    """

    kind: str
    statement: cst.Assign | cst.AugAssign
    target: cst.Subscript
    index: tuple[Value, ...]
    shown: str

    @property
    def variant(self) -> str:
        """``scalar``, ``rows``, ``values``, ``indexed`` or ``constant``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """The target as written."""
        return {"target": self.shown}


class MaskAssign(Rule[MaskWrite]):
    """Flag writes through a boolean mask, such as ``y[mask] = 0``.

    ## What it does
    Finds assignments and augmented assignments to a subscript of a tensor with a boolean tensor
    in it.

    ## Why it matters
    The dynamo exporter writes NonZero and ScatterND: TensorRT-RTX refuses it, TensorRT before 8.5
    too, later ones build a network whose shapes depend on data. The TorchScript exporter writes
    Where for a number and a mask of the tensor's own rank, and NonZero for anything else; for a
    mask of fewer dimensions its Where does not fit. torch2trt leaves the write out.

    ## Use instead
    ``y = torch.where(mask, value, y)`` or ``y = y.masked_fill(mask, 0)``; a mask of fewer
    dimensions needs ``mask[..., None]`` first.

    ## Fix safety
    Safe: elements are selected, never computed (``mask * a + ~mask * b`` is wrong where one of them
    is infinite). Unsafe for an argument: its owner no longer sees the write. Unsafe for torch2trt,
    which selects nothing: the elements are put between two bounds that the mask, computed as a
    number, moves to infinity. Infinities are kept; not-a-number is not.

    ## Known limits
    A mask whose dtype is not known to be boolean is taken for indices and not reported.
    """

    name = "mask-assign"
    family = "assign"
    message = "`{target} = ...` writes through a boolean mask"
    hint = "use torch.where(mask, value, tensor) or masked_fill"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "scalar": {**through_onnx(_SCATTERED, emits("Where")), **_LOST},
        "rows": {
            **through_onnx(_SCATTERED, fails("its Where does not broadcast the mask to the rows")),
            **_LOST,
        },
        "values": {**through_onnx(_SCATTERED, _SCATTERED), **_LOST},
        "indexed": {
            **through_onnx(
                fails("a boolean index_put with other indices; or NonZero, which RTX refuses"),
                _SCATTERED,
            ),
            **_LOST,
        },
        "constant": {
            **through_onnx(
                emits("ScatterND", layers=["SCATTER"], dynamic="rejected"), emits("Where")
            ),
            **_LOST,
        },
    }

    def check(self, code: TracedCode) -> Iterator[MaskWrite]:
        """Every such write."""
        for node in code.walk(cst.Assign):
            for one in node.targets:
                if isinstance(one.target, cst.Subscript):
                    yield from _write(code, node, one.target)
        for update in code.walk(cst.AugAssign):
            if isinstance(update.target, cst.Subscript):
                yield from _write(code, update, update.target)


def _write(
    code: TracedCode, statement: cst.Assign | cst.AugAssign, target: cst.Subscript
) -> Iterator[MaskWrite]:
    base = code.value(target.value)
    if not isinstance(base, Tensor):
        return
    index = index_values(code, target)
    masks = [one for one in index if isinstance(one, Tensor) and _is_mask(one)]
    if not masks:
        return
    stored = code.value(statement.value)
    several = isinstance(stored, Tensor) and stored.rank is not None and stored.rank > 0
    if len(index) > 1:
        kind = "indexed"
    elif several or isinstance(statement, cst.AugAssign):
        kind = "values"
    elif masks[0].varies is False:
        kind = "constant"
    elif base.rank is not None and masks[0].rank is not None and masks[0].rank < base.rank:
        kind = "rows"
    else:
        kind = "scalar"
    yield MaskWrite(target, kind, statement, target, index, code.source(target))


def _is_mask(tensor: Tensor) -> bool:
    return tensor.dtype is not None and tensor.dtype.is_bool
