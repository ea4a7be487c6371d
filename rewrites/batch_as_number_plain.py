"""batch-as-number: sizes that stay sizes."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, whole_size
from trtlint.rules.batch_as_number import BatchAsNumber, BatchNumber


class BatchAsNumberToSize(Rewrite[BatchNumber]):
    """Drop ``int()`` of an integer, and divide sizes with ``//``.

    Why safe: ``int()`` returns an integer as it is. A quotient of two sizes, neither negative, is
    rounded down by ``int()`` and ``//`` alike: a float holds it exactly enough up to 2**52.
    """

    rule = BatchAsNumber
    title = "keep the size symbolic"
    safety = Safety.SAFE

    def rewrite(self, found: BatchNumber, code: TracedCode) -> Change | Decline:
        """For ``int(b)``, ``float(b)`` next to floats, ``int(a / b)`` and ``math.ceil(a / b)``."""
        return whole_size(code, found.call)
