"""double-precision: single precision instead."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    DTypeValue,
    OperatorMatch,
    Rewrite,
    Safety,
    Swap,
    Tensor,
    TracedCode,
    Value,
    primary,
)
from trtlint.rules.double_precision import DoublePrecision

# What PyTorch computes only with operands of one dtype; the others promote theirs.
_OF_ONE_DTYPE = frozenset(
    "linear bilinear matmul mm bmm mv dot vdot inner chain_matmul multi_dot addmm addmv addr "
    "addbmm baddbmm einsum tensordot conv1d conv2d conv3d conv_transpose1d conv_transpose2d "
    "conv_transpose3d lerp batch_norm group_norm instance_norm layer_norm rms_norm cdist "
    "grid_sample scaled_dot_product_attention multi_head_attention_forward".split()
)


class DoublePrecisionToSingle(Rewrite[OperatorMatch]):
    """Write ``x.float()`` for ``x.double()``, and ``torch.float32`` for ``torch.float64``.

    Why unsafe: PyTorch computes fewer digits then, as TensorRT does in either case. Where
    an operator takes operands of one dtype only, one that is, or may be, kept in double precision
    stands against it.
    """

    rule = DoublePrecision
    title = "compute in single precision"
    safety = Safety.UNSAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For casts, and for tensors made with that dtype."""
        call = found.use.node
        if not isinstance(call, cst.Call):
            return Decline("it is no call")
        if (other := next(_kept_double(code), None)) is not None:
            return Decline(
                f"`{code.source(other)}` takes operands of one dtype, and one stays double"
            )
        if found.use.name == "double" and isinstance(call.func, cst.Attribute):
            tensor = primary(code.source(call.func.value), call.func.value)
            return Change((Swap(code.code, call, f"{tensor}.float()"),))
        for arg in call.args:
            if _names_double(code, arg.value):
                dtype, imports = code.spelling("torch.float32")
                return Change((Swap(code.code, arg.value, dtype),), imports=imports)
        return Decline("the source does not name float64 there")


def _names_double(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether it is ``torch.float64`` or ``torch.double``."""
    value = code.value(node)
    if not isinstance(value, DTypeValue) or value.dtype is None or value.dtype.name != "float64":
        return False
    return isinstance(node, cst.Attribute) and node.attr.value in ("float64", "double")


def _kept_double(code: TracedCode) -> Iterator[cst.CSTNode]:
    """The uses of operators for one dtype with operands of which not all are made double here."""
    from_outside = any(
        _is_double(code.value(node)) and not isinstance(code.value(node.value), Tensor)
        for node in code.walk(cst.Attribute)
    )
    for use in code.uses():
        operands = [*use.args.pos, *use.args.kw.values()]
        if not any(map(_is_double, operands)):
            continue
        tensors = [one for one in operands if isinstance(one, Tensor)]
        strict = use.name in _OF_ONE_DTYPE and (from_outside or not all(map(_is_double, tensors)))
        if strict or use.layer is not None:
            yield use.node


def _is_double(value: Value) -> bool:
    return isinstance(value, Tensor) and value.dtype is not None and value.dtype.name == "float64"
