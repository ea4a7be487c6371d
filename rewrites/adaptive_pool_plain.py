"""adaptive-pool: windows of a fixed size where the sizes divide."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    ints_of,
    size_along,
)
from trtlint.rules.adaptive_pool import AdaptivePool


class AdaptivePoolToPlain(Rewrite[OperatorMatch]):
    """Write ``F.avg_pool3d`` where the output size divides the known input size.

    Why unsafe: it is the same mean, but the numbers are added up in another order.
    """

    rule = AdaptivePool
    title = "pool windows of a fixed size"
    safety = Safety.UNSAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For averages in three dimensions over known sizes."""
        use = found.use
        if found.variant != "volume":
            return Decline("the size of the input is no multiple of the output's")
        new = Composer.called(code, use)
        asked = ints_of(use.option("output_size", 1, layer_at=0)) or ()
        sizes = [size_along(new.tensor("input"), axis) for axis in (-3, -2, -1)]
        wanted = asked * 3 if len(asked) == 1 else asked
        known = [size for size in sizes if size is not None]
        if len(known) != 3 or any(a % b for a, b in zip(known, wanted, strict=True)):
            return Decline("the size of the input is not known, or no multiple of the output's")
        kernel = tuple(a // b for a, b in zip(known, wanted, strict=True))
        pool = new.torch("torch.nn.functional.avg_pool3d")
        return new.change(f"{pool}({new.source('input')}, {kernel})")
