"""torchscript-argument: forms that both exporters take."""

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
    number_of,
)
from trtlint.rules.torchscript_argument import TorchscriptArgument

_LARGEST_HALF = 65504
_MANY = 64  # elements that each is compared with


class TorchscriptArgumentToForm(Rewrite[OperatorMatch]):
    """Roll a flattened tensor, fill what is at or below a threshold, count as integers, compare
    with each element that is sought.

    Why safe: without ``dims`` PyTorch rolls the flattened tensor; a threshold keeps what is not at
    or below it, not-a-number too; and booleans are added up as int64.
    """

    rule = TorchscriptArgument
    title = "write the form that both exporters take"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``roll``, ``threshold``, ``cumsum`` and ``isin``."""
        use = found.use
        match found.variant:
            case "roll":
                new = Composer.of(code, use, "input", "shifts", "dims")
                shifts = ints_of(new.value("shifts"))
                if shifts is None or len(shifts) != 1:
                    return Decline("how far it is rolled is not known")
                value = new.often("input")
                return new.change(f"{value}.flatten().roll({shifts[0]}, 0).view_as({value})")
            case "threshold" if use.form != "layer":
                new = Composer.of(code, use, "input", "threshold", "value", "inplace")
                tensor, number = new.tensor("input"), number_of(new.value("value"))
                if "inplace" in new.operands:
                    return Decline("it may write into the tensor")
                if number is None or tensor.dtype is None or not tensor.dtype.floating:
                    return Decline("whether the tensor holds floats is not known")
                if abs(number) > _LARGEST_HALF:
                    return Decline("masked_fill refuses what half precision cannot hold")
                value = new.often("input")
                low = f"{value} <= {new.factor('threshold')}"
                return new.change(f"{value}.masked_fill({low}, {new.source('value')})")
            case "booleans":
                new = Composer.of(code, use, "input", "dim")
                return new.change(f"{new.once('input')}.long().cumsum({new.source('dim')})")
            case "membership":
                new = Composer.of(code, use, "elements", "test_elements")
                new.tensor("elements")
                sought = new.tensor("test_elements")
                count = sought.shape.numel() if sought.shape and sought.exact else None
                if count is None or count.constant is None or count.constant > _MANY:
                    return Decline("how many elements are sought is not known to be few")
                pairs = f"{new.once('elements')}.unsqueeze(-1) == {new.once('test_elements')}"
                return new.change(f"({pairs}.flatten()).any(-1)")
            case _:
                return Decline("no form that both exporters take does the same")
