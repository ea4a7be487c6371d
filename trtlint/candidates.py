"""What the rules find in one function, and the change that would repair each finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from trtlint import catalogue, fixing
from trtlint.analysis.code import BareCode
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.api import Change, Decline, Match
from trtlint.findings import Finding, Fix, Safety, Severity, VerdictKind
from trtlint.targets import find_target
from trtlint.verdicts import severity


@dataclass(frozen=True)
class EngineSettings:
    """What a run is about.

    Attributes:
        rules: names of the rules to run.
        targets: names of the selected targets.
        dynamic_batch: whether the batch size varies.
        unsafe: whether unsafe rewrites are applied.
        with_edits: whether each finding's fix carries its text edits.
        asked: rules that the user named one by one; None stands for all of them.
        root: the project's root folder.
        withheld: files and rules whose rewrites are shown and not applied.
    """

    rules: tuple[str, ...]
    targets: tuple[str, ...]
    dynamic_batch: bool = False
    unsafe: bool = False
    with_edits: bool = False
    asked: frozenset[str] | None = None
    root: Path = field(default_factory=Path)
    withheld: frozenset[tuple[Path, str]] = frozenset()

    def may_fix(self, finding: Finding) -> bool:
        """Whether the finding's fix is applied without further asking."""
        fix = finding.fix
        if fix is None or (finding.path, finding.rule) in self.withheld:
            return False
        return fix.safety is Safety.SAFE or (fix.safety is Safety.UNSAFE and self.unsafe)


@dataclass(frozen=True)
class Candidate:
    """A finding, and the change that would repair it."""

    finding: Finding
    change: Change | None
    unit: str = ""


class Candidates:
    """Makes candidates of what the rules find.

    Args:
        settings: what is looked for.

    Attributes:
        speaking: the rules that may report something for the selected targets.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._routes = {find_target(name).route for name in settings.targets}
        self.speaking = tuple(name for name in settings.rules if self._may_speak(name))

    def at_a_glance(self, code: TracedCode) -> tuple[list[Candidate] | None, tuple[str, ...]]:
        """The candidates in a function whose tree has no layout, and the rules they are of.

        A tree that can be rewritten costs several times as much. In most functions nothing is
        found, and most of what is found has no fix.

        Returns:
            None for the candidates where the other tree is needed: something is to be changed, or
            was not told exactly, or a rule or rewrite does not get along with this tree.
        """
        bare = code.code
        if not isinstance(bare, BareCode):
            return None, self.speaking
        _ = code.evaluation  # which may ask for sources, and does not tell them
        bare.inexact = False
        found: dict[str, list[Match]] = {}
        names = tuple(name for name in self.speaking if self._finds(name, code, found))
        try:
            if len(found) < len(names):
                return None, names
            made = [self._made(rule, match, code) for rule in names for match in found[rule]]
        except Exception:  # to be met again, and told, with the other tree
            return None, names
        if bare.inexact or any(one.change is not None for one in made):
            return None, names
        return made, names

    def _finds(self, name: str, code: TracedCode, found: dict[str, list[Match]]) -> bool:
        """Whether a rule reports anything, or may, as it does not get along with such a tree."""
        rule = catalogue.rules()[name]
        try:
            matches = [match for match in rule.check(code) if self._reported(rule, match.variant)]
        except Exception:
            return True
        if matches:
            found[name] = matches
        return bool(matches)

    def of(self, name: str, code: TracedCode) -> Iterator[Candidate]:
        """The candidates of one rule."""
        rule = catalogue.rules()[name]
        for match in rule.check(code):
            if self._reported(rule, match.variant):
                yield self._made(name, match, code)

    def _may_speak(self, name: str) -> bool:
        rule, targets = catalogue.rules()[name], self._settings.targets
        return any(
            variant not in rule.only_if_minded
            or any(self._kinds(rule, variant)[target].minds for target in targets)
            for variant in rule.verdicts
        )

    def _kinds(self, rule: catalogue.AnyRule, variant: str) -> Mapping[str, VerdictKind]:
        return catalogue.verdict_kinds(rule, variant, self._settings.dynamic_batch)

    def _reported(self, rule: catalogue.AnyRule, variant: str) -> bool:
        """Whether a match of that variant is a finding."""
        kinds = self._kinds(rule, variant)
        if variant in rule.only_if_minded:
            return any(kinds[target].minds for target in self._settings.targets)
        return any(kind.minds for kind in kinds.values())

    def _made(self, name: str, match: Match, code: TracedCode) -> Candidate:
        rule = catalogue.rules()[name]
        kinds = self._kinds(rule, match.variant)
        level = severity(kinds, self._settings.targets)
        return self._repaired(_finding(rule, match, code, level, kinds), match, code)

    def _repaired(self, finding: Finding, match: Match, code: TracedCode) -> Candidate:
        """The finding with the first rewrite that fits the selected targets' routes."""
        reasons: list[Decline] = []
        for rewrite in catalogue.rewrites().get(finding.rule, ()):
            if not self._routes <= rewrite.routes:
                continue
            if rewrite.on_request and not self._wanted(finding):
                named = f"no selected target minds it; `--rule {finding.rule}` applies the fix"
                reasons.append(Decline(named))
                continue
            group = (type(rewrite), match.group) if match.group is not None else object()
            outcome = code.once(group, partial(_outcome, rewrite, match, code))
            unit = type(rewrite).__name__
            if isinstance(outcome, Decline):
                reasons.append(outcome)
                continue
            fix = Fix(rewrite.safety, rewrite.title)
            return Candidate(replace(finding, fix=fix), outcome, unit)
        told = [decline for decline in reasons if not decline.beside] or reasons[-1:]
        reason = told[0].reason if told else "no rewrite is known for the selected targets"
        return Candidate(replace(finding, declined=reason), None)

    def _wanted(self, finding: Finding) -> bool:
        """Whether a selected target minds, or the rule was asked for by name."""
        settings = self._settings
        asked = settings.asked is None or finding.rule in settings.asked
        return asked or any(finding.verdicts[name].minds for name in settings.targets)

    def told(self, candidate: Candidate, found: Sequence[Candidate]) -> bool:
        """Whether a more particular rule tells the same of the same place."""
        finding = candidate.finding
        if not catalogue.rules()[finding.rule].defers:
            return False
        return any(
            other.finding.span == finding.span
            and self._minding(finding) <= self._minding(other.finding)
            for other in found
            if not catalogue.rules()[other.finding.rule].defers
        )

    def _minding(self, finding: Finding) -> set[str]:
        """The selected targets that mind."""
        return {name for name in self._settings.targets if finding.verdicts[name].minds}


def _finding(
    rule: catalogue.AnyRule,
    match: Match,
    code: TracedCode,
    level: Severity,
    kinds: Mapping[str, VerdictKind],
) -> Finding:
    facts = match.facts()
    return Finding(
        rule.name,
        rule.family,
        level,
        code.code.path,
        code.code.span(match.node),
        code.symbol,
        rule.message.format(**facts),
        rule.hint.format(**facts),
        kinds,
    )


def _outcome(rewrite: catalogue.AnyRewrite, match: Match, code: TracedCode) -> Change | Decline:
    """What a rewrite says of a match."""
    try:
        outcome = rewrite.rewrite(match, code)
    except Undecided as undecided:
        return Decline(str(undecided))
    if isinstance(outcome, Change) and fixing.loses_comment(outcome):
        return Decline("a comment inside it would be lost")
    return outcome
