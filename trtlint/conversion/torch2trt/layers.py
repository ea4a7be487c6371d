"""What an nn layer calls."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from trtlint.analysis.values import Module
from trtlint.conversion.torch2trt.facts import LAYERS
from trtlint.conversion.torch2trt.operands import Call, Operand


def layer_call(
    node: cst.CSTNode,
    layer: Module,
    args: tuple[Operand, ...],
    kwargs: Mapping[str, Operand],
    hidden: bool,
) -> Call:
    """The function that the layer calls with its input first; under its own name if not known."""
    name = layer.type.rpartition(".")[2]
    if name == "Flatten":
        return Call("torch.Tensor.flatten", node, args, kwargs, "layer", hidden, layer)
    function = LAYERS.get(name)
    if function is None:
        return Call(layer.type, node, args, kwargs, "layer", hidden, layer)
    return Call(f"torch.nn.functional.{function}", node, args, kwargs, "layer", hidden, layer)
