"""One look at a project in one state: findings, and the change that would repair each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from trtlint import catalogue, fixing
from trtlint.analysis import Analysis
from trtlint.analysis.code import BareCode
from trtlint.analysis.observed import Consulted, Observed
from trtlint.analysis.project import Project, source_lines
from trtlint.analysis.traced import TracedFunction, find_traced
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.api import Change, Decline, Match
from trtlint.errors import (
    BrokenRewrite,
    RuleCrashed,
    SourceError,
    UnparsableSource,
)
from trtlint.findings import FileReport, Finding, Fix, Safety, Severity, Span, VerdictKind
from trtlint.source import Source
from trtlint.suppression import Suppressions
from trtlint.targets import find_target
from trtlint.verdicts import severity

UNUSED_IGNORE = "unused-ignore"  # the name under which unused suppressions are reported


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


@dataclass(frozen=True)
class Candidate:
    """A finding, and the change that would repair it."""

    finding: Finding
    change: Change | None
    unit: str = ""


def texts_of(selected: Sequence[Source], context: Sequence[Source]) -> dict[Path, str]:
    """The text of every file, in an order that does not tell which ones are selected."""
    texts = {source.path: source.text for source in (*context, *selected)}
    return dict(sorted(texts.items(), key=lambda item: item[0].parts))


def exporters_of(settings: EngineSettings) -> frozenset[str]:
    """Those under which the code is to run."""
    targets = [find_target(name) for name in settings.targets]
    return frozenset(target.exporter or target.route for target in targets)


class Inspection:
    """One look at the project in one state.

    Args:
        project: its index.
        settings: what is looked for.
        traced: what is traced, if that is known already.
        noted: whether to keep a record of what each file's findings follow from.
    """

    def __init__(
        self,
        project: Project,
        settings: EngineSettings,
        traced: Mapping[str, TracedFunction] | None = None,
        *,
        noted: bool = False,
    ) -> None:
        self.project, self.noted = project, noted
        self.settings = settings
        targets = [find_target(name) for name in settings.targets]
        self.exporters = exporters_of(settings)
        self.traced = find_traced(project, self.exporters) if traced is None else traced
        self.consulted: dict[Path, Consulted] = {}  # by file, what its findings follow from
        self.routes = {target.route for target in targets}
        self._by_file: dict[Path, list[TracedFunction]] = {}
        for function in self.traced.values():
            self._by_file.setdefault(function.path, []).append(function)
        self._errors: dict[Path, list[SourceError]] = {}
        self._found: dict[Path, list[Candidate]] = {}
        self._suppressions: dict[Path, Suppressions] = {}

    def may(self, candidate: Candidate) -> bool:
        """Whether the candidate's fix is applied without further asking."""
        fix = candidate.finding.fix
        if (
            fix is None
            or (candidate.finding.path, candidate.finding.rule) in self.settings.withheld
        ):
            return False
        return fix.safety is Safety.SAFE or (fix.safety is Safety.UNSAFE and self.settings.unsafe)

    def report(self, path: Path) -> FileReport:
        """Everything that is said of one file."""
        if path in self.project.errors:
            return FileReport(path, errors=(self.project.errors[path],))
        candidates = self.candidates(path)
        findings = [c.finding for c in candidates]
        if self.settings.with_edits:
            findings = [self._with_edits(c) for c in candidates]
        findings += self._unused(path)
        return FileReport(
            path,
            tuple(sorted(findings, key=lambda f: f.sort_key)),
            tuple(self._errors.get(path, ())),
            len(self._by_file.get(path, ())),
        )

    def forget(self, path: Path) -> None:
        """Let go of one file's trees, after its report; who asks for one again has it made again.

        A tree takes some hundred times the memory of its text.
        """
        self._found.pop(path, None)
        self.project.codes.pop(path, None)

    def _unused(self, path: Path) -> Iterator[Finding]:
        """Suppressions that silence nothing are findings themselves."""
        for entry in self._suppressions[path].unused(self.settings.rules):
            line = source_lines(self.project.texts[path])[entry.line - 1].rstrip()
            start = line.rfind("# trtlint") + 1 or 1
            shown = ", ".join(entry.rules) or "any rule"
            yield Finding(
                UNUSED_IGNORE,
                "suppression",
                Severity.ADVICE,
                path,
                Span(entry.line, start, entry.line, len(line) + 1),
                "",
                f"this comment silences no finding of {shown}",
                "remove it",
                {},
                declined="remove the comment by hand",
            )

    def candidates(self, path: Path) -> list[Candidate]:
        """Findings of one file that are not suppressed, each with its change."""
        if path not in self._found:
            self._found[path] = []
            suppressions = Suppressions.parse(self.project.texts[path])
            self._suppressions[path] = suppressions
            if path not in self.project.errors:
                # Each file starts afresh: what is found in it must not hang on which other
                # files were looked at before.
                analysis = self._analysis(path)
                for traced in () if suppressions.file_ignored else self._traced_in(path):
                    self._found[path] += self._function(analysis, traced, suppressions)
        return self._found[path]

    def _analysis(self, path: Path) -> Analysis:
        if not self.noted:
            return Analysis(self.project, self.traced, self.exporters)
        view = Observed(self.project, path, self.traced)
        self.consulted[path] = view.consulted
        return Analysis(view, view.traced, self.exporters)

    def _traced_in(self, path: Path) -> list[TracedFunction]:
        """The file's traced functions in the order in which they stand in it."""
        functions = self.project.files[path].functions
        return sorted(
            self._by_file.get(path, ()), key=lambda t: functions[t.symbol.qualname].def_line
        )

    def _function(
        self, analysis: Analysis, traced: TracedFunction, suppressions: Suppressions
    ) -> list[Candidate]:
        found: list[Candidate] = []
        errors = self._errors.setdefault(traced.path, [])
        try:
            names = self._finding_something(analysis, traced)
            if not names:
                return found
            code = TracedCode(analysis, traced, full=True)
            unparsable = code.code.unparsable
        except RecursionError:
            errors.append(self._too_deep(traced))
            return found
        if unparsable is not None:
            line, column = code.code.failed_at(unparsable)
            errors.append(
                UnparsableSource(
                    f"LibCST cannot parse `{traced.symbol.qualname}`",
                    path=traced.path,
                    line=line,
                    column=column,
                    hint="this function was skipped; the others were checked",
                )
            )
            return found
        for name in names:
            rule = catalogue.rules()[name]
            try:
                for match in rule.check(code):
                    candidate = self._candidate(rule, match, code)
                    if candidate is not None and not _silenced(candidate.finding, suppressions):
                        found.append(candidate)
            except RecursionError:
                errors.append(self._too_deep(traced))
                return found
            except Exception as error:
                # A bug in one rule must not cost the findings of the others.
                crash = RuleCrashed(
                    f"{type(error).__name__}: {error}",
                    unit=name,
                    path=traced.path,
                    line=code.code.facts.def_line,
                )
                crash.__cause__ = error
                errors.append(crash)
        return [candidate for candidate in found if not self._told(candidate, found)]

    def _finding_something(self, analysis: Analysis, traced: TracedFunction) -> tuple[str, ...]:
        """The rules that have something to report in a function.

        What they report needs a tree that can be rewritten, which costs several times as much as
        one that can only be looked at. In most functions nothing is found.
        """
        code = TracedCode(analysis, traced)
        if not isinstance(code.code, BareCode):
            return self._speaking
        return tuple(name for name in self._speaking if self._finds(name, code))

    def _finds(self, name: str, code: TracedCode) -> bool:
        """Whether a rule reports anything, or may, as it does not get along with such a tree."""
        rule = catalogue.rules()[name]
        try:
            return any(self._reported(rule, match.variant) for match in rule.check(code))
        except Exception:
            return True

    @cached_property
    def _speaking(self) -> tuple[str, ...]:
        """The rules that may report something for the selected targets."""
        return tuple(name for name in self.settings.rules if self._may_speak(name))

    def _may_speak(self, name: str) -> bool:
        rule, targets = catalogue.rules()[name], self.settings.targets
        return any(
            variant not in rule.only_if_minded
            or any(
                catalogue.verdict_kinds(rule, variant, self.settings.dynamic_batch)[t].minds
                for t in targets
            )
            for variant in rule.verdicts
        )

    def _told(self, candidate: Candidate, found: Sequence[Candidate]) -> bool:
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
        return {name for name in self.settings.targets if finding.verdicts[name].minds}

    def _too_deep(self, traced: TracedFunction) -> SourceError:
        return SourceError(
            f"`{traced.symbol.qualname}` is nested too deeply to analyse",
            path=traced.path,
            line=self.project.function(traced.symbol).def_line,
            hint="split the longest expression in it",
        )

    def _candidate(
        self, rule: catalogue.AnyRule, match: Match, code: TracedCode
    ) -> Candidate | None:
        if not self._reported(rule, match.variant):
            return None
        kinds = catalogue.verdict_kinds(rule, match.variant, self.settings.dynamic_batch)
        level = severity(kinds, self.settings.targets)
        finding = self._finding(rule, match, code, level, kinds)
        return self._repaired(finding, match, code)

    def _reported(self, rule: catalogue.AnyRule, variant: str) -> bool:
        """Whether a match of that variant is a finding."""
        kinds = catalogue.verdict_kinds(rule, variant, self.settings.dynamic_batch)
        if variant in rule.only_if_minded:
            return any(kinds[target].minds for target in self.settings.targets)
        return any(kind.minds for kind in kinds.values())

    def _finding(
        self,
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

    def _repaired(self, finding: Finding, match: Match, code: TracedCode) -> Candidate:
        """The finding with the first rewrite that fits the selected targets' routes."""
        reasons: list[Decline] = []
        for rewrite in catalogue.rewrites().get(finding.rule, ()):
            if not self.routes <= rewrite.routes:
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
        asked = self.settings.asked is None or finding.rule in self.settings.asked
        return asked or any(finding.verdicts[name].minds for name in self.settings.targets)

    def _with_edits(self, candidate: Candidate) -> Finding:
        """The finding whose fix says which text it replaces in its own file."""
        finding = candidate.finding
        if candidate.change is None or finding.fix is None:
            return finding
        try:
            texts = fixing.apply(self.project, [candidate.change])
        except fixing.Unusable as error:
            broken = BrokenRewrite(str(error), unit=candidate.unit, path=finding.path)
            self._errors.setdefault(finding.path, []).append(broken)
            return replace(finding, fix=None, declined="its rewrite is broken")
        except RecursionError:
            return replace(finding, fix=None, declined="the function is nested too deeply")
        edits = fixing.text_edits(self.project.texts[finding.path], texts.get(finding.path, ""))
        return replace(finding, fix=replace(finding.fix, edits=tuple(edits)))


def _outcome(rewrite: catalogue.AnyRewrite, match: Match, code: TracedCode) -> Change | Decline:
    """What a rewrite says of a match."""
    try:
        outcome = rewrite.rewrite(match, code)
    except Undecided as undecided:
        return Decline(str(undecided))
    if isinstance(outcome, Change) and fixing.loses_comment(outcome):
        return Decline("a comment inside it would be lost")
    return outcome


def _silenced(finding: Finding, suppressions: Suppressions) -> bool:
    return suppressions.covers(finding.rule, finding.span.line, finding.span.end_line)
