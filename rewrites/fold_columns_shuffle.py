"""fold-columns: patches that do not overlap, by a shuffle."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    Undecided,
    ints_of,
)
from trtlint.rules.fold_columns import FoldColumns


class FoldColumnsToShuffle(Rewrite[OperatorMatch]):
    """Write ``F.pixel_shuffle`` where kernel and stride are equal, so that nothing overlaps.

    Why safe: both put element ``(c, i, j)`` of a patch at row ``i`` and column ``j`` of it; each
    place of the image gets one element.
    """

    rule = FoldColumns
    title = "shuffle the patches into place"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For square patches of known size, without padding and dilation."""
        new = Composer.of(
            code, found.use,
            "input", "output_size", "kernel_size", "dilation", "padding", "stride",
        )  # fmt: skip
        kernel, stride = _pair(new, "kernel_size"), _pair(new, "stride", (1, 1))
        if kernel != stride:
            return Decline("the patches overlap, or have gaps between them")
        if _pair(new, "padding", (0, 0)) != (0, 0) or _pair(new, "dilation", (1, 1)) != (1, 1):
            return Decline("the patches are padded or dilated")
        if kernel[0] != kernel[1] or kernel[0] < 2:
            return Decline("the patches are not square")
        size = _pair(new, "output_size")
        rows, columns = size[0] // kernel[0], size[1] // kernel[1]
        if size[0] % kernel[0] or size[1] % kernel[1]:
            return Decline("the image is no multiple of the patches, and keeps zeros at its edge")
        if rows * columns == 1 and new.shared:
            return Decline("of one patch, the result would be a view of the columns")
        shuffle = new.torch("torch.nn.functional.pixel_shuffle")
        patches = f"{new.once('input')}.unflatten(-1, ({rows}, {columns}))"
        return new.change(f"{shuffle}({patches}, {kernel[0]})")


def _pair(new: Composer, name: str, default: tuple[int, int] | None = None) -> tuple[int, int]:
    """An argument of one number or two.

    Raises:
        Undecided: it is not known.
    """
    if name not in new.operands and default is not None:
        return default
    known = ints_of(new.value(name))
    if known is None or len(known) not in (1, 2):
        raise Undecided(f"`{new.source(name)}` is not known")
    return known[0], known[-1]
