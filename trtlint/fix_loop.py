"""The fix loop: passes over the selected files until nothing changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trtlint import fixing
from trtlint.analysis.project import Project
from trtlint.candidates import Candidate, EngineSettings
from trtlint.errors import (
    AuthorError,
    BrokenRewrite,
    UnstableRewrite,
)
from trtlint.findings import FileReport, Finding, Fix, Safety
from trtlint.inspection import Inspection
from trtlint.source import Source, texts_of

MAX_PASSES = 10


class FixLoop:
    """Passes over the selected files; each looks again only at what the one before changed."""

    def __init__(
        self,
        selected: Sequence[Source],
        context: Sequence[Source],
        settings: EngineSettings,
        known: Project | None = None,
    ) -> None:
        self.settings = settings
        self.original = texts_of(selected, context)
        self.texts = dict(self.original)
        self.selected = [source.path for source in selected]
        first = Inspection(Project(self.texts, known), settings)
        self.runs = dict.fromkeys(self.selected, first)  # the last look at each file
        self.fixed: dict[Path, list[Finding]] = {path: [] for path in self.selected}
        self.failures: dict[Path, AuthorError] = {}
        # Where a finding stood before the first pass, whatever the passes do to its line.
        self.first_seen: dict[Path, list[Finding]] = {}

    def run(self) -> None:
        """Until nothing changes, at most ten times."""
        pending = list(self.selected)
        for path in pending:
            self.first_seen[path] = [c.finding for c in self.runs[path].candidates(path)]
        for _ in range(MAX_PASSES):
            pending = self._pass(pending)
            if not pending:
                return
        for path in pending:
            units = {c.unit for c in self.runs[path].candidates(path) if c.unit}
            self._give_up(
                path,
                UnstableRewrite(
                    f"still changing the file after {MAX_PASSES} passes",
                    unit=", ".join(sorted(units)),
                    path=path,
                ),
            )

    def _pass(self, pending: Sequence[Path]) -> list[Path]:
        """Apply what can be applied together in each file; the files that changed."""
        changed: dict[Path, str] = {}
        for path in pending:
            text = self._rewritten(path)
            if text is not None:
                changed[path] = text
        if not changed:
            return []
        self.texts.update(changed)
        run = Inspection(
            Project(self.texts, known=self.runs[next(iter(changed))].project), self.settings
        )
        for path in changed:
            before = self.runs[path].candidates(path)
            if path in run.project.errors:
                unit = next((c.unit for c in before if c.change is not None), "fix")
                broken = BrokenRewrite("its output does not parse", unit=unit, path=path)
                self._give_up(path, broken)
                continue
            self.fixed[path] += self._as_first_seen(path, _vanished(before, run.candidates(path)))
            self.runs[path] = run
        return [path for path in changed if path not in self.failures]

    def _rewritten(self, path: Path) -> str | None:
        """The file after one pass; None if nothing is left to do."""
        run = self.runs[path]
        wanted = [c for c in run.candidates(path) if c.change is not None and run.may(c)]
        unique = {id(c.change): c for c in wanted}
        changes = [c.change for c in unique.values() if c.change is not None]
        try:
            texts = fixing.apply(run.project, changes)
        except fixing.Unusable:
            self._blame(path, list(unique.values()))
            return None
        new = texts.get(path)
        return new if new != self.texts[path] else None

    def _blame(self, path: Path, candidates: Sequence[Candidate]) -> None:
        """Name the change that cannot be applied, and leave the file alone."""
        for candidate in candidates:
            assert candidate.change is not None
            try:
                fixing.apply(self.runs[path].project, [candidate.change])
            except fixing.Unusable as error:
                line = candidate.finding.span.line
                broken = BrokenRewrite(str(error), unit=candidate.unit, path=path, line=line)
                self._give_up(path, broken)

    def _give_up(self, path: Path, error: AuthorError) -> None:
        self.failures[path] = error
        self.texts[path] = self.original[path]
        self.fixed[path] = []
        self.runs[path] = Inspection(
            Project(self.texts, known=self.runs[path].project), self.settings
        )

    def _as_first_seen(self, path: Path, gone: Sequence[Finding]) -> list[Finding]:
        shown: list[Finding] = []
        for finding in gone:
            early = [f for f in self.first_seen[path] if _identity(f) == _identity(finding)]
            if early:
                self.first_seen[path].remove(early[0])
            shown.append(replace(early[0], fix=finding.fix) if early else finding)
        return shown

    def report(self, source: Source) -> FileReport:
        """What was repaired in a file, and what remains."""
        path = source.path
        report = self.runs[path].report(path)
        repaired = tuple(f.with_fixed() for f in self.fixed[path])
        failure = (self.failures[path],) if path in self.failures else ()
        changed = self.texts[path] != self.original[path]
        return replace(
            report,
            findings=tuple(sorted((*repaired, *report.findings), key=lambda f: f.sort_key)),
            errors=(*report.errors, *failure),
            old_text=self.original[path] if changed else None,
            new_text=self.texts[path] if changed else None,
        )


def _vanished(before: Sequence[Candidate], after: Sequence[Candidate]) -> list[Finding]:
    """Findings that are gone."""
    left = Counter(_identity(c.finding) for c in after)
    gone: list[Finding] = []
    for candidate in before:
        key = _identity(candidate.finding)
        if left[key] > 0:
            left[key] -= 1
        elif candidate.change is not None:
            gone.append(candidate.finding)
        else:  # its code went away with another fix
            fix = Fix(Safety.SAFE, "gone with another fix")
            gone.append(replace(candidate.finding, fix=fix, declined=None))
    return gone


def _identity(finding: Finding) -> tuple[str, str, str]:
    return (finding.rule, finding.symbol.rpartition(".")[2], finding.message)
