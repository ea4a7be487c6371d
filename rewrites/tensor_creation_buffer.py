"""tensor-creation: what is the same at every call becomes a buffer."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    DeviceValue,
    Rewrite,
    Safety,
    Swap,
    TracedCode,
    add_to_init,
    escapes,
    is_torch_name,
    primary,
    variables,
    written_later,
)
from trtlint.rules.tensor_creation import Creation, TensorCreation

_MOVES = ("cuda", "cpu")


class TensorCreationToBuffer(Rewrite[Creation]):
    """Register a constant as a non-persistent buffer in ``__init__`` and use it in ``forward``.

    Why safe: the constant is the same at every call, nothing writes into it or hands it out, and a
    non-persistent buffer is not part of the checkpoint. It moves with the module.
    """

    rule = TensorCreation
    title = "register a non-persistent buffer"
    safety = Safety.SAFE
    order = 10

    def rewrite(self, found: Creation, code: TracedCode) -> Change | Decline:
        """For creation calls whose arguments are all literals."""
        made = found.made.creation
        if made is None or not made.static or made.function.endswith("empty"):
            return Decline("it is not the same at every call", beside=True)
        if found.result.dtype is not None and found.result.dtype.floating:
            if found.result.dtype.spelled:
                return Decline("a buffer follows model.half(), its explicit dtype does not")
            if code.project.may_change_default_dtype(code.code.path):
                return Decline("the default dtype may be another one when it runs")
        source = _constant_source(found, code)
        if source is None:
            return Decline("its arguments are not all literals")
        wish = _target_name(found, code) or made.function
        addition = add_to_init(
            code, wish, lambda name: f'self.register_buffer("{name}", {source}, persistent=False)'
        )
        if isinstance(addition, str):
            return Decline(addition)
        if written_later(code, found.whole):
            return Decline("the tensor is written into after it is created")
        if escapes(code, found.whole):
            return Decline("the tensor is returned, and a caller could write into it")
        swap = Swap(code.code, found.whole, f"self.{addition.name}")
        return Change((swap,), addition.inserts, addition.lines)


def _constant_source(found: Creation, code: TracedCode) -> str | None:
    """The creation without moves to a device, if it mentions no local variable."""
    node: cst.BaseExpression = found.whole
    tail = ""
    while node is not found.call and isinstance(node, cst.Call):
        assert isinstance(node.func, cst.Attribute)
        arguments = [code.value(arg.value) for arg in node.args]
        moves = node.func.attr.value in _MOVES or (
            len(arguments) == 1 and _is_device(code, node.args[0].value)
        )
        if not moves:
            if not all(is_torch_name(code, n) for arg in node.args for n in variables(arg.value)):
                return None
            given = ", ".join(code.source(arg.value) for arg in node.args)
            tail = f".{node.func.attr.value}({given}){tail}"
        node = node.func.value
    args: list[str] = []
    for arg in found.call.args:
        if arg.keyword is not None and arg.keyword.value == "device":
            continue
        if not all(is_torch_name(code, name) for name in variables(arg.value)):
            return None
        args.append((f"{arg.keyword.value}=" if arg.keyword else "") + code.source(arg.value))
    text = f"{code.source(found.call.func)}({', '.join(args)})"
    return (primary(text, found.call) if tail else text) + tail


def _is_device(code: TracedCode, node: cst.BaseExpression) -> bool:
    if isinstance(code.value(node), DeviceValue):
        return True
    return isinstance(node, cst.SimpleString)


def _target_name(found: Creation, code: TracedCode) -> str | None:
    """``steps`` of ``steps = torch.arange(4)``."""
    parent = code.parent(found.whole)
    match parent:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
        case _:
            return None
