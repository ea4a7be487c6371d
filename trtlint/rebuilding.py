"""Source of the expression that replaces a region of writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.pieces import Joined, Piece, Untouched, Written
from trtlint.analysis.selectors import Point
from trtlint.analysis.sizes import ZERO, Size, minimum
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import subtree
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Tensor
from trtlint.analysis.writes import SliceWrite
from trtlint.codegen import Text, call, sequence

_AUGMENTED: Mapping[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
}


@dataclass
class Rebuilder:
    """Writes the expression for a decomposed region.

    Attributes:
        code: the function.
        writes: all writes of the region.
        base: the tensor before them, at the place of the first.
        ignore: axes that all writes index alike and that the result lacks.
        fill: the number that untouched parts hold, where the tensor's creation goes away; None
            where untouched parts are read from the old tensor.
        imports: what the expression needs, collected while writing it.
    """

    code: TracedCode
    writes: tuple[SliceWrite, ...]
    base: Tensor
    ignore: frozenset[int] = frozenset()
    fill: float | None = None
    imports: set[str] = field(default_factory=set)

    def torch(self, name: str) -> str:
        """How to spell a torch function here."""
        spelling, needed = self.code.spelling(name)
        self.imports.update(needed)
        return spelling

    def text(self, piece: Piece) -> Text:
        """The expression for a piece.

        Raises:
            Undecided: a value does not provably fit its place.
        """
        match piece:
            case Written(write=write):
                return self._unsqueezed(write, self.ignore)
            case Untouched(box=box):
                if self.fill is not None:
                    raise Undecided(
                        "a part that no write reaches has no neighbour to be padded from"
                    )
                return self._old(box)
            case Joined():
                return self._joined(piece)

    def value(self, write: SliceWrite) -> str:
        """The source of what is written, proven to have the shape and dtype of its slice.

        Raises:
            Undecided: the proof fails.
        """
        source, value = self.code.source(write.value), self.code.value(write.value)
        if write.augmented:
            return self._augmented(write, source)
        if not isinstance(value, Tensor):
            raise Undecided(f"`{source}` is a scalar, or not known to be a tensor")
        if not dtypes.joinable(value.dtype, self.base.dtype):
            raise Undecided(f"`{source}` is not known to have the dtype of `{write.name}`")
        slot = write.selection.shape if write.selection is not None else None
        if slot is None:
            raise Undecided("its index is not known well enough")
        if value.shape == slot:
            return source
        like = self._sibling(write)
        if like is None:
            raise Undecided(f"`{source}` is not known to have the shape of its slice")
        return f"{primary(source, write.value)}.expand_as({like})"

    def _sibling(self, write: SliceWrite) -> str | None:
        """The source of another value that has exactly the shape of this write's slice."""
        for other in self.writes:
            value = self.code.value(other.value)
            same = other.selection is not None and write.selection is not None
            cheap = not any(isinstance(node, cst.Call) for node in subtree(other.value))
            if same and cheap and isinstance(value, Tensor) and not other.augmented and value.exact:
                assert write.selection is not None
                if value.shape == write.selection.shape:
                    return self.code.source(other.value)
        return None

    def _augmented(self, write: SliceWrite, source: str) -> str:
        statement = write.line.body[0]
        assert isinstance(statement, cst.AugAssign)
        operator = _AUGMENTED.get(type(statement.operator))
        if operator is None:
            raise Undecided("this augmented assignment has no plain form here")
        value = self.code.value(write.value)
        if isinstance(value, Tensor):
            both = dtypes.promote(self.base.dtype, value.dtype)
            fits = dtypes.joinable(both, self.base.dtype)
        else:
            fits = bool(self.base.dtype and self.base.dtype.floating) and isinstance(value, Int)
            fits = fits or (
                type(value).__name__ in ("Number", "Ratio")
                and bool(self.base.dtype and self.base.dtype.floating)
            )
        if not fits:
            raise Undecided(f"`{source}` may change the dtype of `{write.name}`")
        operand = primary(source, write.value)
        if isinstance(write.value, cst.BaseNumber):
            operand = source
        return f"{self.code.source(write.target)} {operator} {operand}"

    def _unsqueezed(self, write: SliceWrite, keep_out: frozenset[int]) -> str:
        """The value with the axes put back that integer indices took away."""
        source = self.value(write)
        assert write.selection is not None
        axes = [s.axis for s in write.selection.selectors if isinstance(s, Point)]
        axes = [axis for axis in axes if axis not in keep_out]
        if not axes:
            return source
        source = primary(source, write.value if not write.augmented else None)
        ordered = sorted(axes) if min(axes) >= 0 else sorted(axes, reverse=True)
        for axis in ordered:
            shift = sum(1 for out in self.ignore if 0 <= out < axis)
            source += f".unsqueeze({axis - shift})"
        return source

    def _axis(self, axis: int) -> int:
        """The axis in a result that lacks the ignored ones; the last one is -1."""
        if axis > 1 and self.base.rank == axis + 1:
            return -1
        return axis - sum(1 for out in self.ignore if 0 <= out < axis)

    def _joined(self, piece: Joined) -> Text:
        parts = list(zip(piece.parts, piece.sizes, strict=True))
        if all(isinstance(part, Written) and self._is_point(part, piece.axis) for part, _ in parts):
            keep_out = self.ignore | {piece.axis}
            values = [
                self._unsqueezed(p.write, keep_out) for p, _ in parts if isinstance(p, Written)
            ]
            head = self.torch("torch.stack")
            return call(head, sequence(values), f"dim={self._axis(piece.axis)}")
        if self.fill is None:
            values_or_old = [self.text(part) for part, _ in parts]
            return call(
                self.torch("torch.cat"), sequence(values_or_old), f"dim={self._axis(piece.axis)}"
            )
        return self._padded(piece)

    def _is_point(self, part: Written, axis: int) -> bool:
        selector = part.write.selection.on(axis) if part.write.selection is not None else None
        points = (
            [s for s in part.write.selection.selectors if isinstance(s, Point)]
            if (part.write.selection is not None)
            else []
        )
        alone = all(p.axis == axis or p.axis in self.ignore for p in points)
        return isinstance(selector, Point) and alone

    def _padded(self, piece: Joined) -> Text:
        """Parts in one row; a gap is padding of the part before it, or of the first one."""
        result: list[tuple[Text, list[Size], list[Size]]] = []
        lead: list[Size] = []
        for part, size in zip(piece.parts, piece.sizes, strict=True):
            if isinstance(part, Untouched):
                (result[-1][2] if result else lead).append(size)
            else:
                result.append((self.text(part), lead, []))
                lead = []
        if not result:
            raise Undecided("no write reaches this part")
        texts: list[Text] = []
        for text, before, after in result:
            if not before and not after:
                texts.append(text)
                continue
            amounts = [self.length(before, piece), self.length(after, piece)]
            texts.append(self._pad(text, piece.axis, amounts))
        if len(texts) == 1:
            return texts[0]
        return call(self.torch("torch.cat"), sequence(texts), f"dim={self._axis(piece.axis)}")

    def _pad(self, text: Text, axis: int, amounts: list[str]) -> Text:
        rank = self.base.rank
        if axis >= 0 and rank is None:
            raise Undecided("the rank of the tensor is not known")
        behind = range(axis + 1, rank or 0)
        later = -axis - 1 if axis < 0 else sum(1 for other in behind if other not in self.ignore)
        spec = ", ".join(["0"] * (2 * later) + amounts)
        extra = [] if self.fill == 0 else [f"value={self.fill!r}"]
        return call(self.torch("torch.nn.functional.pad"), text, f"({spec})", *extra)

    def length(self, sizes: list[Size], piece: Joined) -> str:
        """The source of a number of elements to pad with."""
        total = ZERO
        for size in sizes:
            total = total + size
        return self.size(total, piece)

    def size(self, size: Size, piece: Joined) -> str:
        """The source of a size: a number, a local variable, or a bound of the writes."""
        if size.constant is not None:
            return str(size.constant)
        names = {
            value.size: name
            for name, value in sorted(self.code.before(self.writes[0].line).items())
            if isinstance(value, Int) and value.size.constant is None
        }
        if size in names:
            return names[size]
        whole = self.base.shape.dim(piece.axis) if self.base.shape is not None else None
        for write in self.writes:
            for raw, text in _raw_bounds(self.code, write):
                if raw == size:
                    return text
                if whole is not None and minimum(raw, whole) == size and whole in names:
                    return f"min({text}, {names[whole]})"
        raise Undecided(f"the number of elements {size} has no name here")

    def _old(self, box: Mapping[int, tuple[Size, Size]]) -> str:
        """``name[...]`` for a box of the old tensor."""
        bounds: dict[Size, str] = {}
        for write in self.writes:
            bounds.update({k: v for k, v in write.bounds(self.code).items() if k not in bounds})
        name = str(self.writes[0].name)
        axes = sorted(box)
        if any(axis in self.ignore for axis in axes) or self.ignore:
            raise Undecided("a part of each step keeps its old values")
        parts: list[str] = []
        first = 0 if not axes or axes[0] >= 0 else axes[0]
        for axis in range(first, (axes[-1] if axes else -1) + 1):
            if axis not in box:
                parts.append(":")
                continue
            start, stop = box[axis]
            whole = self.base.shape.dim(axis) if self.base.shape is not None else None
            low = "" if start == ZERO else self._bound(start, bounds)
            high = "" if stop == whole else self._bound(stop, bounds)
            parts.append(f"{low}:{high}")
        rank = self.base.rank
        skipped = next((i for i, part in enumerate(parts) if part != ":"), 0)
        if first < 0:
            parts.insert(0, "...")
        elif skipped > 2 and len(parts) == rank:
            parts = ["...", *parts[skipped:]]
        return f"{name}[{', '.join(parts)}]" if parts else name

    def _bound(self, size: Size, bounds: Mapping[Size, str]) -> str:
        if size in bounds:
            return bounds[size]
        if size.constant is not None:
            return str(size.constant)
        raise Undecided(f"the bound {size} has no name here")


def _raw_bounds(code: TracedCode, write: SliceWrite) -> list[tuple[Size, str]]:
    """The sizes that stand in the index as written, with their source."""
    found: list[tuple[Size, str]] = []
    for part in write.target.slice:
        nodes: list[cst.BaseExpression | None] = []
        if isinstance(part.slice, cst.Slice):
            nodes = [part.slice.lower, part.slice.upper]
        for node in nodes:
            value = code.value(node) if node is not None else None
            if node is not None and isinstance(value, Int):
                found.append((value.size, code.source(node)))
    return found


def primary(source: str, node: cst.BaseExpression | None) -> str:
    """``source`` so that a method call can follow it."""
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
    return source if simple or (node is not None and node.lpar) else f"({source})"
