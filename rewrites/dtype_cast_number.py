"""dtype-cast: a mask that becomes a number, computed as one."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    MaskNumbers,
    Rewrite,
    Safety,
    TracedCode,
    in_place_of,
    is_mask,
    is_pure,
)
from trtlint.rules.dtype_cast import Cast, DtypeCast


class DtypeCastToNumber(Rewrite[Cast]):
    """Write ``torch.ceil(x.clamp(0.0, 1.0))`` for ``(x > 0).float()``; masks that are combined are
    products, maxima and differences.

    torch2trt converts neither a cast nor ``&``, ``|`` and ``~``.

    Why unsafe: the number has the dtype of what is compared; not-a-number stays one, and equal
    infinities have no difference.
    """

    rule = DtypeCast
    title = "compute the mask as a number"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 10

    def rewrite(self, found: Cast, code: TracedCode) -> Change | Decline:
        """For masks that are made of comparisons, and floating dtypes."""
        if not is_mask(found.before):
            return Decline("what is cast is no mask", beside=True)
        if found.after.dtype is not None and found.after.dtype.floating is False:
            return Decline("a mask as an integer has no form that torch2trt converts")
        if not all(is_pure(code, arg.value) for arg in found.call.args):
            return Decline("its argument may have effects")
        numbers = MaskNumbers(code)
        number = numbers.whole(found.operand)
        return numbers.into(Change((in_place_of(code, found.call, number),)))
