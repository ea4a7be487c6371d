"""einsum-equation: the same equation in lower-case letters."""

from __future__ import annotations

import string

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Swap,
    TracedCode,
    text_of,
)
from trtlint.rules.einsum_equation import EinsumEquation


class EinsumEquationToLower(Rewrite[OperatorMatch]):
    """Name the dimensions of an equation in lower-case letters.

    Why safe: letters are names. PyTorch sums over several dimensions in the order of their letters,
    so letters that are summed over keep their order, and the output is spelled out where it follows
    from that order.
    """

    rule = EinsumEquation
    title = "write the equation in lower-case letters"
    safety = Safety.SAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For an equation that is one string literal."""
        if found.variant != "capitals":
            return Decline("an einsum in lower-case letters is what this TensorRT lacks")
        call = found.use.node
        if not isinstance(call, cst.Call) or not call.args or call.args[0].star:
            return Decline("the equation is not seen")
        node = call.args[0].value
        equation = text_of(code.value(node))
        if not isinstance(node, cst.SimpleString) or equation is None:
            return Decline("the equation is no literal at this place")
        lower = in_lower_case(equation)
        if lower is None:
            return Decline("it has more letters than there are in lower case")
        quote = node.quote
        return Change((Swap(code.code, node, f"{quote}{lower}{quote}"),))


def in_lower_case(equation: str) -> str | None:
    """The same equation without capitals; None if it has too many letters."""
    given, arrow, output = equation.partition("->")
    letters = [c for c in given if c.isalpha()]
    if not arrow:
        dots = "..." if "..." in given else ""
        output = dots + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    summed = sorted(set(letters) - set(output))
    names = _natural(sorted(set(letters)))
    if [names.get(c, "") for c in summed] != sorted(names.get(c, "") for c in summed):
        # PyTorch's order is that of ASCII: capitals come first.
        names = dict(zip(sorted(set(letters)), string.ascii_lowercase, strict=False))
    if len(names) < len(set(letters)):
        return None
    parts = given if arrow else f"{given}->"
    shown = f"{parts}{arrow}{output}"
    return "".join(names.get(c, c) for c in shown)


def _natural(letters: list[str]) -> dict[str, str]:
    """Each letter in lower case, or the next free one where that is taken."""
    names = {c: c for c in letters if c.islower()}
    for letter in letters:
        free = [c for c in string.ascii_lowercase if c not in names.values()]
        low = letter.lower()
        if letter not in names and free:
            later = [c for c in free if c > low]
            names[letter] = low if low in free else (later or free)[0]
    return names
