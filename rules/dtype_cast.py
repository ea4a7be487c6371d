"""dtype-cast: a conversion of a tensor's element type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    DTypeValue,
    Match,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    executed,
    torch2trt_report,
)

_CAST = {
    "tensorrt-rtx-1.7": executed("fine", "a Cast layer, fused with its neighbours"),
    "tensorrt": cited("fine", "onnx-tensorrt operators.md: Cast"),
    "torch-tensorrt": cited("fine", "pytorch/TensorRT: converter for aten._to_copy"),
    "torch2trt-0.5": cited("wrong", "4e820ae: unsupported method; sample values are baked"),
    "torch2trt-0.1": cited("rejected", "traveller59/torch2trt README, Tips: avoid to and type_as"),
}
_METHODS = frozenset("half float double bfloat16 int long short byte char bool type_as".split())


@dataclass(frozen=True, eq=False)
class Cast(Match):
    """``source.float()`` and the like.

    Attributes:
        call: the whole call.
        operand: the tensor expression that is cast.
        before: its value.
        after: the value of the call.
        like: the tensor whose type is taken, for ``type_as(other)`` and ``to(other)``.
    """

    call: cst.Call
    operand: cst.BaseExpression
    before: Tensor
    after: Tensor
    like: Tensor | None
    shown: str
    followed: bool = True

    @property
    def variant(self) -> str:
        """``constant`` where what is cast is the same at every call, to torch2trt at least."""
        return "default" if self.followed else "constant"

    def facts(self) -> Mapping[str, str]:
        """The cast as written, and the dtypes on both sides where they are known."""
        known = self.before.dtype is not None and self.after.dtype is not None
        how = f" ({self.before.dtype} to {self.after.dtype})" if known else ""
        return {"cast": self.shown, "how": how}


class DtypeCast(Rule[Cast]):
    """Flag casts in traced code, such as ``y.type_as(x)`` or ``x.float()``.

    ## What it does
    Finds ``.float()``, ``.half()``, ``.long()`` and their kin, ``.to(dtype)``, ``.type(dtype)`` and
    ``.type_as(other)`` on tensors in code that runs under a ``forward``. Moves to a device alone
    are not casts, and a cast whose result nobody takes casts nothing.

    ## Why it matters
    torch2trt has no converter for casts: ``half()`` and ``float()`` stop the conversion, and
    ``type_as`` bakes the sample's values into the engine without a message. TensorRT 5 had no cast
    at all and 6 few. Newer parsers take casts and fuse them; there a cast fixes the precision of
    what follows, whatever precision the builder is asked for.

    ## Use instead
    Nothing, where the tensor has that dtype already. Masks as floats from the start:
    ``torch.where(condition, one, zero)``.

    ## Fix safety
    Safe: a cast is dropped only where both dtypes are proven to be identical (and, for ``type_as``,
    both devices), or where a round trip gives back every value exactly: a bool or small integer
    through a wider type. Unsafe for torch2trt where a mask of comparisons becomes a number: it is
    computed as one.

    ## Known limits
    The dtype of an input is unknown, so ``x.float()`` on it is reported and kept. So is a cast of a
    weight or to the dtype of one, which may be kept in a precision of its own.
    """

    name = "dtype-cast"
    family = "dtype"
    message = "`{cast}` casts in traced code{how}"
    hint = "drop the cast where the dtypes agree, or produce the right dtype in the first place"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": _CAST,
        "constant": {
            **_CAST,
            "torch2trt-0.5": cited(
                "fine", "measured: torch2trt at 4e820ae; a constant, or the tensor itself"
            ),
        },
    }

    def check(self, code: TracedCode) -> Iterator[Cast]:
        """Every cast of a tensor."""
        for call in code.walk(cst.Call):
            if not isinstance(call.func, cst.Attribute):
                continue
            if isinstance(code.parent(call), cst.Expr):  # the result is thrown away
                continue
            method = code.tensor_method(call)
            before, after = code.value(call.func.value), code.value(call)
            if method is None or not isinstance(before, Tensor) or not isinstance(after, Tensor):
                continue
            given = [code.value(arg.value) for arg in call.args]
            if method not in _METHODS and not (
                method in ("to", "type") and any(isinstance(v, DTypeValue | Tensor) for v in given)
            ):
                continue
            like = next((value for value in given if isinstance(value, Tensor)), None)
            shown = f".{method}({', '.join(code.source(arg.value) for arg in call.args)})"
            lost = torch2trt_report(code).casts.get(id(call), True)
            yield Cast(call, call, call.func.value, before, after, like, shown, lost)
