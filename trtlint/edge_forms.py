"""Padding with what stands at the edges, as slices that are joined."""

from __future__ import annotations

from collections.abc import Iterator

from trtlint.analysis.literals import ints_of, text_of
from trtlint.analysis.undecided import Undecided
from trtlint.changes import Change
from trtlint.codegen import call, sequence
from trtlint.composing import Composer

_MODES = ("reflect", "replicate", "circular")
_MANY = 6  # rows on one side that are still spelled out


def joined_edges(new: Composer) -> Change:
    """``cat`` of slices for ``F.pad(x, pad, mode)``, along one dimension after the other.

    Args:
        new: of a use with the operands ``input``, ``pad``, ``mode`` and ``value``.

    Raises:
        Undecided: the amounts or the mode are not known, or so many slices would cost too much.
    """
    mode = text_of(new.value("mode"))
    amounts = ints_of(new.value("pad"))
    if mode not in _MODES or amounts is None or len(amounts) % 2:
        raise Undecided("what is padded with is not known")
    if min(amounts, default=0) < 0 or max(amounts, default=0) > _MANY or not any(amounts):
        raise Undecided("so many slices would cost more than they are worth")
    name = new.often("input")
    cat, text = new.torch("torch.cat"), ""
    for axis in range(len(amounts) // 2):
        before, behind = amounts[2 * axis : 2 * axis + 2]
        if not (before or behind):
            continue
        if text:
            name = new.let("padded" if axis < 2 else f"padded_{axis}", text)
        later = ", :" * axis
        front = [f"{name}[..., {bounds}{later}]" for bounds in _front(mode, before)]
        back = [f"{name}[..., {bounds}{later}]" for bounds in _back(mode, behind)]
        text = str(call(cat, sequence([*front, name, *back]), f"dim={-axis - 1}"))
    return new.change(text)


def _front(mode: str, amount: int) -> Iterator[str]:
    """The bounds of what goes in front, in order."""
    if mode == "replicate":
        yield from [":1"] * amount
    elif mode == "reflect":
        yield from (f"{i}:{i + 1}" for i in range(amount, 0, -1))
    elif amount:
        # torch2trt miscounts a slice that begins before the end and runs up to it.
        yield from [f"-{amount}:-1"] * (amount > 1)
        yield "-1, None"


def _back(mode: str, amount: int) -> Iterator[str]:
    """The bounds of what goes behind."""
    if mode == "replicate":
        yield from ["-1, None"] * amount
    elif mode == "reflect":
        yield from (f"-{i + 1}:-{i}" for i in range(1, amount + 1))
    elif amount:
        yield f":{amount}"
