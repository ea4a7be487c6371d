"""fft-transform: fftshift as a roll."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Items,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    ints_of,
    is_none,
)
from trtlint.rules.fft_transform import FftTransform


class FftTransformToRoll(Rewrite[OperatorMatch]):
    """Write ``torch.roll(x, x.shape[-1] // 2, -1)`` for ``torch.fft.fftshift(x, -1)``.

    Why safe: that is how PyTorch defines it; ``ifftshift`` rolls as far in the other direction.
    """

    rule = FftTransform
    title = "roll by half the size"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``fftshift`` and ``ifftshift``."""
        if found.use.name not in ("fftshift", "ifftshift"):
            return Decline("as a product with a matrix it would round otherwise")
        new = Composer.of(code, found.use, "input", "dim")
        dim = new.value("dim")
        axes = tuple(range(new.rank("input"))) if is_none(dim) else ints_of(dim)
        if not axes:
            return Decline("along which dimensions is not known")
        value = new.often("input")
        sign = "-" if found.use.name == "ifftshift" else ""
        halves = [f"{sign}({value}.shape[{axis}] // 2)" for axis in axes]
        if not sign:
            halves = [half[1:-1] for half in halves]
        roll = new.torch("torch.roll")
        if len(axes) == 1 and not isinstance(dim, Items):
            return new.change(f"{roll}({value}, {halves[0]}, {axes[0]})")
        comma = "," if len(axes) == 1 else ""
        return new.change(f"{roll}({value}, ({', '.join(halves)}{comma}), {axes})")
