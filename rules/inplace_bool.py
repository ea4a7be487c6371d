"""inplace-bool: ``mask &= other`` on boolean tensors."""

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
    fails,
    holds_bools,
    same_dtype,
    through_onnx,
)


@dataclass(frozen=True, eq=False)
class BoolAugment(Match):
    """``mask &= other``.

    Attributes:
        statement: the whole of it.
        shown: the same as written.
        plain: what is assigned, without writing in place.
        keeps_dtype: whether that has the dtype that the target has.
    """

    statement: cst.AugAssign
    shown: str
    plain: str
    keeps_dtype: bool

    def facts(self) -> Mapping[str, str]:
        """The statement, and what to write instead."""
        target = self.shown.partition(" ")[0]
        return {"statement": self.shown, "plain": self.plain, "target": target}


class InplaceBool(Rule[BoolAugment]):
    """Flag ``&=``, ``|=`` and ``^=`` on tensors.

    ## What it does
    Finds augmented assignments of the three logical operators to a tensor.

    ## Why it matters
    The TorchScript exporter has no translation of ``aten::__iand_``, ``__ior_`` and ``__ixor_`` and
    stops; the same operator without writing in place converts.

    ## Use instead
    ``mask = mask & other``.

    ## Fix safety
    Safe, where no other name shows the same memory; unsafe for an argument, whose owner no longer
    sees the change.

    ## Known limits
    Tensors that the analysis cannot follow, for example out of a list, are not reported.
    """

    name = "inplace-bool"
    family = "assign"
    message = "`{statement}` writes a logical operation in place"
    hint = "write `{target} = {plain}`"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits(), fails("aten::__iand_ has no symbolic at opset 17")),
            "torch-tensorrt": cited("fine", "torch.export makes it a plain operation"),
            "torch2trt": cited("rejected", "4e820ae: no converter for logical operators"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[BoolAugment]:
        """Every such statement."""
        for node in code.walk(cst.AugAssign):
            sign = _SIGNS.get(type(node.operator))
            if sign is not None and isinstance(code.value(node.target), Tensor):
                target, value = code.source(node.target), code.source(node.value)
                shown = f"{target} {sign}= {value}"
                if not isinstance(node.value, cst.Name | cst.Attribute | cst.Call | cst.Subscript):
                    value = f"({value})"
                before, other = code.value(node.target), code.value(node.value)
                keeps = holds_bools(before) or (
                    isinstance(before, Tensor)
                    and isinstance(other, Tensor)
                    and same_dtype(before.dtype, other.dtype)
                )
                yield BoolAugment(node, node, shown, f"{target} {sign} {value}", keeps)


_SIGNS: dict[type[cst.BaseAugOp], str] = {
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
}
