"""What a write puts into its slice, as source of exactly the slice's shape and dtype."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.cells import Cell, Region
from trtlint.analysis.placement import Placement, selectors
from trtlint.analysis.selectors import NewAxis, Point
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE, Size
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import subtree
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Number, Ratio, Ref, Tensor, Value
from trtlint.analysis.writes import SliceWrite
from trtlint.blanks import INFINITIES, Blank, number_in
from trtlint.codegen import primary
from trtlint.size_texts import SizeTexts

_HALF_MAX = 65504.0


@dataclass
class Values:
    """The values of a region's writes at the place where it is rebuilt.

    Attributes:
        code: the function.
        writes: all writes of the region.
        base: the tensor before them.
        sizes: how sizes are spelled.
        alive: whether the tensor before the writes is still there, under its name.
        ignore: axes that all writes index alike and that the result lacks, with the index' source.
        names: variables that hold what some writes put in, by the write.
        only_converted: whether to keep to what torch2trt converts.
        alike: whether floating tensors are taken to be of one dtype then.
        fitting: writes whose value is known to have the shape of its slice.
    """

    code: TracedCode
    writes: Sequence[SliceWrite]
    base: Tensor
    sizes: SizeTexts
    alive: bool = True
    ignore: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    only_converted: bool = False
    alike: bool = False
    fitting: set[int] = field(default_factory=set)

    def blank(self, write: SliceWrite) -> Blank | None:
        """The number that a write puts everywhere; None if it is no plain number.

        Raises:
            Undecided: filling may not do what assigning does.
        """
        value = write.stored
        source = self.names.get(id(write), self.code.source(write.value))
        constant = INFINITIES.get(value.name) if isinstance(value, Ref) else None
        if write.augmented or not (isinstance(value, Int | Number | Ratio) or constant):
            return None
        number = constant or number_in(value, source)
        dtype = self.base.dtype
        known = dtype is not None and (dtype.spelled or dtype == dtypes.DEFAULT)
        narrow = not known or (dtype is not None and dtype.name == "float16")
        if number is not None and narrow and _HALF_MAX < abs(number) < math.inf:
            raise Undecided(f"`{source}` may be beyond what `{write.name}` can hold")
        return Blank(source, number)

    def text(self, cell: Cell, keep_out: frozenset[int] = frozenset()) -> str:
        """The value of a cell, with the axes put back that integer indices took away.

        Args:
            cell: of a write.
            keep_out: axes that stay away.

        Raises:
            Undecided: the value is not known to fit.
        """
        write = cell.write
        assert write is not None
        source, node = self._value(cell, write)
        slots = self.place.slots(write)
        out = keep_out | self.ignore.keys()
        added = [i for i, slot in enumerate(slots) if slot is None]
        if added:
            source = primary(source, node)
            for i in reversed(added):
                source += f".squeeze({i})"
            node = _CALL
        points = [s for s in selectors(write) if isinstance(s, Point)]
        if any(s.axis in cell.region and cell.region[s.axis].size != ONE for s in points):
            raise Undecided("whether an index lies within another write is not known")
        axes = [s.axis for s in points if s.axis not in out]
        if not axes:
            return source
        source = primary(source, cst.parse_expression(source) if write.augmented else node)
        for axis in sorted(axes) if min(axes) >= 0 else sorted(axes, reverse=True):
            shift = sum(1 for one in self.ignore if 0 <= one < axis)
            if self.only_converted and axis < 0:  # torch2trt puts it elsewhere
                source += f"[{', '.join(['...', 'None', *[':'] * (-axis - 1)])}]"
            else:
                source += f".unsqueeze({axis - shift})"
        return source

    def old(self, region: Region, name: str = "") -> str:
        """``name[...]`` for a region of the tensor before the writes, or of one of its shape.

        Raises:
            Undecided: a bound has no name here.
        """
        name = name or str(self.writes[0].name)
        axes = sorted({*region, *self.ignore})
        parts: list[str] = []
        first = 0 if not axes or axes[0] >= 0 else axes[0]
        for axis in range(first, 0 if first < 0 else (axes[-1] if axes else -1) + 1):
            if axis in self.ignore:
                parts.append(self.ignore[axis])
            elif axis not in region:
                parts.append(":")
            else:
                parts.append(self.sizes.slice(region[axis], self.place.whole(axis)))
        skipped = next((i for i, part in enumerate(parts) if part != ":"), 0)
        if first < 0:
            parts.insert(0, "...")
        elif skipped > 2 and len(parts) == self.base.rank:
            parts = ["...", *parts[skipped:]]
        text = f"{name}[{', '.join(parts)}]" if parts else name
        # torch2trt drops leading ones from the shape of a constant, but not if it is cloned.
        held = self.only_converted and self.base.varies is False
        return f"{text}.clone()" if held else text

    @property
    def place(self) -> Placement:
        """Where the values lie."""
        return Placement(self.base, frozenset(self.ignore))

    # -- one value --------------------------------------------------------------------------

    def _value(self, cell: Cell, write: SliceWrite) -> tuple[str, cst.BaseExpression | None]:
        """The value without the axes of integer indices; the node tells how tightly it binds."""
        source = self.names.get(id(write), self.code.source(write.value))
        node: cst.BaseExpression | None = write.value
        node = _CALL if id(write) in self.names else node
        value = write.stored
        if write.selection is None:
            raise Undecided("its index is not known well enough")
        if write.augmented:
            return self._augmented(cell, write, source, node, value), None
        if not isinstance(value, Tensor):
            raise Undecided(f"`{source}` is not known to be a tensor or a number")
        source, node = self._cast(source, node, value.dtype, write)
        return self._fitted(cell, write, source, node, value)

    def _cast(
        self,
        source: str,
        node: cst.BaseExpression | None,
        dtype: dtypes.DType | None,
        write: SliceWrite,
    ) -> tuple[str, cst.BaseExpression | None]:
        """The value in the tensor's dtype, as assigning makes it."""
        if dtypes.joinable(dtype, self.base.dtype):
            return source, node
        if self.only_converted and not dtypes.same_of_floats(dtype, self.base.dtype):
            if self.alike and dtypes.may_be_one_float(dtype, self.base.dtype):
                return source, node
            raise Undecided(f"`{source}` is not known to have the dtype of `{write.name}`")
        wanted = f"{write.name}.dtype" if self.alive else self._dtype()
        if wanted is None:
            raise Undecided(f"`{source}` is not known to have the dtype of `{write.name}`")
        return f"{primary(source, node)}.to({wanted})", _CALL

    def _dtype(self) -> str | None:
        """The source of the tensor's dtype where the tensor is gone."""
        dtype = self.base.dtype
        project = self.code.project
        own = dtype != dtypes.DEFAULT or not project.may_change_default_dtype(self.code.code.path)
        spelled = dtypes.source(dtype) if own else None
        if spelled is not None:
            text, needed = self.code.spelling(spelled)
            return None if needed else text
        for name, value in sorted(self.code.before(self.sizes.place).items()):
            other = value.dtype if isinstance(value, Tensor) else None
            if name != self.sizes.gone and dtypes.same(other, dtype):
                return f"{name}.dtype"
        return None

    def _fitted(
        self,
        cell: Cell,
        write: SliceWrite,
        source: str,
        node: cst.BaseExpression | None,
        value: Tensor,
    ) -> tuple[str, cst.BaseExpression | None]:
        """The value, or the part of it that the cell shows, in the shape of the cell.

        A value of which only a lower bound is known, and that is the slice's shape, has that shape:
        the assignment takes none that is larger.
        """
        assert write.selection is not None
        slot = write.selection.shape
        shape = value.shape if value.exact or value.shape == slot else None
        if not cell.part:
            if shape == slot or id(write) in self.fitting:
                return source, node
            return self._expanded(write, source, node, value), _CALL
        text, shown = self._sliced(cell, write, source, node, shape)
        wanted = self.place.dims(cell, write)
        if shown == wanted:
            return text, _CALL
        if shown is None:
            raise Undecided(f"`{source}` is not known to have the shape of its slice")
        sizes = self._sizes(shown, wanted)
        return f"{primary(text, node if text == source else _CALL)}.expand({sizes})", _CALL

    def _sliced(
        self,
        cell: Cell,
        write: SliceWrite,
        source: str,
        node: cst.BaseExpression | None,
        shape: Shape | None,
    ) -> tuple[str, list[Size] | None]:
        """The value cut to the cell along the axes that it has, and what is left of its shape."""
        assert write.selection is not None
        if shape is None or shape.rank is None or write.selection.shape.rank is None:
            if shape is None or shape != write.selection.shape:
                raise Undecided(f"`{source}` is not known to have the shape of its slice")
            return self._sliced_from_ends(cell, write, source, node), self.place.dims(cell, write)
        slots, slot = self.place.slots(write), write.selection.shape
        missing = len(slots) - shape.rank
        if missing < 0:
            raise Undecided(f"`{source}` has more dimensions than its slice")
        parts, dims = [], []
        for at, size in enumerate(shape.dims):
            axis = slots[at + missing]
            local = self.place.local(cell, write, axis) if axis is not None else None
            if local is None or size == ONE:
                parts.append(":")
                dims.append(size)
            elif size == slot.dims[at + missing]:
                parts.append(self.sizes.slice(local, size))
                dims.append(local.size)
            else:
                raise Undecided(f"`{source}` is not known to have the shape of its slice")
        return _subscripted(source, node, parts), dims

    def _sliced_from_ends(
        self, cell: Cell, write: SliceWrite, source: str, node: cst.BaseExpression | None
    ) -> str:
        """The same where the rank is unknown: all axes are named from one end."""
        axes = {
            axis: local
            for axis in self.place.named(cell, write)
            if (local := self.place.local(cell, write, axis)) is not None
        }
        points = [s.axis for s in selectors(write) if isinstance(s, Point)]
        if points or any(isinstance(s, NewAxis) for s in selectors(write)) or not axes:
            raise Undecided("the rank of the tensor is not known")
        low, high = min(axes), max(axes)
        span = range(0, high + 1) if low >= 0 else range(low, 0)
        parts = [
            self.sizes.slice(axes[axis], self.place.slot_size(write, axis)) if axis in axes else ":"
            for axis in span
        ]
        return _subscripted(source, node, parts if low >= 0 else ["...", *parts])

    def _expanded(
        self, write: SliceWrite, source: str, node: cst.BaseExpression | None, value: Tensor
    ) -> str:
        """A value that broadcasts into its slice, or may."""
        assert write.selection is not None
        slot, rank = write.selection.shape, value.rank
        if rank is not None and slot.rank is not None and rank > slot.rank:
            raise Undecided(f"`{source}` has more dimensions than its slice")
        head = primary(source, node)
        if slot.rank == 0:  # an element takes one element, of any rank
            return f"{head}.reshape(())"
        if not self.only_converted:
            if self.alive:
                return f"{head}.expand_as({self.code.source(write.target)})"
            like = self._sibling(write)
            if like is not None:
                return f"{head}.expand_as({like})"
        elif self.alive and not (value.exact and rank is not None and slot.rank is not None):
            return f"{head}.expand({self.code.source(write.target)}.shape)"
        if slot.rank is None or (self.only_converted and rank is None):
            raise Undecided(f"`{source}` is not known to have the shape of its slice")
        have = value.shape.dims if rank is not None and value.shape is not None else ()
        return f"{head}.expand({self._sizes(have, slot.dims)})"

    def _sizes(self, have: Sequence[Size], want: Sequence[Size]) -> str:
        """The arguments of ``expand``: -1 where nothing changes."""
        missing = len(want) - len(have)
        parts = []
        for at, size in enumerate(want):
            same = at >= missing and have[at - missing] == size
            parts.append("-1" if same else self.sizes.of(size))
        return ", ".join(parts)

    def _sibling(self, write: SliceWrite) -> str | None:
        """The source of another value that has exactly the shape of this write's slice."""
        for other in self.writes:
            value = other.stored
            cheap = not any(isinstance(node, cst.Call) for node in subtree(other.value))
            if cheap and isinstance(value, Tensor) and not other.augmented and value.exact:
                assert write.selection is not None
                if value.shape == write.selection.shape:
                    return self.names.get(id(other), self.code.source(other.value))
        return None

    def _augmented(
        self,
        cell: Cell,
        write: SliceWrite,
        source: str,
        node: cst.BaseExpression | None,
        value: Value,
    ) -> str:
        if write.operator == "?":
            raise Undecided("this augmented assignment has no plain form here")
        before = self.code.source(write.target)
        fits = True
        if isinstance(value, Tensor):
            both = dtypes.promote(self.base.dtype, value.dtype)
            fits = dtypes.joinable(both, self.base.dtype)
        elif write.operator.startswith("."):
            pass  # such a method keeps the dtype, or raises an exception in place
        elif not isinstance(value, Int | Number | Ratio):
            raise Undecided(f"`{source}` is not known to be a tensor or a number")
        if cell.part:
            before = self._old_part(cell, write)
            if isinstance(value, Tensor):
                shape = value.shape if value.exact else None
                if shape is None or shape.rank is None:
                    raise Undecided(f"`{source}` is not known to have the shape of its slice")
                source, _ = self._sliced(cell, write, source, node, shape)
                node = _CALL if source.endswith("]") else node
        if write.operator.startswith("."):
            return f"{before}{write.operator}({source})"
        operand = source if isinstance(write.value, cst.BaseNumber) else primary(source, node)
        text = f"{before} {write.operator} {operand}"
        if fits:
            return text
        if self.only_converted:
            raise Undecided(f"`{source}` may change the dtype of `{write.name}`")
        return f"({text}).to({write.name}.dtype)"

    def _old_part(self, cell: Cell, write: SliceWrite) -> str:
        """The old value of a cell, without the axes of integer indices."""
        if any(isinstance(s, Point | NewAxis) for s in selectors(write)) or self.ignore:
            raise Undecided("a later write replaces a part of what is added here")
        return self.old(cell.region)


_CALL = cst.Call(cst.Name("_"))  # stands for what binds as tightly as a call


def _subscripted(source: str, node: cst.BaseExpression | None, parts: list[str]) -> str:
    while parts and parts[-1] == ":" and parts[0] != "...":
        parts.pop()
    if not parts:
        return source
    return f"{primary(source, node)}[{', '.join(parts)}]"
