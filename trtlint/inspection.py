"""One look at a project in one state: findings, and the change that would repair each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from trtlint import fixing
from trtlint.analysis.core import Analysis
from trtlint.analysis.observed import Consulted, Observed
from trtlint.analysis.project import Project, source_lines
from trtlint.analysis.traced import TracedFunction, find_traced
from trtlint.analysis.traced_code import TracedCode
from trtlint.candidates import Candidate, Candidates, EngineSettings
from trtlint.errors import (
    BrokenRewrite,
    RuleCrashed,
    SourceError,
    UnparsableSource,
)
from trtlint.findings import FileReport, Finding, Severity, Span
from trtlint.suppression import Suppressions
from trtlint.targets import find_target

UNUSED_IGNORE = "unused-ignore"  # the name under which unused suppressions are reported


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
        self.exporters = exporters_of(settings)
        self.traced = find_traced(project, self.exporters) if traced is None else traced
        self.consulted: dict[Path, Consulted] = {}  # by file, what its findings follow from
        self._candidates = Candidates(settings)
        self._by_file: dict[Path, list[TracedFunction]] = {}
        for function in self.traced.values():
            self._by_file.setdefault(function.path, []).append(function)
        self._errors: dict[Path, list[SourceError]] = {}
        self._found: dict[Path, list[Candidate]] = {}
        self._suppressions: dict[Path, Suppressions] = {}

    def may(self, candidate: Candidate) -> bool:
        """Whether the candidate's fix is applied without further asking."""
        return self.settings.may_fix(candidate.finding)

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
            looked, names = self._candidates.at_a_glance(TracedCode(analysis, traced))
            if looked is not None:
                return self._kept(looked, suppressions)
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
            try:
                found += self._candidates.of(name, code)
            except RecursionError:  # noqa: PERF203
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
        return self._kept(found, suppressions)

    def _kept(self, found: list[Candidate], suppressions: Suppressions) -> list[Candidate]:
        """Without those that are suppressed, or that another one tells as well."""
        loud = [one for one in found if not _silenced(one.finding, suppressions)]
        return [candidate for candidate in loud if not self._candidates.told(candidate, loud)]

    def _too_deep(self, traced: TracedFunction) -> SourceError:
        return SourceError(
            f"`{traced.symbol.qualname}` is nested too deeply to analyse",
            path=traced.path,
            line=self.project.function(traced.symbol).def_line,
            hint="split the longest expression in it",
        )

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


def _silenced(finding: Finding, suppressions: Suppressions) -> bool:
    return suppressions.covers(finding.rule, finding.span.line, finding.span.end_line)
