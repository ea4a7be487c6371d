"""tensor-from-tensors: a stack of the elements."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Int,
    OperatorMatch,
    Rewrite,
    Safety,
    Swap,
    Tensor,
    Text,
    TracedCode,
    Undecided,
    call,
    int_of,
    same_dtype,
    sequence,
    tailed,
)
from trtlint.rules.tensor_from_tensors import TensorFromTensors


class TensorFromTensorsToStack(Rewrite[OperatorMatch]):
    """Write ``torch.stack((a, b)).detach()`` for ``torch.tensor([a, b])``.

    Why safe: the elements have no dimensions, and either form promotes their dtypes alike; the new
    tensor is on their device, where the result meets them; and it has no history, as before.
    """

    rule = TensorFromTensors
    title = "stack the elements"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``torch.tensor`` of lists, nested ones too, that the source spells out."""
        node = found.use.node
        if not isinstance(node, cst.Call) or found.use.qualified not in _FUNCTIONS:
            return Decline("it has a dtype of its own")
        if not node.args or node.args[0].star or node.args[0].keyword is not None:
            return Decline("its elements are not seen")
        elements = list(_leaves(node.args[0].value))
        first = next((e for e in elements if isinstance(code.value(e), Tensor)), None)
        model = code.value(first) if first is not None else None
        if first is None or not isinstance(model, Tensor):
            return Decline("its elements are not seen")
        for one in elements:
            _fits(code, one, model)
        for arg in node.args[1:]:
            self._says_nothing(code, arg, model)
        stack, imports = code.spelling("torch.stack")
        text = _stacked(code, node.args[0].value, stack, code.source(first))
        return Change((Swap(code.code, node, str(tailed(text, ".detach()"))),), imports=imports)

    def _says_nothing(self, code: TracedCode, arg: cst.Arg, model: Tensor) -> None:
        """That an option gives the new tensor what the elements have."""
        option, value = arg.keyword.value if arg.keyword else "", code.value(arg.value)
        dtype, device = getattr(value, "dtype", None), getattr(value, "device", None)
        if option == "dtype" and same_dtype(dtype, model.dtype):
            return
        if option == "device" and device is not None and device == model.device:
            return
        raise Undecided(f"`{option or code.source(arg.value)}` may be another than the elements'")


_FUNCTIONS = ("torch.tensor", "torch.as_tensor")


def _leaves(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if not isinstance(node, cst.List | cst.Tuple):
        return [node]
    return [leaf for element in node.elements for leaf in _leaves(element.value)]


def _fits(code: TracedCode, node: cst.BaseExpression, model: Tensor) -> None:
    """That an element is a tensor of no dimensions and that dtype, or an integer beside floats."""
    value, shown = code.value(node), code.source(node)
    if isinstance(value, Tensor):
        if value.rank != 0:
            raise Undecided(f"`{shown}` is not known to have no dimensions")
        known = value.dtype is not None and model.dtype is not None
        if known and not same_dtype(value.dtype, model.dtype):
            raise Undecided(f"`{shown}` has another dtype than the other elements")
        return
    floats = model.dtype is not None and model.dtype.floating
    if not (isinstance(value, Int) and int_of(value) is not None and floats):
        raise Undecided(f"`{shown}` is no tensor of the other elements' kind")


def _stacked(code: TracedCode, node: cst.BaseExpression, stack: str, model: str) -> Text:
    if isinstance(node, cst.List | cst.Tuple):
        if not node.elements or any(isinstance(e, cst.StarredElement) for e in node.elements):
            raise Undecided("its elements are not seen")
        parts = [_stacked(code, element.value, stack, model) for element in node.elements]
        return call(stack, sequence(parts))
    if isinstance(code.value(node), Tensor):
        return code.source(node)
    full, _ = code.spelling("torch.full_like")
    if not model.isidentifier():
        raise Undecided("a number stands among tensors that have no name")
    return call(full, model, code.source(node))
