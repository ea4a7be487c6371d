"""handwritten-layernorm: mean and variance taken by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import Match, Rule, Tensor, TracedCode, Verdict, cited

_FP16 = "NVIDIA/TensorRT#2466: Pow and Reduce may overflow in FP16"
_TABLE = {
    "tensorrt-rtx": cited("fine", "one fused kernel, in FP32 unless the model says otherwise"),
    "tensorrt": cited("fine", "fused, in FP32 unless the model says otherwise"),
    "tensorrt<11.0": cited("costly", f"{_FP16}; INormalizationLayer keeps FP32 statistics"),
    "torch-tensorrt": cited("costly", "unsupported_ops.rst: nn.LayerNorm is one fused layer"),
    "torch2trt": cited("costly", f"with fp16_mode: {_FP16}"),
}


@dataclass(frozen=True, eq=False)
class Normalization(Match):
    """``(x - mean) / sqrt(var + eps)``.

    Attributes:
        shown: the expression as written.
    """

    shown: str

    def facts(self) -> Mapping[str, str]:
        """The expression as written."""
        return {"expression": self.shown}


class HandwrittenLayernorm(Rule[Normalization]):
    """Flag ``(x - x.mean(...)) / sqrt(var + eps)`` in place of a layer norm.

    ## What it does
    Finds a difference from a mean over kept dimensions that is divided by the square root of a
    variance plus something, in one expression or through variables assigned once.

    ## Why it matters
    The square may leave the range of ``float16`` ("Running layernorm after self-attention with FP16
    Reduce or Pow may cause overflow"). ``F.layer_norm`` becomes one LayerNormalization, whose
    statistics TensorRT keeps in FP32 since 8.6.

    ## Use instead
    ``F.layer_norm`` over the last dimensions; for channels of an image, permute before and after,
    or ``nn.GroupNorm(1, c)`` where all pixels belong together.

    ## Fix safety
    There is no automatic fix: sums in another order differ in the last digits.

    ## Known limits
    A variance that is computed by a helper is not recognized. ``std`` has no epsilon under its
    root, and is another function.
    """

    name = "handwritten-layernorm"
    family = "precision"
    message = "`{expression}` is a layer norm by hand"
    hint = "use F.layer_norm, which keeps its statistics in FP32"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"default": _TABLE}

    def check(self, code: TracedCode) -> Iterator[Normalization]:
        """Every such quotient."""
        assigned = _assigned(code)
        for node in code.walk(cst.BinaryOperation):
            match node:
                case cst.BinaryOperation(operator=cst.Divide(), left=above, right=below):
                    root = _under_root(below, assigned, "sqrt", 0.5)
                case cst.BinaryOperation(operator=cst.Multiply(), left=above, right=below):
                    root = _under_root(below, assigned, "rsqrt", -0.5)
                case _:
                    continue
            if root is None or not isinstance(code.value(node), Tensor):
                continue
            match _resolved(above, assigned):
                case cst.BinaryOperation(operator=cst.Subtract(), right=mean):
                    if _is_mean(_resolved(mean, assigned)) and _is_variance(root, assigned):
                        yield Normalization(node, code.source(node))


Assigned = Mapping[str, cst.BaseExpression]


def _assigned(code: TracedCode) -> Assigned:
    """Variables and what they are assigned; the first time, for those that are rebound."""
    found: dict[str, cst.BaseExpression] = {}
    for node in code.walk(cst.Assign):
        for target in node.targets:
            if isinstance(target.target, cst.Name):
                found.setdefault(target.target.value, node.value)
    return found


def _resolved(node: cst.BaseExpression, assigned: Assigned) -> cst.BaseExpression:
    return assigned.get(node.value, node) if isinstance(node, cst.Name) else node


def _called(node: cst.BaseExpression) -> tuple[str, cst.BaseExpression | None]:
    """The name of a method or torch function that is called, and its tensor."""
    match node:
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name)), args=args):
            torch = isinstance(owner, cst.Name) and owner.value == "torch"
            return name, (args[0].value if args else None) if torch else owner
        case _:
            return "", None


def _under_root(
    node: cst.BaseExpression, assigned: Assigned, function: str, power: float
) -> cst.BaseExpression | None:
    """``v`` of ``sqrt(v + eps)`` or ``(v + eps) ** 0.5``."""
    node = _resolved(node, assigned)
    name, inner = _called(node)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Power):
        name, inner = (function, node.left) if _number(node.right) == power else ("", None)
    if name != function or not isinstance(inner, cst.BinaryOperation):
        return None
    return inner.left if isinstance(inner.operator, cst.Add) else None


def _number(node: cst.BaseExpression) -> float:
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        return -_number(node.expression)
    return float(node.value) if isinstance(node, cst.Float) else 0.0


def _is_mean(node: cst.BaseExpression) -> bool:
    name, _ = _called(node)
    return name == "mean" and isinstance(node, cst.Call) and len(node.args) > 1


def _is_variance(node: cst.BaseExpression, assigned: Assigned) -> bool:
    """``x.var(...)``, or the mean of a square."""
    node = _resolved(node, assigned)
    name, inner = _called(node)
    if name == "var":
        return True
    if name != "mean" or inner is None:
        return False
    inner = _resolved(inner, assigned)
    if isinstance(inner, cst.BinaryOperation):
        return isinstance(inner.operator, cst.Power | cst.Multiply)
    return _called(inner)[0] in ("pow", "square")
