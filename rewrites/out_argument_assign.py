"""out-argument: the result under the name of the tensor that it was written into."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    is_pure,
    joinable_dtypes,
    rebound,
)
from trtlint.rules.out_argument import OutArgument


class OutArgumentToAssign(Rewrite[OperatorMatch]):
    """Write ``y = torch.add(x, 1)`` for ``torch.add(x, 1, out=y)``.

    Why safe: the numbers are the same, cast to the dtype of ``y`` where it may be another; its old
    elements and its size go either way, and nobody else sees the tensor that was written into.
    """

    rule = OutArgument
    title = "assign the result to the name"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For calls in a statement of their own."""
        call = found.use.node
        statement = code.parent(call)
        if not isinstance(call, cst.Call) or not isinstance(statement, cst.Expr):
            return Decline("what the call returns is used")
        (out,) = (a for a in call.args if a.keyword is not None and a.keyword.value == "out")
        args = [arg for arg in call.args if arg is not out]
        if not all(is_pure(code, arg.value) for arg in args):
            return Decline("computing its arguments may have effects")
        shown = ", ".join(
            arg.star + (f"{arg.keyword.value}=" if arg.keyword else "") + code.source(arg.value)
            for arg in args
        )
        text = f"{code.source(call.func)}({shown})"
        match code.value(out.value), found.use.result:
            case Tensor(dtype=old), Tensor(dtype=new) if joinable_dtypes(old, new):
                pass
            case _:
                text += f".to({code.source(out.value)}.dtype)"
        return rebound(code, statement, out.value, text)
