"""Expressions that can be computed whatever the tensors in them hold."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import (
    EllipsisValue,
    Int,
    Module,
    Nothing,
    Slice,
    Tensor,
)
from trtlint.analysis.writes import index_values

# What fails, if at all, for shapes and dtypes that are the same at every call.
_TOTAL = frozenset(
    """abs neg negative relu relu6 leaky_relu elu gelu silu selu mish sigmoid tanh exp log log1p
    sqrt rsqrt square sin cos floor ceil round trunc clamp clamp_min clamp_max clip where softmax
    log_softmax softplus hardtanh hardswish hardsigmoid add sub subtract mul multiply div divide
    true_divide maximum minimum eq ne lt le gt ge logical_and logical_or logical_not isnan isinf
    isfinite nan_to_num masked_fill sum mean amax amin max min any all var std norm matmul bmm mm
    view reshape flatten transpose permute unsqueeze squeeze expand expand_as contiguous clone
    detach flip roll chunk cat stack zeros_like ones_like full_like float half bool long int
    double to type_as size dim numel conv1d conv2d conv3d linear pad interpolate layer_norm
    group_norm normalize avg_pool2d max_pool2d adaptive_avg_pool2d pixel_shuffle""".split()
)
_LAYERS = frozenset(
    f"torch.nn.{name}"
    for name in """Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d Linear LayerNorm GroupNorm
    ReLU ReLU6 LeakyReLU ELU GELU SiLU Sigmoid Tanh Softmax Softplus Hardswish Hardsigmoid Identity
    AvgPool2d MaxPool2d AdaptiveAvgPool2d Flatten PixelShuffle Upsample""".split()
)
_OPERATORS = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.MatrixMultiply)
_BITS = (cst.BitAnd, cst.BitOr, cst.BitXor)
_BASIC = (Int, Slice, EllipsisValue, Nothing)


def is_total(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether computing an expression cannot fail for some elements and succeed for others.

    An index out of bounds, a matrix without inverse, an integer divided by zero may. Layers that
    learn from what passes through them are not counted as such expressions either.
    """
    match node:
        case cst.Name() | cst.BaseNumber() | cst.SimpleString():
            return True
        case cst.Attribute(value=owner):
            return is_total(code, owner)
        case cst.UnaryOperation(expression=inner):
            return is_total(code, inner)
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            numbers = not isinstance(code.value(left), Tensor)
            numbers = numbers and not isinstance(code.value(right), Tensor)
            kinds = _BITS if numbers else (*_OPERATORS, *_BITS)
            known = isinstance(operator, kinds) or (numbers and _adds(operator))
            return known and is_total(code, left) and is_total(code, right)
        case cst.Comparison(left=left, comparisons=comparisons):
            return all(is_total(code, one) for one in (left, *(c.comparator for c in comparisons)))
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return all(is_total(code, element.value) for element in elements)
        case cst.Subscript(value=owner):
            basic = all(isinstance(one, _BASIC) for one in index_values(code, node))
            return basic and isinstance(code.value(owner), Tensor) and is_total(code, owner)
        case cst.Call():
            return _call(code, node)
        case _:
            return False


def _adds(operator: cst.BaseBinaryOp) -> bool:
    return isinstance(operator, cst.Add | cst.Subtract | cst.Multiply)


def _call(code: TracedCode, node: cst.Call) -> bool:
    if any(arg.star for arg in node.args):
        return False
    if not all(is_total(code, arg.value) for arg in node.args):
        return False
    layer = code.value(node.func)
    if isinstance(layer, Module):
        return not layer.project and layer.type in _LAYERS
    method = code.tensor_method(node)
    if method is not None:
        assert isinstance(node.func, cst.Attribute)
        return method in _TOTAL and is_total(code, node.func.value)
    function = code.torch_function(node) or ""
    module, _, name = function.rpartition(".")
    return module in ("torch", "torch.nn.functional") and name in _TOTAL
