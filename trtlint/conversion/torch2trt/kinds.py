"""Questions about the kind of a value: ``isinstance(x, torch.Tensor)``."""

from __future__ import annotations

import libcst as cst

from trtlint.conversion.torch2trt.status import (
    Baked,
    Constant,
    Followed,
    Group,
    Nothing,
    Scalar,
    Status,
)

_SEQUENCES = frozenset({"list", "tuple", "Sequence", "List", "Tuple"})


def kind_asked(test: cst.BaseExpression) -> tuple[cst.BaseExpression, str] | None:
    """What ``isinstance`` is asked of, and for which kind: ``tensor`` or ``sequence``."""
    match test:
        case cst.Call(func=cst.Name(value="isinstance"), args=[subject, wanted]):
            pass
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="is_tensor")), args=[subject]):
            return subject.value, "tensor"
        case _:
            return None
    kinds = (
        [element.value for element in wanted.value.elements]
        if isinstance(wanted.value, cst.Tuple)
        else [wanted.value]
    )
    names = {_last(kind) for kind in kinds}
    if names == {"Tensor"}:
        return subject.value, "tensor"
    return (subject.value, "sequence") if names <= _SEQUENCES else None


def _last(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
        case _:
            return ""


def is_of_kind(status: Status, kind: str) -> bool | None:
    """Whether a value is of that kind; None if that is not known."""
    match status:
        case Scalar() | Nothing():
            return False
        case Group(record=False, keys=None):
            return kind == "sequence"
        case Constant() | Baked() | Followed(entry=False):
            return kind == "tensor"
        case _:
            return None
