"""What an author of rules and rewrites sees.

A rule yields typed matches; a rewrite turns a match into a :class:`Change`, or says why it does
not. Neither prints, writes or knows of the command line.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import libcst as cst

from trtlint.analysis.code import FunctionCode
from trtlint.analysis.project import Symbol
from trtlint.findings import Safety
from trtlint.analysis.sizes import Size
from trtlint.analysis.traced_code import TracedCode, is_batch, is_input, size_arguments
from trtlint.analysis.values import DTypeValue, Tensor
from trtlint.analysis.writes import SliceWrite, slice_writes
from trtlint.verdicts import Verdict, cited, executed


@dataclass(frozen=True, eq=False)
class Match:
    """One occurrence of a pattern.

    Attributes:
        node: what the finding points at.
    """

    node: cst.CSTNode

    @property
    def variant(self) -> str:
        """Which of the rule's verdict tables applies."""
        return "default"

    def facts(self) -> Mapping[str, str]:
        """What the rule's message and hint may name in braces."""
        return {}


M = TypeVar("M", bound=Match)


class Rule(Generic[M]):
    """Decides that something is a problem.

    Attributes:
        name: the pattern in kebab case; the file has the same name with underscores.
        family: the group it is selected with.
        message: what is found, a template over the match's facts.
        hint: what to write instead, likewise.
        verdicts: by variant of the match, what each known target does with it.
        only_if_minded: variants that are reported only where a selected target minds.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    message: ClassVar[str]
    hint: ClassVar[str]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]]
    only_if_minded: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def check(self, code: TracedCode) -> Iterator[M]:
        """Every occurrence in one traced function."""


@dataclass(frozen=True)
class Decline:
    """Why a rewrite does not apply, as the user reads it."""

    reason: str


@dataclass(frozen=True, eq=False)
class Swap:
    """Put ``code`` where ``node`` is.

    Attributes:
        function: the function that ``node`` is part of.
        node: an expression, or a statement line of a block.
        code: an expression, or statements without indentation; empty removes the statement. A
            removed statement's comments move to the next one of the same change, or stay.
    """

    function: FunctionCode
    node: cst.CSTNode
    code: str


@dataclass(frozen=True, eq=False)
class Insert:
    """Put statements behind the statement ``after``, in the same block."""

    function: FunctionCode
    after: cst.CSTNode
    code: str


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


class Rewrite(Generic[M]):
    """Says what to write instead of a match.

    Attributes:
        rule: the rule whose matches it takes.
        title: what it does, for the fix's label.
        safety: whether it may be applied without asking.
        routes: the conversion routes that take its result.
        order: rewrites of one rule are tried from the lowest on; the first that does not decline
            is used.
    """

    rule: ClassVar[type[Rule[Match]]]
    title: ClassVar[str]
    safety: ClassVar[Safety]
    routes: ClassVar[frozenset[str]] = frozenset({"onnx", "torch2trt"})
    order: ClassVar[int] = 0

    @abstractmethod
    def rewrite(self, found: M, code: TracedCode) -> Change | Decline:
        """The change for one match."""


__all__ = [
    "Change",
    "DTypeValue",
    "Decline",
    "Insert",
    "Lines",
    "Match",
    "Rewrite",
    "Rule",
    "Safety",
    "Size",
    "SliceWrite",
    "Swap",
    "Symbol",
    "Tensor",
    "TracedCode",
    "Verdict",
    "cited",
    "executed",
    "is_batch",
    "is_input",
    "size_arguments",
    "slice_writes",
]
