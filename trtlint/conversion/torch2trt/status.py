"""What a converted tensor is to torch2trt: the values of its dataflow.

torch2trt hangs a TensorRT tensor on a torch tensor as its attribute ``_trt``. A tensor without one
that a converter meets becomes a constant with the numbers of the sample run
(``add_missing_trt_tensors``); a converter that reads ``_trt`` itself fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import libcst as cst


@dataclass(frozen=True, eq=False)
class Loss:
    """One place where the converted network parts from the model.

    Attributes:
        rule: the rule that reports it.
        node: where it stands.
        variant: which of the rule's verdict tables applies.
        facts: what its message may name.
    """

    rule: str
    node: cst.CSTNode
    variant: str = "default"
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """Anything that is not known; the base of what is."""


@dataclass(frozen=True)
class Nothing(Status):
    """``None``, a string and the like: nothing that conversion cares about."""


@dataclass(frozen=True)
class Followed(Status):
    """A tensor whose ``_trt`` follows the input.

    Attributes:
        name: the Python object; two values of one name are one object.
        entry: whether its ``_trt`` is an input of the network itself.
        base: the objects whose memory it shares, if it is a view.
        assumed: whether it is made of parameters that may be weights as well.
    """

    name: str = ""
    entry: bool = False
    base: frozenset[str] = frozenset()
    assumed: bool = False


@dataclass(frozen=True)
class Constant(Status):
    """A tensor that is the same for every input of the sample's shape.

    Attributes:
        held: whether it has a ``_trt``.
        batch: whether its shape or content hangs on the batch size.
        random: whether it is drawn at random.
        permuted: whether its memory is dense but not in order, which TensorRT does not take.
    """

    held: bool = False
    batch: bool = False
    random: bool = False
    permuted: bool = False


@dataclass(frozen=True)
class Baked(Status):
    """A tensor that hangs on the input and has no ``_trt``.

    Attributes:
        cause: what to report once it is used; None if that was reported already.
        base: the objects whose memory it shares.
    """

    cause: Loss | None = None
    base: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scalar(Status):
    """A Python number.

    Attributes:
        kind: ``plain``; ``size``: torch2trt's ``IntWrapper``, traced; ``baked``: read from a tensor
            that hangs on the input.
        batch: whether it hangs on the batch size.
        cause: what to report once a baked one is used.
    """

    kind: Literal["plain", "size", "baked"] = "plain"
    batch: bool = False
    cause: Loss | None = None


@dataclass(frozen=True)
class Sizes(Status):
    """``x.shape``.

    Attributes:
        kind: ``size`` where torch2trt traces it.
        first: whether its first element is the batch size.
    """

    kind: Literal["plain", "size"] = "size"
    first: bool = True

    def item(self, index: int | None) -> Scalar:
        """One of them; None if it is not known which."""
        return Scalar(self.kind, self.first and index == 0)

    def part(self, start: int | None) -> Sizes:
        """Those from ``start`` on; None stands for the first."""
        return Sizes(self.kind, self.first and start in (None, 0))


@dataclass(frozen=True)
class Group(Status):
    """A tuple, list, dict or object that holds others.

    Attributes:
        items: each in order, or None if their number is unknown.
        element: what holds for each where ``items`` is None.
        keys: the names of the items of a dict or a named tuple.
        record: whether it is an object of a class of the project.
    """

    items: tuple[Status, ...] | None = None
    element: Status = Status()
    keys: tuple[str, ...] | None = None
    record: bool = False

    def each(self) -> tuple[Status, ...]:
        """Everything it is known to hold."""
        return self.items if self.items is not None else (self.element,)


@dataclass(frozen=True)
class Inputs(Status):
    """A parameter of ``forward`` that may be a tensor or a container of them.

    Attributes:
        name: the parameter.
        compared: whether this is the result of comparing it.
        part: whether this is a slice of it.
    """

    name: str = ""
    compared: bool = False
    part: bool = False


@dataclass(frozen=True)
class Setting(Status):
    """An attribute of the module of which nothing is known: a weight, a number, a layer."""


UNKNOWN = Status()
SETTING = Setting()
NOTHING = Nothing()
PLAIN = Scalar()


def join(left: Status, right: Status) -> Status:
    """What holds on both of two paths: of two known kinds the one that came further."""
    if left == right:
        return left
    match left, right:
        case Nothing(), _:
            return right
        case _, Nothing():
            return left
        case Setting(), Constant():
            return right
        case Constant(), Setting():
            return left
        case Group(), Group():
            return _join_groups(left, right)
        case Scalar(), Scalar():
            worst = max((left, right), key=lambda s: ("plain", "size", "baked").index(s.kind))
            return replace(worst, batch=left.batch or right.batch)
        case Constant(), Constant():
            return Constant(
                left.held and right.held,
                left.batch or right.batch,
                left.random or right.random,
                left.permuted and right.permuted,
            )
        case Followed(), Followed():
            return Followed(
                left.name if left.name == right.name else "",
                left.entry and right.entry,
                left.base | right.base,
                left.assumed and right.assumed,
            )
        case Baked(), Baked():
            return left if left.cause is not None else right
        case (Baked(), Followed() | Constant() | Scalar()):
            return left
        case (Followed() | Constant() | Scalar(), Baked()):
            return right
        case (Followed(), Constant() | Scalar()):
            return replace(left, entry=False)
        case (Constant() | Scalar(), Followed()):
            return replace(right, entry=False)
        case _:
            return UNKNOWN


def _join_groups(left: Group, right: Group) -> Status:
    if left.record != right.record:
        return UNKNOWN
    one, other = left.items, right.items
    if one is not None and other is not None and len(one) == len(other) and left.keys == right.keys:
        items = tuple(join(a, b) for a, b in zip(one, other, strict=True))
        return Group(items, keys=left.keys, record=left.record)
    return Group(None, join(joined(left), joined(right)), record=left.record)


def joined(group: Group) -> Status:
    """What holds for every element."""
    each = group.each()
    if not each:
        return NOTHING
    found = each[0]
    for status in each[1:]:
        found = join(found, status)
    return found


def leaves(status: Status) -> tuple[Status, ...]:
    """The status itself, or those of everything in a container."""
    if isinstance(status, Group):
        return tuple(leaf for one in status.each() for leaf in leaves(one))
    return (status,)


def is_tensor(status: Status) -> bool:
    """Whether it is known to be a tensor."""
    return isinstance(status, Followed | Constant | Baked)


def of_batch(status: Status) -> bool:
    """Whether it hangs on the batch size without following it."""
    return any(
        (isinstance(leaf, Scalar | Constant) and leaf.batch)
        or (isinstance(leaf, Sizes) and leaf.first)
        for leaf in leaves(status)
    )


def is_baked_number(status: Status) -> bool:
    """Whether it is a number that was read from a tensor."""
    return isinstance(status, Scalar) and status.kind == "baked"
