"""What a rewrite asks for: nodes swapped, statements added, lines replaced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from trtlint.analysis.code import FunctionCode


@dataclass(frozen=True)
class Decline:
    """Why a rewrite does not apply, as the user reads it.

    Attributes:
        reason: a clause without a full stop.
        beside: the match is of a kind that the rewrite is not for, so that the reason of another
            one says more.
    """

    reason: str
    beside: bool = False


@dataclass(frozen=True, eq=False)
class Swap:
    """Put ``code`` where ``node`` is.

    Attributes:
        function: the function that ``node`` is part of.
        node: an expression, or a statement line of a block.
        code: an expression, or statements without indentation; empty removes the statement. A
            removed statement's comments move to the next one of the same change, or stay.
        bare: whether an expression goes in without the parentheses that would be put around it
            where it is not a name, call or the like.
    """

    function: FunctionCode
    node: cst.CSTNode
    code: str
    bare: bool = False


@dataclass(frozen=True, eq=False)
class Insert:
    """Put statements behind the statement ``after``, in the same block; or before it."""

    function: FunctionCode
    after: cst.CSTNode
    code: str
    before: bool = False


@dataclass(frozen=True)
class Lines:
    """Replace whole lines of a file; ``last < first`` inserts before ``first``."""

    path: Path
    first: int
    last: int
    text: str


@dataclass(frozen=True, eq=False)
class Change:
    """What a rewrite asks for: all of it or nothing.

    Attributes:
        swaps: replacements inside functions.
        inserts: additions inside functions.
        lines: replacements of whole lines outside them.
        imports: import statements that must hold at the top of the file.
    """

    swaps: tuple[Swap, ...] = ()
    inserts: tuple[Insert, ...] = ()
    lines: tuple[Lines, ...] = ()
    imports: tuple[str, ...] = ()
