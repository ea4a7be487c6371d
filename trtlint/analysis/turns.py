"""Whether values that take turns along an axis are of one size."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.cells import Cell, Joined, Woven
from trtlint.analysis.placement import Placement
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.values import Tensor


def meets(code: TracedCode, place: Placement, piece: Woven) -> bool:
    """Whether two parts that take turns are of one size, as what they are computed from shows.

    Where each value is an elementwise expression of a tensor of the one size and a tensor of the
    other, sizes that differ either do not broadcast, or make values that do not fit their slices.
    """
    spans = [part.region[piece.axis] for part in piece.parts if not isinstance(part, Joined)]
    sizes = {span.size for span in spans}
    for part in piece.parts:
        write = part.write if isinstance(part, Cell) and not part.part else None
        if write is None or write.augmented or len(spans) != 2:
            return False
        slots = place.slots(write)
        if piece.axis >= 0 and not slots:
            return False
        slot = write.selection.shape if write.selection is not None else None
        from_end = piece.axis if piece.axis < 0 else slots.index(piece.axis) - len(slots)
        found = set()
        for leaf in _operands(write.value):
            tensor = code.value(leaf)
            if isinstance(tensor, Tensor) and tensor.shape is not None and tensor.exact:
                found.add(tensor.shape.dim(from_end))
        shape = write.stored.shape if isinstance(write.stored, Tensor) else None
        size = slot.dim(from_end) if slot is not None else None
        if not sizes <= found or shape is None or size is None:
            return False
        if shape.with_dim(from_end, size) != slot:
            return False
    return True


def _operands(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What an arithmetic expression is computed from."""
    match node:
        case cst.BinaryOperation(left=left, right=right, operator=operator):
            if isinstance(operator, cst.MatrixMultiply):
                return []
            return [*_operands(left), *_operands(right)]
        case cst.UnaryOperation(expression=inner):
            return _operands(inner)
        case _:
            return [node]
