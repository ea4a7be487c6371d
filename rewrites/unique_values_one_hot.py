"""unique-values: counts of a known number of bins."""

from __future__ import annotations

from trtlint.api import Change, Composer, Decline, OperatorMatch, Rewrite, Safety, TracedCode
from trtlint.rules.unique_values import UniqueValues


class UniqueValuesToOneHot(Rewrite[OperatorMatch]):
    """Count rows of ``F.one_hot`` in place of ``bincount(ids, minlength=bins)``.

    Why unsafe: a number beyond the bins makes ``bincount`` return more of them, and ``one_hot``
    fail.
    """

    rule = UniqueValues
    title = "count in one-hot rows"
    safety = Safety.UNSAFE
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``bincount`` with ``minlength`` and without weights."""
        if found.use.name != "bincount":
            return Decline("how many values there are hangs on the values", beside=True)
        new = Composer.of(code, found.use, "input", "weights", "minlength")
        if "weights" in new.operands or "minlength" not in new.operands:
            return Decline("the number of bins is not given, or they are weighted")
        one_hot = new.torch("torch.nn.functional.one_hot")
        ids = f"{new.once('input')}.long()"
        return new.change(f"{one_hot}({ids}, {new.source('minlength')}).sum(0)")
