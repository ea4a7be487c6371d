"""What a model may return: ``Flattener`` and ``mark_outputs``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trtlint.analysis.values import Items, Mapping, Tensor, Value
from trtlint.conversion.torch2trt.status import (
    Baked,
    Constant,
    Followed,
    Group,
    Inputs,
    Loss,
    Status,
    leaves,
)

if TYPE_CHECKING:
    from trtlint.conversion.torch2trt.flow import Flow

_KINDS = ("float16", "float32", "bool")  # what Flattener takes for an output


def check_outputs(flow: Flow) -> None:
    """Report what the network cannot hand out as the model does."""
    handed_on = [_is_input(status) for _, status in flow.returns]
    for node, status in flow.returns:
        if _is_input(status) and not all(handed_on):
            continue  # which path the sample takes is not known
        value = flow.code.value(node.value) if node.value is not None else None
        for variant, why in _problems(flow, status, value):
            flow.report.add(Loss("torch2trt-output-form", node, variant, {"why": why}))
            break


def _is_input(status: Status) -> bool:
    return isinstance(status, Inputs) or (isinstance(status, Followed) and status.entry)


def _problems(flow: Flow, status: Status, value: Value | None) -> Iterator[tuple[str, str]]:
    if isinstance(status, Group) and status.record:
        yield "refused", "an object of a class of its own holds the outputs"
        return
    names: list[str] = []
    for leaf in leaves(status):
        match leaf:
            case Followed(entry=True) | Inputs() if not _is_imported(flow):
                yield "refused", "an input of the network cannot be its output"
            case Constant(held=False):
                yield "refused", "a constant that no converter met has no _trt"
            case Followed(name=name) if name:
                if name in names:
                    yield "wrong", "one tensor is returned twice"
                names.append(name)
    if any(isinstance(leaf, Baked) for leaf in leaves(status)):
        return  # reported where they were lost
    for one in _tensors(value):
        dtype = one.dtype
        if dtype is not None and dtype.spelled and dtype.name not in _KINDS:
            yield "wrong", f"outputs of dtype {dtype.name} are left out"


def _is_imported(flow: Flow) -> bool:
    """Whether another file imports the module's class: it is a part of something larger there."""
    owner = flow.code.owner
    own = flow.code.code.path
    return owner is not None and any(
        name.rpartition(".")[2] == owner.qualname
        for path, index in flow.code.project.files.items()
        if path != own
        for name in index.imports.values()
    )


def _tensors(value: Value | None) -> Iterator[Tensor]:
    match value:
        case Tensor():
            yield value
        case Items(items=tuple() as items):
            for item in items:
                yield from _tensors(item)
        case Mapping(entries=tuple() as entries):
            for _, item in entries:
                yield from _tensors(item)
