"""unsupported-operator: operators that others compute exactly."""

from __future__ import annotations

from collections.abc import Mapping

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
)
from trtlint.rules.unsupported_operator import UnsupportedOperator

_WHOLE = "{torch.where}({input} < 0, {input}.ceil(), {input}.floor())"
_LARGER = "{torch.where}(({input} >= {other}) | {other}.isnan(), {input}, {other})"
# By name: the signature, and what is written instead.
_TEMPLATES: Mapping[str, tuple[str, str]] = {
    "fmax": ("input other", _LARGER),
    "fmin": ("input other", _LARGER.replace(">=", "<=")),
    "heaviside": (
        "input values",
        "{torch.where}({input} == 0, {values}, ({input} > 0).to({input}.dtype))",
    ),
    **dict.fromkeys(("trunc", "fix"), ("input", _WHOLE)),
    "frac": ("input", "{input} - " + _WHOLE),
    "isposinf": ("input", '{input} == float("inf")'),
    "isneginf": ("input", '{input} == float("-inf")'),
    "deg2rad": ("input", "{input} * 0.017453292519943295"),
    "rad2deg": ("input", "{input} * 57.29577951308232"),
    "mT": ("input", "{input}.transpose(-2, -1)"),
    "fliplr": ("input", "{input}.flip(1)"),
    "flipud": ("input", "{input}.flip(0)"),
    "ravel": ("input", "{input}.contiguous().view(-1)"),
}


class UnsupportedOperatorToComposite(Rewrite[OperatorMatch]):
    """Write an operator with others that convert: ``x.transpose(-2, -1)`` for ``x.mT``.

    Why safe: the other operators move the same elements, compare them, or round once where the
    original rounds once; not-a-number and infinities come out alike.
    """

    rule = UnsupportedOperator
    title = "write it with operators that convert"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For operators that others compute bit for bit."""
        use = found.use
        if use.name.endswith("_"):
            return Decline("it writes into the tensor")
        if use.name in _TEMPLATES:
            signature, template = _TEMPLATES[use.name]
            new = Composer.of(code, use, *signature.split())
            return new.change(new.fill(template))
        return Decline("no operators that convert compute the same bit for bit", beside=True)
