"""aliased-size: a size under two names, one of which is changed in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Int,
    Match,
    Rule,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    is_input,
    through_onnx,
    variables,
)


@dataclass(frozen=True, eq=False)
class SizeUpdate(Match):
    """``padded = width; padded += 2; ... width``.

    Attributes:
        statement: the augmented assignment.
        shown: the name that is changed.
        other: the name of the same size that is read later.
    """

    statement: cst.AugAssign
    shown: str
    other: str

    def facts(self) -> Mapping[str, str]:
        """Both names."""
        return {"name": self.shown, "other": self.other}


class AliasedSize(Rule[SizeUpdate]):
    """Flag ``padded = width; padded += 2`` where ``width`` is a size that is read later.

    ## What it does
    Finds augmented assignments to a name that was assigned from another name of a size of a tensor,
    where that other name is read afterwards.

    ## Why it matters
    While the TorchScript tracer runs, ``x.shape[1]`` is a tensor: ``+=`` changes it in place, under
    both names. The graph computes with the changed number, without a word. In plain Python
    integers never change.

    ## Use instead
    ``padded = width + 2``.

    ## Fix safety
    Safe: Python's integers never change, and ``a += b`` is ``a = a + b`` for them.

    ## Known limits
    Only an assignment of name to name is followed, not sizes kept in lists or attributes.
    """

    name = "aliased-size"
    family = "assign"
    message = "`{name}` is changed in place and is the same size as `{other}`, read later"
    hint = "write `{name} = {other} + ...` instead of the augmented assignment"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits(), differs("traced sizes are tensors that share their memory")),
            "torch-tensorrt": cited("fine", "torch.SymInt is immutable"),
            "torch2trt": cited("fine", "4e820ae: sizes are ints of its own class"),
        }
    }
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[SizeUpdate]:
        """Every such statement."""
        order = {id(node): at for at, node in enumerate(code.nodes())}
        names = list(variables(code.code.node.body))
        for node in code.walk(cst.AugAssign):
            if not isinstance(node.target, cst.Name):
                continue
            other = _source_of(code, node.target.value, order[id(node)], order)
            later = any(n.value == other and order.get(id(n), -1) > order[id(node)] for n in names)
            if other is not None and later:
                yield SizeUpdate(node, node, node.target.value, other)


def _source_of(code: TracedCode, name: str, before: int, order: Mapping[int, int]) -> str | None:
    """The name that ``name`` was last assigned from, if that is a size of an input."""
    found: str | None = None
    for node in code.walk(cst.Assign):
        if order[id(node)] > before:
            break
        for one in node.targets:
            if isinstance(one.target, cst.Name) and one.target.value == name:
                found = _size_name(code, node.value)
    return found


def _size_name(code: TracedCode, node: cst.BaseExpression) -> str | None:
    """The variable, if the expression is one that holds a size of an input."""
    value = code.value(node)
    if not isinstance(node, cst.Name) or not isinstance(value, Int):
        return None
    return node.value if value.size.constant is None and is_input(value.size) else None
