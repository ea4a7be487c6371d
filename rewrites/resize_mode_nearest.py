"""resize-mode: nearest neighbours by their indices."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    ints_of,
    is_none,
    size_along,
)
from trtlint.rules.resize_mode import ResizeMode

_LONGEST = 64  # more indices than that are no longer readable


class ResizeModeToIndices(Rewrite[OperatorMatch]):
    """Pick the nearest neighbours by index, or with ``mode="nearest"`` where a size is multiplied
    by a power of two.

    Why safe: the same elements are picked. Sizes for which the middle of a new pixel lies on the
    border between two old ones are declined: rounding decides there.
    """

    rule = ResizeMode
    title = "pick the same neighbours"
    safety = Safety.SAFE
    routes = frozenset({"onnx"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``nearest-exact`` of known sizes."""
        if found.kind != "exact" or found.use.form != "function":
            return Decline("another filter gives other numbers", beside=True)
        new = Composer.of(code, found.use, "input", "size", "scale_factor", "mode")
        factors = ints_of(new.value("scale_factor"))
        if factors and is_none(new.value("size")) and all(_is_power(f) for f in factors):
            resize = code.source(found.use.node.func)  # type: ignore[attr-defined]
            scale = new.source("scale_factor")
            return new.change(
                f'{resize}({new.source("input")}, scale_factor={scale}, mode="nearest")'
            )
        sizes = ints_of(new.value("size"))
        tensor = new.tensor("input")
        if sizes is None or tensor.rank is None:
            return Decline("the sizes are not known")
        if len(sizes) == 1:
            sizes = sizes * (tensor.rank - 2)
        if len(sizes) != tensor.rank - 2:
            return Decline("the sizes are not known")
        picked = new.once("input")
        for axis, size in enumerate(sizes, start=2):
            places = _places(tensor, axis, size)
            if isinstance(places, Decline):
                return places
            picked += f"[{':, ' * axis}{places}]"
        return new.change(picked)


def _is_power(factor: int) -> bool:
    return factor > 0 and factor & (factor - 1) == 0


def _places(tensor: Tensor, axis: int, size: int) -> list[int] | Decline:
    """Which old element each new one is: the one that its middle lies in."""
    old = size_along(tensor, axis)
    if old is None or not 0 < size <= _LONGEST:
        return Decline("the old size is not known, or the new one is large")
    ends = [(2 * i + 1) * old for i in range(size)]
    if any(end % (2 * size) == 0 for end in ends):
        return Decline("the middle of a new pixel lies between two old ones")
    return [end // (2 * size) for end in ends]
