"""unsupported-argument: distances and attention in forms that convert."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    is_none,
    number_of,
)
from trtlint.rules.unsupported_argument import UnsupportedArgument

_ATTENTION = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale")
_DISTANCES = {1.0: ".abs().sum(-1)", float("inf"): ".abs().amax(-1)"}


class UnsupportedArgumentToForm(Rewrite[OperatorMatch]):
    """Write a distance as a sum of differences, and attend with a dimension for one head.

    Why unsafe: sums and products are rounded in another order, as PyTorch runs other kernels.
    """

    rule = UnsupportedArgument
    title = "write the form that converts"
    safety = Safety.UNSAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``cdist`` with ``p=1`` and attention over three dimensions."""
        use = found.use
        if found.variant == "distance":
            new = Composer.of(code, use, "x1", "x2", "p")
            tail = _DISTANCES.get(number_of(new.value("p")) or 0.0)
            if tail is None:
                return Decline("it is no sum of differences")
            rows, columns = new.once("x1"), new.once("x2")
            return new.change(f"({rows}.unsqueeze(-2) - {columns}.unsqueeze(-3)){tail}")
        if found.variant == "rank":
            return self._attention(Composer.of(code, use, *_ATTENTION))
        return Decline("no other form of it converts")

    def _attention(self, new: Composer) -> Change | Decline:
        names = ("query", "key", "value")
        if any(new.tensor(name).rank != 3 for name in names):
            return Decline("only tensors of three dimensions get one more")
        mask = new.value("attn_mask")
        if not is_none(mask) and new.tensor("attn_mask").rank != 2:
            return Decline("which dimension of the mask is that of the heads is not known")
        if "dropout_p" in new.operands and number_of(new.value("dropout_p")) != 0:
            return Decline("it drops elements by chance")
        args = [f"{new.once(name)}.unsqueeze(1)" for name in names]
        args += [f"{name}={new.source(name)}" for name in new.operands if name not in names]
        attend = new.torch("torch.nn.functional.scaled_dot_product_attention")
        return new.change(f"{attend}({', '.join(args)}).squeeze(1)")
