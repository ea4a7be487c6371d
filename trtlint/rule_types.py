"""Rules and their matches: what is looked for, and what is found."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

import libcst as cst

from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.traced_code import TracedCode
from trtlint.conversion.operators import BAD, operator_key
from trtlint.conversion.torch2trt.report import torch2trt_report
from trtlint.conversion.torch2trt.status import Loss
from trtlint.verdicts import Verdict, cited


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

    @property
    def group(self) -> Hashable:
        """Matches of one group and function are repaired by one change; None for a group of one."""
        return None

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
        references: issues, pull requests and documents about the pattern.
        defers: whether a finding is left out where another rule tells the same of that place.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    message: ClassVar[str]
    hint: ClassVar[str]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]]
    only_if_minded: ClassVar[frozenset[str]] = frozenset()
    references: ClassVar[tuple[str, ...]] = ()
    defers: ClassVar[bool] = False

    def check(self, code: TracedCode) -> Iterator[M]:
        """Every occurrence in one traced function."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class OperatorMatch(Match):
    """One use of a torch operator.

    Attributes:
        use: the use.
        kind: the variant of the rule.
        more: further facts for the rule's message.
    """

    use: OperatorUse
    kind: str = "default"
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """As the rule decided."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """``operator`` as written, and what the rule adds."""
        return {"operator": self.use.shown, **self.more}


class OperatorRule(Rule[OperatorMatch]):
    """A rule about uses of certain torch operators.

    Attributes:
        operators: their names without module: ``cumsum`` stands for the function and the method,
            ``MaxPool2d`` for the layer, ``remainder`` for ``%`` as well.
        what: by variant, what a message says in ``{what}``.
    """

    operators: ClassVar[frozenset[str]]
    what: ClassVar[Mapping[str, str]] = {}

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which variant of the rule this use is; None if it is not one."""
        return "default"

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every use that is a variant of the rule."""
        if self.operators.isdisjoint(code.used):  # as most functions do of most rules
            return
        for use in code.uses(*sorted(self.operators)):
            kind = self.variant(use, code)
            if kind is not None:
                yield OperatorMatch(use.node, use, kind, {"what": self.what.get(kind, "")})


class TranslationRule(OperatorRule):
    """A rule about operators of which the measured table says what the exporters make of them.

    Attributes:
        operators: as the table calls them: ``linalg.inv``.
    """

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every use of one of the operators."""
        for use in code.uses():
            key = None if use.form == "operator" else operator_key(use.qualified)
            if key is not None and key in self.operators and key in BAD:
                row = BAD[key]
                yield OperatorMatch(use.node, use, row.variant, {"why": row.why})


@dataclass(frozen=True, eq=False)
class Torch2trtMatch(Match):
    """One place where torch2trt's network parts from the model."""

    loss: Loss

    @property
    def variant(self) -> str:
        """As the dataflow decided."""
        return self.loss.variant

    def facts(self) -> Mapping[str, str]:
        """What the dataflow tells of it."""
        return self.loss.facts


class Torch2trtRule(Rule[Torch2trtMatch]):
    """A rule about one way in which torch2trt loses what the model computes."""

    defers = True

    def check(self, code: TracedCode) -> Iterator[Torch2trtMatch]:
        """Every loss of the rule's kind."""
        for loss in torch2trt_report(code).losses:
            if loss.rule == self.name:
                yield Torch2trtMatch(loss.node, loss)


def only_torch2trt(verdict: Verdict, early: Verdict | None = None) -> dict[str, Verdict]:
    """Verdicts of a pattern that the other routes have their own rules for.

    Args:
        verdict: what torch2trt 0.5 does with it.
        early: what torch2trt 0.1 did with it, where somebody says so.
    """
    fine = cited("fine", "not minded as such on this route, whose own rules speak of it")
    table = dict.fromkeys(("tensorrt-rtx-1.7", "tensorrt", "torch-tensorrt"), fine)
    table["torch2trt-0.5"] = verdict
    return {**table, "torch2trt-0.1": early} if early is not None else table
