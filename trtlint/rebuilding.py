"""Source of the expression that replaces a region of writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.cells import Cell, Joined, Piece, Region, Span, Woven, cells_of
from trtlint.analysis.selectors import Point
from trtlint.analysis.turns import meets
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Tensor
from trtlint.blanks import Blank
from trtlint.codegen import CallText, Text, call, primary, sequence, tailed
from trtlint.written_values import Values


@dataclass(frozen=True)
class _Padded:
    """``F.pad(inner, ...)`` that more padding can be added to."""

    inner: Text
    amounts: tuple[tuple[str, str], ...]  # by axis, the last one first
    blank: Blank


_Part = Text | Blank | _Padded


@dataclass
class Rebuilder:
    """Writes the expression for a tensor that was taken apart into cells.

    Attributes:
        values: what is written, and how sizes are spelled.
        fill: the number that untouched cells hold, where the tensor's creation goes away; None
            where untouched cells are read from the old tensor.
        imports: what the expression needs, collected while writing it.
    """

    values: Values
    fill: float | None = None
    imports: set[str] = field(default_factory=set)

    def torch(self, name: str) -> str:
        """How to spell a torch function here."""
        spelling, needed = self.values.code.spelling(name)
        self.imports.update(needed)
        return spelling

    def text(self, piece: Piece) -> Text:
        """The expression for a piece.

        Raises:
            Undecided: a value does not provably fit its place.
        """
        part = self._part(piece)
        if isinstance(part, Blank):
            return self._filled(part, _region(piece))
        return self._written(part)

    def _part(self, piece: Piece) -> _Part:
        match piece:
            case Cell(write=None):
                if self.fill is not None:
                    finite = math.isfinite(self.fill)
                    return Blank(repr(self.fill) if finite else f'float("{self.fill}")', self.fill)
                if not self.values.alive:
                    raise Undecided("a part that no write reaches holds what the memory held")
                return self.values.old(piece.region)
            case Cell(write=write):
                assert write is not None
                return self.values.blank(write) or self.values.text(piece)
            case Joined():
                return self._joined(piece)
            case Woven():
                return self._woven(piece)

    def _written(self, part: _Part) -> Text:
        if not isinstance(part, _Padded):
            assert not isinstance(part, Blank)
            return part
        spec = ", ".join(amount for pair in part.amounts for amount in pair)
        extra = [] if part.blank.zero else [f"value={part.blank.source}"]
        return call(self.torch("torch.nn.functional.pad"), part.inner, f"({spec})", *extra)

    def _filled(self, blank: Blank, region: Region) -> Text:
        """A tensor of one number, like that part of the old one."""
        if self.values.alive:
            return self._like(blank, self.values.old(region).removesuffix(".clone()"))
        twin = None if self.values.only_converted else self._twin()
        if twin is None:
            raise Undecided("a part that no write reaches has no neighbour to be padded from")
        return self._like(blank, self.values.old(region, twin))

    def _twin(self) -> str | None:
        """A variable that holds a tensor of the same shape, dtype and device as the old one."""
        base, sizes = self.values.base, self.values.sizes
        for name, value in sorted(self.values.code.before(sizes.place).items()):
            if name == sizes.gone or name in sizes.changed or not isinstance(value, Tensor):
                continue
            alike = value.exact and value.shape == base.shape and value.device == base.device
            if alike and value.device is not None and dtypes.same(value.dtype, base.dtype):
                return name
        return None

    def _like(self, blank: Blank, like: str) -> Text:
        # torch2trt drops leading ones from the shape of a constant, but not if it is cloned.
        tail = ".clone()" if self.values.only_converted else ""
        if blank.zero or blank.number == 1:
            name = f"torch.{'zeros' if blank.zero else 'ones'}_like"
            return call(self.torch(name), like, tail=tail)
        return call(self.torch("torch.full_like"), like, blank.source, tail=tail)

    def _axis(self, axis: int) -> int:
        """The axis in a result that lacks the ignored ones; the last one is -1."""
        if axis > 1 and self.values.base.rank == axis + 1:
            return -1
        return self._place(axis)

    def _place(self, axis: int) -> int:
        return axis - sum(1 for out in self.values.ignore if 0 <= out < axis)

    # -- parts behind one another -----------------------------------------------------------

    def _joined(self, piece: Joined) -> _Part:
        dim = f"dim={self._axis(piece.axis)}"
        if all(isinstance(part, Cell) and self._is_point(part, piece.axis) for part in piece.parts):
            keep_out = frozenset({piece.axis})
            texts = [self.values.text(p, keep_out) for p in piece.parts if isinstance(p, Cell)]
            return call(self.torch("torch.stack"), sequence(texts), dim)
        parts = [self._part(part) for part in piece.parts]
        row = self._padded(piece, parts)
        if len(row) == 1:
            return row[0]
        return call(self.torch("torch.cat"), sequence([self._written(p) for p in row]), dim)

    def _is_point(self, cell: Cell, axis: int) -> bool:
        """Whether a cell is a tensor that an integer index along the axis put in, and only that."""
        selection = cell.write.selection if cell.write is not None else None
        if cell.write is None or selection is None or self.values.blank(cell.write) is not None:
            return False
        points = [s.axis for s in selection.selectors if isinstance(s, Point)]
        return axis in points and all(p == axis or p in self.values.ignore for p in points)

    def _padded(self, piece: Joined, parts: Sequence[_Part]) -> list[_Part]:
        """The parts in one row; a blank is padding of the part before it, or of the first one.

        Where its length has no name, or padding cannot hold its number, it is a part of its own.
        """
        row: list[_Part] = []
        lead: list[tuple[Blank, Span, Region]] = []
        for part, span, region in _with_long_blanks(piece, parts):
            if isinstance(part, Blank) and not row:
                lead.append((part, span, region))
            elif isinstance(part, Blank):
                behind = self._pad(row[-1], part, piece.axis, span, before=False)
                row[-1:] = [behind] if behind else [row[-1], self._filled(part, region)]
            else:
                padded: _Part = part
                while lead:
                    wider = self._pad(padded, lead[-1][0], piece.axis, lead[-1][1], before=True)
                    if wider is None:
                        break
                    padded = wider
                    lead.pop()
                row += [*(self._filled(blank, where) for blank, _, where in lead), padded]
                lead = []
        if len(lead) == 1 and not row:
            return [lead[0][0]]
        return [*row, *(self._filled(blank, where) for blank, _, where in lead)]

    def _pad(
        self, part: _Part, blank: Blank, axis: int, span: Span, *, before: bool
    ) -> _Padded | None:
        """``part`` with padding along an axis; None if that cannot be written."""
        values = self.values
        rank, dtype = values.base.rank, values.base.dtype
        if values.only_converted or (blank.negative and not (dtype and dtype.floating)):
            return None
        if axis >= 0 and rank is None:
            return None
        later = (
            -axis - 1
            if axis < 0
            else sum(1 for other in range(axis + 1, rank or 0) if other not in values.ignore)
        )
        try:
            width = values.sizes.of(
                span.size, values.base.shape.dim(axis) if values.base.shape else None
            )
        except Undecided:
            if values.alive:
                return None
            raise
        inner, amounts = part, [("0", "0")] * (later + 1)
        if isinstance(part, _Padded) and _same(part.blank, blank):
            known = list(part.amounts) + [("0", "0")] * (later + 1 - len(part.amounts))
            if known[later][0 if before else 1] == "0":
                inner, amounts = part.inner, known
        amounts[later] = (width, amounts[later][1]) if before else (amounts[later][0], width)
        return _Padded(self._written(inner), tuple(amounts), blank)

    # -- parts that take turns --------------------------------------------------------------

    def _woven(self, piece: Woven) -> _Part:
        even = piece.even or meets(self.values.code, self.values.place, piece)
        if even and not piece.even:
            self.values.fitting |= {id(cell.write) for cell in cells_of(piece)}
        parts = [self._part(part) for part in piece.parts]
        if all(isinstance(part, Blank) for part in parts) and len(set(map(_key, parts))) == 1:
            return parts[0]
        if not even:
            return self._uneven(piece, parts)
        shuffled = self._shuffled(piece)
        if shuffled is not None:
            return shuffled
        axis = self._place(piece.axis)
        inner = axis + 1 if axis >= 0 else axis
        flat = "-2" if axis == -1 else f"{axis}, {axis + 1}" if axis >= 0 else f"{axis - 1}, {axis}"
        ends = self._padded_turns(parts, inner)
        if ends is not None:
            return tailed(ends, f".flatten({flat})")
        texts = [
            self._blank_turn(part, own, parts) if isinstance(part, Blank) else self._written(part)
            for part, own in zip(parts, piece.parts, strict=True)
        ]
        stacked = call(self.torch("torch.stack"), sequence(texts), f"dim={inner}")
        return tailed(stacked, f".flatten({flat})")

    def _uneven(self, piece: Woven, parts: Sequence[_Part]) -> Text:
        """Two parts of which the first may be longer by one: the other is made as long, and cut.

        An odd number of turns ends with the first part.
        """
        values, axis = self.values, self._place(piece.axis)
        if axis >= 0 and (values.only_converted or values.base.rank is None):
            raise Undecided(f"dimension {piece.axis} is not known to be a multiple of 2")
        count = self._count(piece)
        first, second = (
            self._blank_turn(part, own, parts) if isinstance(part, Blank) else self._written(part)
            for part, own in zip(parts, piece.parts, strict=True)
        )
        if values.only_converted:
            return self._uneven_slices(axis, count, first, second)
        rank = (values.base.rank or 0) - len(values.ignore)
        later = -axis - 1 if axis < 0 else rank - axis - 1
        roomy = any(sign in count for sign in " ,:")
        odd = f"({count}) % 2" if roomy else f"{count} % 2"
        amounts = ", ".join([*["0, 0"] * later, f"0, {odd}"])
        longer = call(self.torch("torch.nn.functional.pad"), second, f"({amounts})")
        inner = axis + 1 if axis >= 0 else axis
        flat = "-2" if axis == -1 else f"{axis}, {axis + 1}" if axis >= 0 else f"{axis - 1}, {axis}"
        stacked = call(self.torch("torch.stack"), sequence([first, longer]), f"dim={inner}")
        behind = [":"] * later
        front = ["..."] if axis < 0 or axis > 2 else [":"] * axis
        cut = ", ".join([*front, f":{count}", *(behind if front == ["..."] else [])])
        return tailed(stacked, f".flatten({flat})[{cut}]")

    def _uneven_slices(self, axis: int, count: str, first: Text, second: Text) -> Text:
        """The same of slices alone: what the first part has more is put behind."""
        if "(" in f"{first}{count}":
            raise Undecided("a part that is needed twice would be computed twice")
        part, behind = str(first), ", :" * (-axis - 1)
        part = primary(part, cst.parse_expression(part))
        head = f"{part}[..., :{count} // 2{behind}]"
        rest = f"{part}[..., {count} // 2:{behind}]"
        stacked = call(self.torch("torch.stack"), sequence([head, second]), f"dim={axis}")
        flat = "-2" if axis == -1 else f"{axis - 1}, {axis}"
        pair = sequence([tailed(stacked, f".flatten({flat})"), rest])
        return call(self.torch("torch.cat"), pair, f"dim={axis}")

    def _count(self, piece: Woven) -> str:
        """The source of how many turns there are."""
        values, axis = self.values, piece.axis
        whole = values.place.whole(axis)
        size = piece.region[axis].size if axis in piece.region else whole
        try:
            return values.sizes.of(size, whole)
        except Undecided:
            if not values.alive or size != whole:
                raise
        return f"{values.writes[0].name}.shape[{axis}]"

    def _padded_turns(self, parts: Sequence[_Part], axis: int) -> Text | None:
        """Turns that end with one number, padded along the axis that they are stacked along."""
        values = self.values
        kept = [part for part in parts if not isinstance(part, Blank)]
        blanks = [part for part in parts if isinstance(part, Blank)]
        if values.alive or not blanks or axis < 0 or values.base.rank is None:
            return None
        ends_blank = all(isinstance(part, Blank) for part in parts[len(kept) :])
        if values.only_converted or not ends_blank or len(set(map(_key, blanks))) > 1:
            return None
        texts = [self._written(part) for part in kept]
        if len(texts) > 1:
            inner: Text = call(self.torch("torch.stack"), sequence(texts), f"dim={axis}")
        else:
            text = texts[0]
            if isinstance(text, str):
                text = primary(text, cst.parse_expression(text))
            inner = tailed(text, f".unsqueeze({axis})")
        later = values.base.rank - len(values.ignore) - axis
        amounts = (*[("0", "0")] * later, ("0", str(len(blanks))))
        return self._written(_Padded(inner, amounts, blanks[0]))

    def _blank_turn(self, blank: Blank, own: Piece, parts: Sequence[_Part]) -> Text:
        """A blank among parts that take turns: like the old tensor there, or like another part."""
        if self.values.alive:
            return self._filled(blank, _region(own))
        for other in parts:
            if isinstance(other, str) and other.isidentifier():
                return self._like(blank, other)
        raise Undecided("a part that no write reaches has no neighbour to be padded from")

    def _shuffled(self, piece: Woven) -> CallText | None:
        """Square turns along the last two of four dimensions, as ``pixel_shuffle``."""
        values, period = self.values, len(piece.parts)
        if values.base.rank != 4 or piece.axis != 2 or values.ignore or values.only_converted:
            return None
        texts: list[Text] = []
        for row in piece.parts:
            if not isinstance(row, Woven) or row.axis != 3 or len(row.parts) != period:
                return None
            for part in row.parts:
                text = self._part(part)
                if isinstance(text, Blank):
                    return None
                texts.append(self._written(text))
        stacked = call(self.torch("torch.stack"), sequence(texts), "dim=2", tail=".flatten(1, 2)")
        return call(self.torch("torch.nn.functional.pixel_shuffle"), stacked, str(period))


def _region(piece: Piece) -> Region:
    if isinstance(piece, Joined):
        first, last = piece.spans[0], piece.spans[-1]
        return {**_region(piece.parts[0]), piece.axis: Span(first.start, last.stop, first.step)}
    return piece.region


def _same(one: Blank, other: Blank) -> bool:
    return _key(one) == _key(other)


def _key(part: _Part) -> object:
    assert isinstance(part, Blank)
    return part.source if part.number is None else (part.number, part.zero)


def _with_long_blanks(piece: Joined, parts: Sequence[_Part]) -> list[tuple[_Part, Span, Region]]:
    """The parts with where they lie; neighbours that hold the same number are one."""
    found: list[tuple[_Part, Span, Region]] = []
    for part, own, span in zip(parts, piece.parts, piece.spans, strict=True):
        region = _region(own)
        if found and isinstance(part, Blank):
            before, start, where = found[-1]
            others = {a: s for a, s in where.items() if a != piece.axis}
            same = others == {a: s for a, s in region.items() if a != piece.axis}
            if isinstance(before, Blank) and _same(before, part) and same:
                wide = Span(start.start, span.stop, span.step)
                found[-1] = (before, wide, {**others, piece.axis: wide})
                continue
        found.append((part, span, region))
    return found
