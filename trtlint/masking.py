"""What is written through a boolean mask, as a choice among whole tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.effects import is_pure
from trtlint.analysis.literals import number_of
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Number, Ratio, Tensor, Value
from trtlint.changes import Change
from trtlint.codegen import Text, call, primary
from trtlint.rebinding import rebound

# Methods and functions that treat every element alike, and round as they do for the element alone.
_ELEMENTWISE = frozenset(
    "abs neg clamp clamp_min clamp_max sqrt square relu round floor ceil".split()
)
_OPERATORS: Mapping[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
}
_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide)
_LARGEST_HALF = 65504.0


@dataclass(frozen=True, eq=False)
class Masked:
    """``y[mask]``, ``y[:, mask]``, ``y[mask, :]`` or ``y[..., mask]``.

    Attributes:
        code: the function.
        target: the subscript.
        base: the tensor.
        behind: how many dimensions stand behind those of the mask at least.
        mask: the mask.
        node: its expression.
        widened: what gives it so many dimensions more, behind its source.
        selected: the source of the index.
    """

    code: TracedCode
    target: cst.Subscript
    base: Tensor
    behind: int
    mask: Tensor
    node: cst.BaseExpression
    widened: str
    selected: str

    @classmethod
    def of(
        cls, code: TracedCode, target: cst.Subscript, base: Tensor, index: tuple[Value, ...]
    ) -> Masked:
        """For one mask, alone or among full slices.

        Raises:
            Undecided: the index is another, or the ranks are not known.
        """
        at = [i for i, one in enumerate(index) if isinstance(one, Tensor)]
        if len(at) != 1 or len(index) != len(target.slice):
            raise Undecided("another index stands beside the mask")
        others = [part for i, part in enumerate(target.slice) if i != at[0]]
        if not all(map(_takes_all, others)):
            raise Undecided("another index stands beside the mask")
        node, mask = target.slice[at[0]].slice, index[at[0]]
        assert isinstance(node, cst.Index)
        assert isinstance(mask, Tensor)
        behind = _behind(target, base, mask, at[0])
        widened = ""
        if behind is None:
            widened = _widened(code, node.value, target.value, mask, at[0])
        elif behind:
            widened = f"[{', '.join(['...', *['None'] * behind])}]"
        selected = "".join(code.source(part) for part in target.slice)
        return cls(code, target, base, behind or 0, mask, node.value, widened, selected)

    @property
    def source(self) -> str:
        """The mask with as many dimensions as the tensor has from its own on."""
        shown = self.code.source(self.node)
        return primary(shown, self.node) + self.widened if self.widened else shown

    def instead(
        self, statement: cst.Assign | cst.AugAssign, name: str
    ) -> tuple[Text, tuple[str, ...]]:
        """What the tensor is after the write, and what that needs to be imported.

        Raises:
            Undecided: it is not known to be the same.
        """
        new, fills = self.replacement(statement, name)
        if fills:
            return call(f"{name}.masked_fill", self.source, new), ()
        where, imports = self.code.spelling("torch.where")
        return call(where, self.source, new, name), imports

    def replacement(
        self, statement: cst.Assign | cst.AugAssign, name: str, *, floats: bool = False
    ) -> tuple[str, bool]:
        """The source of what the mask chooses, and whether it is one number for all elements.

        Args:
            statement: the write.
            name: the tensor.
            floats: whether tensors that may be floating are taken to be, and of one dtype.

        Raises:
            Undecided: it is not known to be what is written.
        """
        value, stored = statement.value, self.code.value(statement.value)
        shown, number = self.code.source(value), not isinstance(stored, Tensor)
        plain = isinstance(statement, cst.Assign)
        if plain and isinstance(stored, Tensor) and stored.rank == 0:
            return shown, True
        same = self.keeps_dtype(stored) or (floats and may_be_floating(stored))
        if not (plain and self.selects(value)) and not same:
            raise Undecided(f"`{shown}` is not known to have the dtype of `{name}`")
        if plain and self.refused(stored):
            raise Undecided(f"`{name}` has another dtype than `{shown}`, and refuses it")
        if plain and number and self.fits(value):
            return shown, True
        floating = floats or (self.base.dtype is not None and self.base.dtype.floating)
        if plain and number and not floating:
            raise Undecided(f"whether `{shown}` fits the dtype of `{name}` is not known")
        new = self.whole(value)
        if isinstance(statement, cst.AugAssign):
            sign = _OPERATORS.get(type(statement.operator))
            if sign is None:
                raise Undecided("this operator may refuse what the mask leaves out")
            operand = new if isinstance(value, cst.BaseNumber) else primary(new, value)
            new = f"{name} {sign} {operand}"
        return new, False

    def fits(self, node: cst.BaseExpression) -> bool:
        """Whether ``masked_fill`` takes a number for the tensor that a write would take.

        It refuses what overflows to infinity in half precision.
        """
        value = number_of(self.code.value(node))
        if value is not None and (not math.isfinite(value) or abs(value) <= _LARGEST_HALF):
            return True
        dtype = self.base.dtype
        return dtype is not None and dtype.spelled and dtype.name != "float16"

    def whole(self, node: cst.BaseExpression) -> str:
        """The source of a value for the selected elements, computed for all elements.

        ``other[mask] * 2`` is ``other * 2``.

        Raises:
            Undecided: it is not computed for each element alone.
        """
        if self._is_selection(node):
            assert isinstance(node, cst.Subscript)
            return self.code.source(node.value)
        new = node.visit(_WithoutMask(self._selections(node)))
        assert isinstance(new, cst.CSTNode)
        return self.code.source(new)

    def selects(self, node: cst.BaseExpression) -> bool:
        """Whether a value is made of elements selected by the same mask.

        Then a write takes it in the tensor's own dtype only.
        """
        try:
            return any(True for _ in self._selections(node))
        except Undecided:
            return False

    def refused(self, value: Value) -> bool:
        """Whether the write is an error for its dtype, which a choice would make one of both."""
        mine = dtypes.source(self.base.dtype)
        other = (
            dtypes.source(value.dtype) if isinstance(value, Tensor) and value.rank != 0 else None
        )
        return mine is not None and other is not None and mine != other

    def keeps_dtype(self, value: Value) -> bool:
        """Whether a value computed with the tensor, or put in its place, has its dtype."""
        match value:
            case Int() | Number() | Ratio():
                return True
            case Tensor() if value.rank == 0:
                return True  # a wider kind cannot be written; within one kind it does not widen
            case Tensor():
                both = dtypes.promote(self.base.dtype, value.dtype)
                return dtypes.joinable(both, self.base.dtype)
            case _:
                return False

    def _is_selection(self, node: cst.CSTNode) -> bool:
        """Whether it is ``other[mask]`` of a tensor of the same rank."""
        if not isinstance(node, cst.Subscript):
            return False
        tensor = self.code.value(node.value)
        if not isinstance(tensor, Tensor):
            return False
        if "".join(self.code.source(part) for part in node.slice) != self.selected:
            return False
        same = tensor.shape is not None and tensor.shape == self.base.shape
        both_exact = tensor.exact and self.base.exact
        return (same and both_exact) or (tensor.rank is not None and tensor.rank == self.base.rank)

    def _selections(self, node: cst.BaseExpression) -> Iterator[cst.Subscript]:
        """Every ``other[mask]`` in an expression that treats each element alone.

        Raises:
            Undecided: it does not.
        """
        parts: list[cst.BaseExpression] = []
        match node:
            case cst.Subscript() if self._is_selection(node):
                yield node
                return
            case cst.BinaryOperation(left=left, operator=operator, right=right) if isinstance(
                operator, _ARITHMETIC
            ):
                parts = [left, right]
            case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
                parts = [inner]
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name)), args=args):
                known = self.code.torch_function(node) or self.code.tensor_method(node)
                if name in _ELEMENTWISE and known is not None:
                    parts = [arg.value for arg in args]
                    parts += [owner] if self.code.tensor_method(node) is not None else []
        if not parts:
            self._same_for_each(node)
        for part in parts:
            yield from self._selections(part)

    def _same_for_each(self, node: cst.BaseExpression) -> None:
        """That an expression is a number, or stands in the dimensions behind the mask."""
        value = self.code.value(node)
        if isinstance(value, Int | Number | Ratio):
            return
        rank = value.rank if isinstance(value, Tensor) else None
        if rank is None or rank > self.behind:
            shown = self.code.source(node)
            raise Undecided(f"`{shown}` is not computed from the same elements, each alone")


def may_be_floating(value: Value) -> bool:
    """Whether a tensor is not known to be of integers or booleans."""
    return isinstance(value, Tensor) and (value.dtype is None or value.dtype.floating is not False)


class _WithoutMask(cst.CSTTransformer):
    """Puts ``other`` where one of the given ``other[mask]`` stands."""

    def __init__(self, selections: Iterator[cst.Subscript]) -> None:
        super().__init__()
        self._meant = {id(one) for one in selections}

    def leave_Subscript(  # noqa: N802 (the name that LibCST looks for)
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> cst.BaseExpression:
        """As ``CSTTransformer`` asks for it."""
        return updated_node.value if id(original_node) in self._meant else updated_node


def chosen(
    code: TracedCode,
    statement: cst.Assign | cst.AugAssign,
    target: cst.Subscript,
    index: tuple[Value, ...],
    *,
    owner: bool = True,
) -> Change:
    """``y = torch.where(mask, value, y)`` in place of ``y[mask] = value``.

    ``y.masked_fill(mask, value)`` where the value is a number, or a tensor of no dimensions.

    Args:
        code: the function.
        statement: the write.
        target: what it writes into.
        index: the values of the subscript's elements.
        owner: whether who handed the tensor in may look at it.

    Raises:
        Undecided: the two are not proven to be the same.
    """
    masked = masked_write(code, statement, target, index)
    text = masked.instead(statement, code.source(target.value))
    return rebound(code, statement, target.value, *text, owner=owner)


def masked_write(
    code: TracedCode,
    statement: cst.Assign | cst.AugAssign,
    target: cst.Subscript,
    index: tuple[Value, ...],
) -> Masked:
    """A write through a mask that nothing but the mask and the value belongs to.

    Raises:
        Undecided: computing these may have effects, or the index is another.
    """
    if isinstance(statement, cst.Assign) and len(statement.targets) != 1:
        raise Undecided("several targets are assigned to at once")
    if not all(is_pure(code, part) for part in (statement.value, *target.slice)):
        raise Undecided("computing the mask or the value may have effects")
    base = code.value(target.value)
    assert isinstance(base, Tensor)
    return Masked.of(code, target, base, index)


def _takes_all(part: cst.SubscriptElement) -> bool:
    match part.slice:
        case cst.Slice(lower=None, upper=None, step=None):
            return True
        case cst.Index(value=cst.Ellipsis()):
            return True
        case _:
            return False


def _behind(target: cst.Subscript, base: Tensor, mask: Tensor, at: int) -> int | None:
    """How many dimensions of the tensor stand behind those that the mask selects from, if known."""
    dots = [
        i
        for i, part in enumerate(target.slice)
        if isinstance(part.slice, cst.Index) and isinstance(part.slice.value, cst.Ellipsis)
    ]
    if dots and dots[0] < at:
        return len(target.slice) - at - 1
    if mask.rank == 0:
        raise Undecided("the mask has no dimension of the tensor's")
    if base.shape is None or mask.shape is None or not (base.exact and mask.exact):
        return None
    more = base.shape.rank_over(mask.shape)
    if more is not None and more < at:
        raise Undecided("the mask has no dimension of the tensor's")
    return more - at if more is not None else None


def _widened(
    code: TracedCode,
    node: cst.BaseExpression,
    tensor: cst.BaseExpression,
    mask: Tensor,
    at: int,
) -> str:
    """An index that gives the mask as many dimensions behind as the tensor has there.

    Raises:
        Undecided: that would compute the mask twice.
    """
    if mask.rank is None and not isinstance(node, cst.Name):
        raise Undecided("how many dimensions the tensor and the mask have is not known")
    used = f"{code.source(node)}.dim()" if mask.rank is None else str(mask.rank + at)
    if mask.rank is None and at:
        used += f" - {at}"
    return f"[(...,) + (None,) * ({code.source(tensor)}.dim() - {used})]"
