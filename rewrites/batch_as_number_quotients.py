"""batch-as-number: several divisions of sizes."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, whole_size
from trtlint.rules.batch_as_number import BatchAsNumber, BatchNumber


class BatchAsNumberToQuotients(Rewrite[BatchNumber]):
    """Write ``n // (h * w // s // s)`` for Swin's ``int(n / (h * w / s / s))``.

    Why unsafe: each ``//`` drops its remainder. The two are the same where all are integers without
    remainders, as they are where windows tile an image; nothing here proves that.
    """

    rule = BatchAsNumber
    title = "divide without remainders"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: BatchNumber, code: TracedCode) -> Change | Decline:
        """For ``int`` of an expression with several divisions."""
        return whole_size(code, found.call, several=True)
