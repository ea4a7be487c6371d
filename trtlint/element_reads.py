"""Numbers that Python reads out of tensors, as the tensors that they are read from."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.literals import number_of
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import Method, Ref, Tensor


def tensor_read(
    code: TracedCode, node: cst.BaseExpression, *, guess: bool = False
) -> cst.BaseExpression | None:
    """``t`` of ``t.item()``, ``float(t)`` and ``int(t)``, if ``t`` is a tensor of one element.

    None where the number is not what the tensor holds: ``int(t)`` of floats.

    Args:
        code: the function.
        node: the expression.
        guess: whether what ``float`` is asked of is taken for floats where nobody knows.
    """
    if not isinstance(node, cst.Call):
        return None
    found: cst.BaseExpression | None = None
    kinds: tuple[bool | None, ...] = (True, False, None)
    match code.value(node.func), node.args:
        case Method(owner=Tensor(), name="item"), []:
            assert isinstance(node.func, cst.Attribute)
            found = node.func.value
        case Ref(name="builtins.float"), [cst.Arg(keyword=None, star="") as arg]:
            found, kinds = arg.value, (True,)
        case Ref(name="builtins.int"), [cst.Arg(keyword=None, star="") as arg]:
            found, kinds = arg.value, (False,)
    value = code.value(found) if found is not None else None
    if not isinstance(value, Tensor) or value.rank != 0:
        return None
    floating = value.dtype.floating if value.dtype is not None else None
    if value.dtype is not None and value.dtype.is_bool and kinds != (True, False, None):
        return None
    return found if floating in kinds or (guess and floating is None) else None


def exact_in_every_dtype(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether a literal is the same number in every floating dtype down to eight bits."""
    value = number_of(code.value(node))
    if value is None or not abs(value) < 2**15:
        return value is not None and abs(value) == float("inf")
    scaled = abs(value) * 2**10
    if scaled != int(scaled):
        return False
    bits = int(scaled)
    while bits and bits % 2 == 0:
        bits //= 2
    return bits < 2**8


def same_numbers(left: Tensor, right: Tensor) -> bool:
    """Whether both are proven to hold numbers of one dtype."""
    return dtypes.joinable(left.dtype, right.dtype)
