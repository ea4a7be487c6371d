"""Whether a value follows from what the inputs hold, or is the same at every call.

A tensor's shape is known when a model is exported, its elements are not. What Python reads of them
(``x.sum().item()``, ``if x.any():``) either stops the export or becomes a constant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trtlint.analysis.arguments import Args
from trtlint.analysis.sizes import DimAtom
from trtlint.analysis.values import (
    DeviceValue,
    DTypeValue,
    EllipsisValue,
    Int,
    Items,
    Mapping,
    Method,
    Module,
    NdArray,
    Nothing,
    Number,
    Range,
    Ratio,
    Ref,
    ShapeOf,
    Slice,
    Tensor,
    Text,
    Value,
)

# Their results hold constants, whatever the tensor holds whose shape and dtype they take.
_LIKE = frozenset(
    "zeros_like ones_like empty_like new_zeros new_ones new_empty zeros ones empty eye".split()
)
_FULL = frozenset("full full_like new_full".split())
_RANDOM = frozenset(
    "rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial "
    "poisson".split()
)
# Python numbers that come from a tensor's elements; other methods' come from its shape.
_READERS = frozenset("item tolist equal allclose is_nonzero numpy".split())
# Built-in functions whose result is as the numbers that they are given.
_ARITHMETIC = frozenset("int float bool abs round min max sum pow divmod any all".split())
_VIEWS = frozenset(
    """view reshape permute transpose swapaxes swapdims movedim moveaxis flatten unflatten unsqueeze
    squeeze expand expand_as broadcast_to narrow select chunk split unbind tensor_split hsplit
    vsplit diagonal unfold detach t T mT data view_as real imag adjoint""".split()
)


def varies(values: Iterable[Value | None]) -> bool | None:
    """Whether something computed from these does: True, False, or None if that is not known."""
    found = [_one(value) for value in values if value is not None]
    if True in found:
        return True
    return None if None in found else False


def _one(value: Value) -> bool | None:
    match value:
        case Tensor(varies=known) | Number(varies=known) | NdArray(varies=known):
            return known
        case Int(size=size):
            batch = any(isinstance(a, DimAtom) and a.axis == 0 for a in size.atoms())
            return None if batch else False
        case Ratio(num=num, den=den):
            return varies((Int(num), Int(den)))
        case Range(start=start, stop=stop, step=step):
            return varies((Int(start), Int(stop), Int(step)))
        case Items(items=tuple() as items):
            return varies(items)
        case Items(element=element):
            return _one(element)
        case Mapping(entries=tuple() as entries):
            return varies(entry for _, entry in entries)
        case Slice(start=start, stop=stop, step=step):
            return varies((start, stop, step))
        case ShapeOf() | Text() | Nothing() | EllipsisValue() | DTypeValue() | DeviceValue():
            return False
        case Ref():
            return False
        case _:
            return None


def with_origin(value: Value, known: bool | None) -> Value:
    """``value``, of which that is known; numbers that are sizes stay what they are."""
    match value:
        case Tensor() | NdArray():
            return replace(value, varies=known)
        case Items(items=tuple() as items):
            return Items(value.kind, tuple(with_origin(item, known) for item in items))
        case Items():
            return replace(value, element=with_origin(value.element, known))
        case _:
            return value


def read_numbers(value: Value, known: bool | None) -> Value:
    """``value``, whose numbers come from elements of a tensor or from numbers that do."""
    match value:
        case Number():
            return replace(value, varies=known is True)
        case NdArray():
            return replace(value, varies=known)
        case Items(items=None):
            return Items(value.kind, None, read_numbers(value.element, known))
        case _:
            return value


def after_call(function: Value, args: Args, result: Value) -> Value:
    """The result of a call, with where it comes from and what it is a view of."""
    operands: list[Value | None] = [*args.pos, *args.kw.values()]
    match function:
        case Ref(name=qualified):
            name = qualified.rpartition(".")[2]
            if not qualified.startswith("torch."):
                numeric = name in _ARITHMETIC or qualified.startswith(("math.", "numpy."))
                return read_numbers(result, varies(operands)) if numeric else result
        case Method(owner=Tensor() as owner, name=name):
            operands.insert(0, owner)
        case Method(owner=NdArray() as array):
            return read_numbers(result, varies((array, *operands)))
        case Module(project=False):
            return with_origin(result, varies(operands))
        case _:
            return result
    if name in _READERS:
        return read_numbers(result, varies(operands))
    known = varies(operands)
    if name in _LIKE:
        known = False
    elif name in _FULL:
        known = _one(operands[-1]) if operands and operands[-1] is not None else None
    elif name in _RANDOM:
        known = True
    found = with_origin(result, known)
    first = operands[0] if operands else None
    if name in _VIEWS and isinstance(first, Tensor):
        return as_view(found, first, args.token)
    return found


def after_operator(result: Value, *operands: Value) -> Value:
    """The result of an operator, with where it comes from."""
    known = varies(operands)
    if isinstance(result, Number):
        return read_numbers(result, known)
    return with_origin(result, known)


def after_subscript(result: Value, owner: Tensor, index: tuple[Value, ...], token: str) -> Value:
    """``owner[index]``, with where it comes from and what it is a view of."""
    return as_view(with_origin(result, varies((owner, *index))), owner, token)


def after_attribute(result: Value, owner: Tensor, name: str, token: str) -> Value:
    """``owner.name``, with where it comes from and what it is a view of."""
    found = with_origin(result, owner.varies) if isinstance(result, Tensor) else result
    return as_view(found, owner, token) if name in _VIEWS else found


def as_view(value: Value, base: Tensor, token: str) -> Value:
    """``value`` as another tensor over the memory of ``base``, if it surely shares it."""
    match value:
        case Tensor() if value.storage == base.storage:
            return replace(value, view=token)
        case Items(items=tuple() as items):
            parts = (as_view(item, base, f"{token}.{i}") for i, item in enumerate(items))
            return Items(value.kind, tuple(parts))
        case Items():
            return replace(value, element=as_view(value.element, base, token))
        case _:
            return value
