"""torch2trt-unsupported-method: where and masked_fill as bounds that the mask moves."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Choice,
    Composer,
    Decline,
    MaskNumbers,
    OperatorUse,
    Rewrite,
    Safety,
    Tensor,
    Torch2trtMatch,
    TracedCode,
    bound_of,
)
from trtlint.rules.torch2trt_unsupported_method import Torch2trtUnsupportedMethod


class Torch2trtUnsupportedMethodToChoice(Rewrite[Torch2trtMatch]):
    """Write ``torch.where(mask, a, b)`` as ``max(min(b, upper), lower)``, with both bounds at ``a``
    where the mask holds, and at infinity elsewhere.

    Why unsafe: not-a-number on either side, or in what is compared, gets through where it is not
    chosen; a mask over equal infinities, or over tensors that are not floating, is another one.
    """

    rule = Torch2trtUnsupportedMethod
    title = "put the elements between bounds that the mask moves"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 15

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For masks that are made of comparisons."""
        for use in code.uses("where", "masked_fill"):
            if use.form in ("function", "method"):
                new = _operands(code, use)
                if use.node is found.node or _within(code, found.node, new):
                    return _choice(code, new)
        return Decline("nothing that torch2trt converts comes close to it", beside=True)


def _operands(code: TracedCode, use: OperatorUse) -> Composer:
    if use.name == "masked_fill":
        return Composer.of(code, use, "other", "condition", "one")
    if use.form == "method":
        return Composer.of(code, use, "one", "condition", "other")
    return Composer.of(code, use, "condition", "one", "other")


def _within(code: TracedCode, node: cst.CSTNode, new: Composer) -> bool:
    """Whether something stands in the condition, or in what the condition's name is given."""
    condition = new.operands.get("condition")
    if condition is None:
        return False
    if isinstance(condition, cst.Name):
        line = code.line_of(node) if isinstance(node, cst.BaseExpression) else None
        match line.body if line is not None else ():
            case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]:
                return name == condition.value
        return False
    return any(one is node for one in code.nodes(condition))


def _choice(code: TracedCode, new: Composer) -> Change | Decline:
    if len(new.operands) != 3:
        return Decline("it finds places, and chooses nothing")
    numbers = MaskNumbers(code)
    bound = new.let("bound", bound_of(numbers.number(new.operands["condition"])))
    one, other = (Choice.of(new.value(name), new.source(name)) for name in ("one", "other"))
    if isinstance(new.value("one"), Tensor) and isinstance(new.value("other"), Tensor):
        one = Choice(new.often("one"))
    return numbers.into(new.change(numbers.chosen(bound, one, other)))
