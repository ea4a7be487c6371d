"""slice-assign: strided writes that interleave, as transposed convolutions."""

from __future__ import annotations

from trtlint.api import (
    Cell,
    Change,
    Decline,
    Rewrite,
    Safety,
    SizeTexts,
    SliceWrite,
    SumText,
    Swap,
    TracedCode,
    Undecided,
    Values,
    Woven,
    call,
    decompose,
    layout,
    region_to_rebuild,
    removable,
    size_sources,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToConvTranspose(Rewrite[SliceAssignment]):
    """Spread each value with a transposed convolution by 1, pad it into place, and add them up.

    For torch2trt, which converts neither ``pixel_shuffle`` nor item assignment. Channels are folded
    into the batch, so that one 1x1 kernel of ones serves any number of them and the checkpoint
    gains no weights.

    Why safe: each element of the sum is one value times 1 plus zeros. (A negative zero becomes a
    positive one, which compares equal.)
    """

    rule = SliceAssign
    title = "interleave with conv_transpose2d and pad"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch2trt", "torch-tensorrt"})
    order = 20

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For writes like ``h[:, :, 0::2, 1::2] = x`` that cover a four-dimensional ``h``."""
        region = region_to_rebuild(code, found.write)
        if region.base.rank != 4 or region.base.shape is None:
            return Decline("conv_transpose2d spreads the last two of four dimensions", beside=True)
        try:
            turns = _turns(decompose(region.base.shape, region.writes))
        except Undecided as error:
            return Decline(str(error), beside=True)
        if turns is None or not removable(code, region):
            return Decline("the writes do not take turns in rows and columns", beside=True)
        if region.base.dtype is None or not region.base.dtype.floating:
            return Decline("convolutions take floating-point tensors only")
        sizes = size_sources(code, region)
        if sizes is None:
            return Decline("the sizes of the tensor have no names here")
        values = Values(
            code,
            region.writes,
            region.base,
            SizeTexts(code, region.last, region.writes, region.name),
            alive=False,
            only_converted=True,
        )
        down, right = len(turns), len(turns[0])
        names = [
            code.fresh_name(f"{region.name}_{i}{j}") for i in range(down) for j in range(right)
        ]
        named = {
            id(cell.write): (name, values.text(cell))
            for name, cell in zip(names, (cell for row in turns for cell in row), strict=True)
        }
        indent = code.code.span(region.last).column - 1
        lines = {key: layout(name, value, indent) for key, (name, value) in named.items()}
        ones = code.fresh_name("ones")
        spread, needed = code.spelling("torch.nn.functional.conv_transpose2d")
        pad, _ = code.spelling("torch.nn.functional.pad")
        stride = str(down) if down == right else f"({down}, {right})"
        parts = []
        for k, name in enumerate(names):
            i, j = divmod(k, right)
            folded = f"{name}.reshape(-1, 1, *{name}.shape[2:])"
            amounts = f"({j}, {right - 1 - j}, {i}, {down - 1 - i})"
            parts.append(call(pad, call(spread, folded, ones, f"stride={stride}"), amounts))
        whole = SumText(tuple(parts), f".reshape({', '.join(sizes)})")
        swaps = [Swap(code.code, w.line, lines[id(w)]) for w in region.writes[:-1]]
        if region.creation is not None:
            swaps.insert(0, Swap(code.code, region.creation, ""))
        last = [
            lines[id(region.writes[-1])],
            f"{ones} = {names[0]}.new_ones(1, 1, 1, 1)",
            layout(region.name, whole, indent),
        ]
        swaps.append(Swap(code.code, region.last, "\n".join(last)))
        return Change(tuple(swaps), imports=needed)


def _turns(piece: object) -> list[list[Cell]] | None:
    """The values by row and column, if the last two of four dimensions take turns."""
    rows: list[list[Cell]] = []
    if not isinstance(piece, Woven) or piece.axis != 2:
        return None
    for row in piece.parts:
        if not isinstance(row, Woven) or row.axis != 3:
            return None
        cells = [cell for cell in row.parts if isinstance(cell, Cell) and _whole(cell.write)]
        if any(cell.part for cell in cells) or len(cells) != len(row.parts):
            return None
        rows.append(cells)
    same = len({len(row) for row in rows}) == 1
    return rows if same else None


def _whole(write: SliceWrite | None) -> bool:
    return write is not None and not write.augmented
