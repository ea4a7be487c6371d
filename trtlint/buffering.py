"""Constants that are created at every call, as buffers of the module."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.traced_code import TracedCode, is_torch_name
from trtlint.analysis.trees import variables
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.uses import escapes, written_later
from trtlint.analysis.values import DeviceValue, Tensor
from trtlint.changes import Change, Swap
from trtlint.class_edits import add_to_init
from trtlint.codegen import primary

_MOVES = ("cuda", "cpu")


def is_constant(made: Tensor) -> bool:
    """Whether a tensor is the same at every call, as what memory happens to hold is not."""
    creation = made.creation
    return creation is not None and creation.static and not creation.function.endswith("empty")


def as_buffer(code: TracedCode, call: cst.Call, whole: cst.BaseExpression, made: Tensor) -> Change:
    """Create it in ``__init__``, as a non-persistent buffer, and use that.

    Args:
        code: the function.
        call: what creates the tensor.
        whole: the same with the casts and moves behind it.
        made: what it creates.

    Raises:
        Undecided: its arguments may be others at another call, or somebody may write into it.
    """
    assert made.creation is not None
    source = _constant_source(code, call, whole)
    if source is None:
        raise Undecided("its arguments are not all literals")
    addition = add_to_init(
        code,
        _target_name(code, whole) or made.creation.function,
        lambda name: f'self.register_buffer("{name}", {source}, persistent=False)',
    )
    if isinstance(addition, str):
        raise Undecided(addition)
    if written_later(code, whole):
        raise Undecided("the tensor is written into after it is created")
    if escapes(code, whole):
        raise Undecided("the tensor is returned, and a caller could write into it")
    swap = Swap(code.code, whole, f"self.{addition.name}")
    return Change((swap,), addition.inserts, addition.lines)


def _constant_source(code: TracedCode, call: cst.Call, whole: cst.BaseExpression) -> str | None:
    """The creation without moves to a device, if it mentions no local variable."""
    node = whole
    tail = ""
    while node is not call and isinstance(node, cst.Call):
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
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "device":
            continue
        if not all(is_torch_name(code, name) for name in variables(arg.value)):
            return None
        args.append((f"{arg.keyword.value}=" if arg.keyword else "") + code.source(arg.value))
    text = f"{code.source(call.func)}({', '.join(args)})"
    return (primary(text, call) if tail else text) + tail


def _is_device(code: TracedCode, node: cst.BaseExpression) -> bool:
    if isinstance(code.value(node), DeviceValue):
        return True
    return isinstance(node, cst.SimpleString)


def _target_name(code: TracedCode, whole: cst.BaseExpression) -> str | None:
    """``steps`` of ``steps = torch.arange(4)``."""
    match code.parent(whole):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
        case _:
            return None
