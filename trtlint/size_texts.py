"""How to spell a size, or a slice of an axis, with the names that a function has at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from trtlint.analysis.cells import Span
from trtlint.analysis.sizes import (
    ZERO,
    Atom,
    ClampAtom,
    DimAtom,
    FloorDivAtom,
    Size,
    atom,
    const,
    minimum,
)
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Tensor
from trtlint.analysis.writes import SliceWrite


@dataclass
class SizeTexts:
    """Sources of sizes at one place of a function.

    Attributes:
        code: the function.
        place: the statement that the source goes into.
        writes: whose bounds may be used again.
        gone: a variable that no longer holds a tensor there.
        changed: variables that may hold something else there than before the statement.
    """

    code: TracedCode
    place: cst.CSTNode
    writes: Sequence[SliceWrite]
    gone: str = ""
    changed: frozenset[str] = frozenset()

    @cached_property
    def names(self) -> Mapping[Size, str]:
        """Local integers by what they are."""
        found: dict[Size, str] = {}
        for name, value in sorted(self.code.before(self.place).items()):
            if name in self.changed or not isinstance(value, Int):
                continue
            if value.size.constant is None:
                found.setdefault(value.size, name)
        return found

    @cached_property
    def bounds(self) -> Mapping[tuple[Size, Size], str]:
        """Indices that stand in the writes, by their axis' size and what they mean."""
        found: dict[tuple[Size, Size], str] = {}
        for write in self.writes:
            for meaning, text in write.bounds(self.code).items():
                found.setdefault(meaning, text)
        return found

    @cached_property
    def runs(self) -> Mapping[tuple[Size, Span], str]:
        """Slices that stand in the writes, by their axis' size and what they mean."""
        found: dict[tuple[Size, Span], str] = {}
        for write in self.writes:
            for whole, run, text in write.runs(self.code):
                found.setdefault((whole, Span(run.start, run.start + run.size)), text)
        return found

    def of(self, size: Size, whole: Size | None = None) -> str:
        """The source of a size: a number, a variable, a bound of the writes, or computed from them.

        Args:
            size: what is meant.
            whole: the size of the axis that it is a part of.

        Raises:
            Undecided: it has no name here.
        """
        if size.constant is not None:
            return str(size.constant)
        if size in self.names:
            return self.names[size]
        for write in self.writes:
            for raw, text in _raw_bounds(self.code, write):
                if raw == size:
                    return text
                if whole is not None and minimum(raw, whole) == size and whole in self.names:
                    return f"min({text}, {self.names[whole]})"
        return self._sum(size)

    def slice(self, span: Span, whole: Size) -> str:
        """``start:stop:step`` along an axis of size ``whole``."""
        if (whole, span) in self.runs:
            return self.runs[whole, span]
        low = "" if span.start == ZERO else self._bound(span.start, whole)
        high = "" if span.stop == whole else self._bound(span.stop, whole)
        return f"{low}:{high}" + (f":{span.step}" if span.step != 1 else "")

    def _bound(self, size: Size, whole: Size) -> str:
        if (whole, size) in self.bounds:
            return self.bounds[whole, size]
        if size.constant is not None:
            return str(size.constant)
        behind = (size - whole).constant
        return str(behind) if behind is not None and behind < 0 else self.of(size)

    def _sum(self, size: Size) -> str:
        """A sum of products of what has a name; with ``max(0, x)`` in it, an extreme of two."""
        for mono, coef in size.terms:
            if len(mono) == 1 and isinstance(mono[0], ClampAtom) and abs(coef) == 1:
                rest = size - Size.build({mono: coef})
                other = rest + mono[0].inner * const(coef)
                pair = sorted((one.constant is not None, self.of(one)) for one in (rest, other))
                return f"{'max' if coef > 0 else 'min'}({pair[0][1]}, {pair[1][1]})"
        terms = sorted(size.terms, key=lambda term: (term[1] < 0, not term[0]))
        text = ""
        for mono, coef in terms:
            factors = [self._atom(one) for one in mono]
            if abs(coef) != 1 or not factors:
                factors.insert(0, str(abs(coef)))
            product = " * ".join(factors)
            if not text:
                text = product if coef > 0 else f"-{product}"
            else:
                text += f" {'+' if coef > 0 else '-'} {product}"
        return text

    def _atom(self, one: Atom) -> str:
        if atom(one) in self.names:
            return self.names[atom(one)]
        match one:
            case FloorDivAtom(num=num, den=den):
                top, bottom = self.of(num), self.of(den)
                top = top if top.isidentifier() else f"({top})"
                return f"({top} // {bottom if bottom.isalnum() else f'({bottom})'})"
            case ClampAtom(inner=inner):
                return f"max({self.of(inner)}, 0)"
            case DimAtom(axis=axis):
                return self._dimension(atom(one), axis)
        return self._dimension(atom(one))

    def _dimension(self, size: Size, *also: int) -> str:
        """``x.shape[1]`` of a variable that has that size along an axis that is known, or these."""
        tensors = [
            (name, value.shape)
            for name, value in sorted(self.code.before(self.place).items())
            if name != self.gone
            and name not in self.changed
            and isinstance(value, Tensor)
            and value.exact
            and value.shape is not None
        ]
        for known in (True, False):
            for name, shape in tensors:
                axes = (*range(len(shape.dims)), *range(-len(shape.last), 0))
                for axis in axes if known else also:
                    if shape.dim(axis) == size:
                        return f"{name}.shape[{axis}]"
        raise Undecided(f"the size {size} has no name here")


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
