"""What an expression may be: the values of the abstract interpretation.

Not knowing is an answer: :class:`Unknown` is what rules see of everything that the analysis does
not model, and rules stay silent on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from trtlint.analysis.dtypes import DType
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import Size


@dataclass(frozen=True)
class Value:
    """Base of all values."""


@dataclass(frozen=True)
class Unknown(Value):
    """Anything. ``aliases`` names the storages that it may share."""

    aliases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Creation:
    """How a tensor was made out of nothing.

    Attributes:
        function: ``zeros``, ``new_full`` ...
        fill: the number that every element holds; None if uninitialised or not constant.
        static: whether its shape and content are the same for every input.
    """

    function: str
    fill: float | None
    static: bool


@dataclass(frozen=True)
class Tensor(Value):
    """A ``torch.Tensor``.

    Attributes:
        shape: None if nothing is known.
        exact: False where ``shape`` is what is known of a broadcast with something unknown: each
            dimension is at least the one given.
        dtype: None if nothing is known.
        device: a token; two tensors with equal tokens are on one device. None if unknown.
        storage: tokens of the memory it may share; a token of its own if it is fresh.
        creation: set while the tensor is what a creation function returned.
        parameter: the input of the function that this is, unmodified.
        varies: whether its elements follow from what the function's inputs hold; False if they are
            the same at every call, None if that is not known.
        view: which expression made it another tensor over memory that one with the same
            ``storage`` and another ``view`` has as well; None if it was not made as a view.
    """

    shape: Shape | None = None
    exact: bool = True
    dtype: DType | None = None
    device: str | None = None
    storage: frozenset[str] = frozenset()
    creation: Creation | None = None
    parameter: str | None = None
    varies: bool | None = None
    view: str | None = None

    @property
    def rank(self) -> int | None:
        """Number of dimensions, if known for sure."""
        return self.shape.rank if self.shape is not None and self.exact else None


@dataclass(frozen=True)
class Int(Value):
    """A Python int (or ``torch.SymInt``)."""

    size: Size


@dataclass(frozen=True)
class Ratio(Value):
    """A Python float that is the quotient of two ints, such as ``channels / 4``."""

    num: Size
    den: Size


@dataclass(frozen=True)
class Number(Value):
    """A Python number of which only the kind is known, or a literal float or bool.

    Attributes:
        kind: its type.
        value: of a literal.
        varies: whether it was read from elements of a tensor that follow from the inputs.
    """

    kind: Literal["int", "float", "bool"]
    value: float | bool | None = None
    varies: bool = False


@dataclass(frozen=True)
class Text(Value):
    """A string."""

    value: str | None = None


@dataclass(frozen=True)
class Nothing(Value):
    """``None``."""


@dataclass(frozen=True)
class EllipsisValue(Value):
    """``...``."""


@dataclass(frozen=True)
class Items(Value):
    """A list, a tuple or a ``torch.Size``.

    Attributes:
        items: each element in order, or None if the length is unknown.
        element: a value that holds for every element where ``items`` is None.
        length: how many there are, if that is known where ``items`` is None.
        counted: whether its elements are pairs that ``enumerate`` numbers from 0.
    """

    kind: Literal["list", "tuple", "size"]
    items: tuple[Value, ...] | None
    element: Value = Unknown()
    length: Size | None = None
    counted: bool = False


@dataclass(frozen=True)
class ShapeOf(Value):
    """``tensor.shape`` of a tensor whose rank is unknown."""

    tensor: Tensor


@dataclass(frozen=True)
class Mapping(Value):
    """A dict."""

    entries: tuple[tuple[str, Value], ...] | None = None


@dataclass(frozen=True)
class NdArray(Value):
    """A ``numpy.ndarray`` or scalar; ``varies`` as for a tensor."""

    varies: bool | None = None


@dataclass(frozen=True)
class Slice(Value):
    """``start:stop:step`` inside a subscript; None where a bound is left out."""

    start: Value | None
    stop: Value | None
    step: Value | None


@dataclass(frozen=True)
class Range(Value):
    """``range(start, stop, step)``."""

    start: Size
    stop: Size
    step: Size


@dataclass(frozen=True)
class Ref(Value):
    """Something outside the project, by its qualified name: ``torch.zeros``."""

    name: str


@dataclass(frozen=True)
class Function(Value):
    """A function or method of the project; ``owner`` is bound to ``self`` if it is a method."""

    key: str
    owner: Value | None = None


@dataclass(frozen=True)
class Class(Value):
    """A class of the project."""

    key: str


@dataclass(frozen=True)
class Method(Value):
    """An attribute of a value that is about to be called: ``x.view``."""

    owner: Value
    name: str


@dataclass(frozen=True)
class Module(Value):
    """An ``nn.Module`` instance.

    Attributes:
        type: qualified name outside the project (``torch.nn.Conv2d``), or a project class's key.
        project: whether ``type`` is a project class.
        args: the constructor's positional arguments where known.
        kwargs: its keyword arguments.
        path: how it is reached, such as ``self.conv``.
        parametrized: the function that makes its weight anew at every call.
    """

    type: str
    project: bool = False
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[str, Value], ...] = ()
    path: str = ""
    parametrized: str = ""


@dataclass(frozen=True)
class DTypeValue(Value):
    """``torch.float32``, ``x.dtype``."""

    dtype: DType | None


@dataclass(frozen=True)
class DeviceValue(Value):
    """``x.device``, ``torch.device("cuda")``, ``"cuda:0"``."""

    device: str | None


UNKNOWN = Unknown()
ROW = "a row"  # the view of a tensor that was got by going through another
UNSURE = "perhaps a view"  # the view of a tensor that is one on some paths
# A storage token of tensors of which several elements may be one place in memory.
OVERLAPPING = "several elements in one place"


def aliases(value: Value) -> frozenset[str]:
    """Tokens of all storage that ``value`` may share."""
    match value:
        case Tensor(storage=tokens) | Unknown(aliases=tokens):
            return tokens
        case Items(items=None, element=element):
            return aliases(element)
        case Items(items=tuple() as items):
            return frozenset().union(*map(aliases, items)) if items else frozenset()
        case Mapping(entries=tuple() as entries):
            return frozenset().union(*(aliases(v) for _, v in entries)) if entries else frozenset()
        case _:
            return frozenset()


def join(left: Value, right: Value) -> Value:
    """A value that holds on both of two paths."""
    if left == right:
        return left
    match left, right:
        case Tensor(), Tensor():
            same_shape = left.shape == right.shape
            return Tensor(
                left.shape if same_shape else None,
                left.exact and right.exact and same_shape,
                left.dtype if left.dtype == right.dtype else None,
                left.device if left.device == right.device else None,
                left.storage | right.storage,
                varies=_either(left.varies, right.varies),
                view=left.view if left.view == right.view else UNSURE,
            )
        case (Int() | Number(kind="int"), Int() | Number(kind="int")):
            return Number("int", varies=_read(left) or _read(right))
        case Number(), Number() if left.kind == right.kind:
            return Number(left.kind, varies=left.varies or right.varies)
        case Items(), Items() if left.kind == right.kind:
            one, other = left.items, right.items
            if one is not None and other is not None and len(one) == len(other):
                pairs = zip(one, other, strict=True)
                return Items(left.kind, tuple(join(a, b) for a, b in pairs))
            element = join(element_of(left), element_of(right))
            return Items(left.kind, None, element)
        case Method(owner=one, name=name), Method(owner=other, name=same) if name == same:
            return Method(join(one, other), name)  # of a variable that a loop changes
        case _:
            return Unknown(aliases(left) | aliases(right))


def _either(left: bool | None, right: bool | None) -> bool | None:
    """Whether a tensor that is one of two may vary."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _read(value: Value) -> bool:
    return isinstance(value, Number) and value.varies


def element_of(items: Items) -> Value:
    """A value that holds for every element."""
    if items.items is None:
        return items.element
    if not items.items:
        return UNKNOWN
    joined = items.items[0]
    for item in items.items[1:]:
        joined = join(joined, item)
    return joined


def row_of(tensor: Tensor, view: str = ROW) -> Tensor:
    """What going through a tensor gives: the same memory without the first axis."""
    shape = tensor.shape if tensor.exact and tensor.rank else None
    inner = Shape(shape.dims[1:]) if shape is not None else None
    row = Tensor(inner, inner is not None, tensor.dtype, tensor.device, tensor.storage)
    return replace(row, varies=tensor.varies, view=view)


def fresh(tensor: Tensor, token: str, **changes: object) -> Tensor:
    """``tensor`` as the result of an operation that allocates: its own storage, no history."""
    clean = replace(tensor, storage=frozenset({token}), creation=None, parameter=None, view=None)
    return replace(clean, **changes)  # type: ignore[arg-type]
