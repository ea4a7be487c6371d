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
    through_onnx,
)


@dataclass(frozen=True, eq=False)
class BoolAugment(Match):
    """``mask &= other``.

    Attributes:
        shown: the statement as written.
        plain: the same without writing in place.
    """

    shown: str
    plain: str

    def facts(self) -> Mapping[str, str]:
        """The statement, and what to write instead."""
        return {"statement": self.shown, "plain": self.plain}


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
    There is no automatic fix yet.

    ## Known limits
    Tensors that the analysis cannot follow, for example out of a list, are not reported.
    """

    name = "inplace-bool"
    family = "assign"
    message = "`{statement}` writes a logical operation in place"
    hint = "write `{plain}`"
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
                yield BoolAugment(node, shown, f"{target} = {target} {sign} {value}")


_SIGNS: dict[type[cst.BaseAugOp], str] = {
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
}
