"""Tensors that stay tensors, where Python reads their elements only to compute with tensors."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Tensor
from trtlint.changes import Change
from trtlint.codegen import primary
from trtlint.composing import in_place_of
from trtlint.element_reads import tensor_read

_EXACT = (cst.Add, cst.Subtract, cst.Multiply)


def kept_tensor(code: TracedCode, call: cst.Call, *, strict: bool = True) -> Change:
    """``t.detach()`` in place of ``t.item()``, where the number meets tensors of that dtype only.

    Args:
        code: the function.
        call: ``t.item()``, ``float(t)`` or ``int(t)``.
        strict: whether every digit must stay, on every device.

    Raises:
        Undecided: a tensor in its place would be something else.
    """
    read = tensor_read(code, call, guess=not strict)
    if read is None:
        raise Undecided("it is not known to be the one number that the tensor holds")
    tensor = code.value(read)
    assert isinstance(tensor, Tensor)
    for use in _uses(code, call):
        _takes_tensor(code, use, tensor, strict)
    text = f"{primary(code.source(read), read)}.detach()"
    return Change((in_place_of(code, call, text),))


def _uses(code: TracedCode, call: cst.Call) -> Sequence[cst.BaseExpression]:
    """The call, or where the variable that it is assigned to is read."""
    match code.parent(call):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            pass
        case _:
            return (call,)
    if any(p.name == target.value for p in code.code.facts.parameters):
        raise Undecided(f"`{target.value}` holds something else as well")
    reads = [
        name
        for name in variables(code.code.node.body)
        if name.value == target.value and name is not target
    ]
    if not reads:
        raise Undecided(f"`{target.value}` is not used")
    return reads


def _takes_tensor(code: TracedCode, use: cst.BaseExpression, tensor: Tensor, strict: bool) -> None:
    """That a tensor of no dimensions does where the number stands.

    Raises:
        Undecided: it may not.
    """
    parent = code.parent(use)
    other: cst.BaseExpression | None = None
    match parent:
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            other = left if right is use else right
            if not isinstance(operator, (*_EXACT, cst.Divide)):
                raise Undecided("the operator rounds otherwise with a number than with a tensor")
            if strict and isinstance(operator, cst.Divide):
                raise Undecided("by a number, PyTorch may divide with its reciprocal")
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as only]):
            other = only.comparator if left is use else left
        case cst.ComparisonTarget():
            outer = code.parent(parent)
            if isinstance(outer, cst.Comparison) and len(outer.comparisons) == 1:
                other = outer.left
        case cst.Arg(keyword=None, star=""):
            outer = code.parent(parent)
            filled = isinstance(outer, cst.Call) and code.tensor_method(outer) == "masked_fill"
            if filled and isinstance(outer, cst.Call) and isinstance(outer.func, cst.Attribute):
                last = len(outer.args) == 2 and outer.args[1] is parent
                other = outer.func.value if last else None
    met = code.value(other) if other is not None else None
    if not isinstance(met, Tensor):
        raise Undecided(f"`{code.source(use)}` is used where a tensor is something else")
    known = met.dtype is not None and tensor.dtype is not None
    if not dtypes.joinable(met.dtype, tensor.dtype) and (strict or known):
        raise Undecided("the tensor that it meets is not known to be of its dtype")


def without_numpy(code: TracedCode, call: cst.Call) -> Change:
    """``t * 2`` in place of ``torch.from_numpy(t.numpy() * 2)``.

    Raises:
        Undecided: something else is done to the array.
    """
    if code.tensor_method(call) != "numpy" or call.args:
        raise Undecided("a function of NumPy may round otherwise than PyTorch's")
    assert isinstance(call.func, cst.Attribute)
    node: cst.CSTNode = call
    outer = code.parent(node)
    while isinstance(outer, cst.BinaryOperation):
        other = outer.left if outer.right is node else outer.right
        if not isinstance(outer.operator, _EXACT) or not isinstance(code.value(other), Int):
            raise Undecided("NumPy may round or promote otherwise than PyTorch")
        node, outer = outer, code.parent(outer)
    back = code.parent(outer) if isinstance(outer, cst.Arg) else None
    if not isinstance(back, cst.Call) or code.torch_function(back) != "torch.from_numpy":
        raise Undecided("the array does not go straight back into a tensor")
    new = node.visit(_WithoutCall(call))
    assert isinstance(new, cst.BaseExpression)
    return Change((in_place_of(code, back, code.source(new)),))


class _WithoutCall(cst.CSTTransformer):
    """Puts the tensor where its ``numpy()`` stands."""

    def __init__(self, call: cst.Call) -> None:
        super().__init__()
        self._meant = call

    def leave_Call(  # noqa: N802 (the name that LibCST looks for)
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """As ``CSTTransformer`` asks for it."""
        if original_node is self._meant and isinstance(updated_node.func, cst.Attribute):
            return updated_node.func.value
        return updated_node
