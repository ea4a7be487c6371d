"""Writes into a tensor that another tensor over the same memory is read for afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.values import UNSURE, Method, Number, Ref, Tensor


@dataclass(frozen=True, eq=False)
class ViewWrite:
    """A write in place whose effect is read under another name.

    Attributes:
        node: the write.
        written: the tensor that is written into, as an expression.
        reader: the variable that is read later.
    """

    node: cst.CSTNode
    written: cst.BaseExpression
    reader: cst.Name


def view_writes(code: TracedCode) -> Iterator[ViewWrite]:
    """Writes through a view whose base is read later, or into the base of such a view.

    A write through a subscript, ``y[:, 0] = v`` or ``y[:, 0].add_(v)``, is a write into ``y``: both
    exporters know these. Of the base of a view only whole writes count, ``y += 1``: others may
    well miss what the view shows.
    """
    order = {id(node): at for at, node in enumerate(code.nodes())}
    for node, written, whole in _writes(code):
        target = code.value(written)
        if not isinstance(target, Tensor) or target.view == UNSURE or not target.storage:
            continue
        if target.view is None and not whole:
            continue
        inside = {id(one) for one in code.nodes(node)}
        before = code.before(code.line_of(node) or node)
        for name in variables(code.code.node.body):
            known = before.get(name.value)
            if not isinstance(known, Tensor) or known.storage != target.storage:
                continue  # made later: it shows what was written
            value = code.value(name)
            if order.get(id(name), -1) < order[id(node)] or id(name) in inside:
                continue
            if (
                isinstance(value, Tensor)
                and value.storage == target.storage
                and value.view == known.view
                and value.view not in (target.view, UNSURE)
            ):
                yield ViewWrite(node, written, name)
                break


def _writes(
    code: TracedCode,
) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression, bool]]:
    """Every write in place: the node, what is written into, and whether all of it is."""
    for node in code.nodes():
        match node:
            case cst.Assign(targets=targets):
                for one in targets:
                    if isinstance(one.target, cst.Subscript):
                        yield node, one.target.value, False
            case cst.AugAssign(target=cst.Subscript(value=owner)):
                yield node, owner, False
            case cst.AugAssign(target=cst.Name() as owner):
                yield node, owner, True
            case cst.Call():
                written = _in_place(code, node)
                if isinstance(written, cst.Subscript):
                    yield node, written.value, False
                elif written is not None:
                    yield node, written, True


def _in_place(code: TracedCode, call: cst.Call) -> cst.BaseExpression | None:
    """What a method such as ``add_`` or a call with ``inplace=True`` writes into."""
    match code.value(call.func), call.func:
        case Method(owner=Tensor(), name=name), cst.Attribute(value=owner):
            plain = name.endswith("_") and not name.endswith("__")
            return owner if plain and name != "requires_grad_" else None
        case Ref(name=name), _ if name.startswith("torch.") and call.args:
            asked = any(
                arg.keyword is not None
                and arg.keyword.value == "inplace"
                and code.value(arg.value) == Number("bool", True)
                for arg in call.args
            )
            if asked or (name.endswith("_") and not name.startswith("torch.nn.init.")):
                return call.args[0].value
    return None
