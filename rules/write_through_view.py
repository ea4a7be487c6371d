"""write-through-view: a write in place that another tensor shows."""

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
    differs,
    emits,
    through_onnx,
    view_writes,
)

_LOST = {
    **through_onnx(emits(), differs("the write is lost: a view is a copy in ONNX")),
    "torch-tensorrt": cited("fine", "torch.export makes it plain operations"),
    "torch2trt": cited("wrong", "measured at 4e820ae: the write is not converted"),
}


@dataclass(frozen=True, eq=False)
class SharedWrite(Match):
    """``v = y.view(-1); v += 1; return y`` and the like.

    Attributes:
        kind: the variant.
        statement: what writes.
        shown: what is written into.
        reader: what is read later.
    """

    kind: str
    statement: cst.CSTNode
    shown: str
    reader: str

    @property
    def variant(self) -> str:
        """``view`` or ``swap``."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """Both names."""
        return {"written": self.shown, "reader": self.reader}


class WriteThroughView(Rule[SharedWrite]):
    """Flag writes into a view whose base is read later, such as ``v = y.view(-1); v += 1``.

    ## What it does
    Finds writes in place (``+=``, ``add_``, ``v[:, 0] = 1``, ``inplace=True``) into a tensor made
    by ``view``, ``transpose``, ``chunk``, ``narrow``, ``detach``, slicing and their kin, or into
    the base of one, where the other is read afterwards; and swaps such as
    ``y[0], y[1] = y[1], y[0]``, whose second value is read after the first write.

    ## Why it matters
    In PyTorch both names show the same memory. The TorchScript exporter turns views into copies, so
    the other name keeps the old numbers, and torch2trt leaves the write out; both without a word.
    The dynamo exporter makes plain operations of it.

    ## Use instead
    Write under the base's name, ``y[:, :2] += 1``, which every exporter follows, or build the new
    tensor with ``torch.cat`` or ``torch.stack``.

    ## Fix safety
    Safe for swaps, which become one assignment after the other: the numbers stay those of PyTorch,
    whose second value shows what the first write has put there. Writes through views are left.

    ## Known limits
    Reads in an earlier line of the same loop, and tensors kept in lists, are not looked at. Where
    only a part of the base is written, its views are not reported.
    """

    name = "write-through-view"
    family = "assign"
    message = "`{written}` is written in place and shares its memory with `{reader}`, read later"
    hint = "write under the base's own name, or build a new tensor"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"view": _LOST, "swap": _LOST}
    only_if_minded = frozenset({"view", "swap"})

    def check(self, code: TracedCode) -> Iterator[SharedWrite]:
        """Every such write."""
        for write in view_writes(code):
            shown = code.source(write.written)
            yield SharedWrite(write.node, "view", write.node, shown, write.reader.value)
        for node in code.walk(cst.Assign):
            match node:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Tuple(elements=targets))],
                    value=cst.Tuple(elements=values),
                ):
                    written = [t.value for t in targets if isinstance(t.value, cst.Subscript)]
                    names = {code.source(t): t for t in written if _of_tensor(code, t)}
                    for at, value in enumerate(values):
                        text = code.source(value.value)
                        if at and text in names and code.source(targets[at].value) != text:
                            shown = code.source(targets[0].value)
                            yield SharedWrite(node, "swap", node, shown, text)
                            break


def _of_tensor(code: TracedCode, target: cst.Subscript) -> bool:
    return isinstance(code.value(target.value), Tensor)
