"""What a shell asks of a session, and what it gets back: frozen data, the same for every shell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path

from trtlint.errors import TrtlintError
from trtlint.findings import FileReport, Finding, Safety, Severity
from trtlint.proofs import Proof
from trtlint.source import Source, split_lines


class Action(str, Enum):
    """What to do with the findings."""

    CHECK = "check"
    FIX = "fix"
    DIFF = "diff"  # a fix of which nothing is written


@dataclass(frozen=True)
class Request:
    """What a user asked for; None stands for what the settings say."""

    paths: tuple[Path, ...] = (Path("."),)
    action: Action = Action.CHECK
    targets: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None  # given, they also lift the settings' `ignore`
    ignore: tuple[str, ...] = ()  # on top of the settings' one
    dynamic_batch: bool | None = None
    unsafe: bool | None = None
    with_edits: bool = False
    config: Path | None = None  # this file instead of the nearest pyproject.toml
    isolated: bool = False  # no settings at all
    force_exclude: bool = False
    cache: bool = False  # whether results are kept on disk, and taken from there
    cache_dir: Path | None = None  # instead of what the environment or the settings say
    jobs: int = 1  # how many processes may work


@dataclass(frozen=True)
class Report:
    """Everything that came of a request."""

    action: Action
    targets: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    unsafe: bool = False
    files: tuple[FileReport, ...] = ()
    run_errors: tuple[TrtlintError, ...] = ()  # those that belong to no checked file
    warnings: tuple[str, ...] = ()
    sources: Mapping[Path, Source] = field(default_factory=dict)  # as read, by path
    proofs: tuple[Proof, ...] = ()  # of each model that was named to prove a fix
    seconds: float = 0.0

    @property
    def errors(self) -> tuple[Exception, ...]:
        """All errors, those of the run first."""
        return (*self.run_errors, *(error for file in self.files for error in file.errors))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, also the repaired ones, in the order of a report."""
        found = (finding for file in self.files for finding in file.findings)
        return tuple(sorted(found, key=lambda finding: finding.sort_key))

    @cached_property
    def remaining(self) -> tuple[Finding, ...]:
        """Findings that were not repaired."""
        return tuple(finding for finding in self.findings if not finding.fixed)

    @property
    def fixed(self) -> tuple[Finding, ...]:
        """Findings that were repaired, or with DIFF would be."""
        return tuple(finding for finding in self.findings if finding.fixed)

    @property
    def notes(self) -> tuple[tuple[Path, str], ...]:
        """Remarks on files, such as a suppression that cannot work."""
        return tuple((file.path, note) for file in self.files for note in file.notes)

    @property
    def changed(self) -> tuple[FileReport, ...]:
        """Files whose text a fix changed, or with DIFF would change."""
        return tuple(file for file in self.files if file.new_text is not None)

    def text_of(self, path: Path) -> str:
        """The text of a checked file as it is after the run, or as a diff would make it."""
        if path in self._new_texts:
            return self._new_texts[path]
        source = self.sources.get(path)
        return "" if source is None else source.text

    def lines_of(self, path: Path) -> list[str]:
        """Its lines, numbered as Python numbers them."""
        return split_lines(self.text_of(path))

    @cached_property
    def _new_texts(self) -> dict[Path, str]:
        return {file.path: file.new_text for file in self.files if file.new_text is not None}

    @property
    def traced_functions(self) -> int:
        """How many functions run when the checked models run."""
        return sum(file.traced_functions for file in self.files)

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How many findings remain, by severity."""
        counts = Counter(finding.severity for finding in self.remaining)
        return {severity: counts[severity] for severity in Severity if counts[severity]}

    @property
    def by_rule(self) -> dict[str, int]:
        """How many findings remain, by rule."""
        return dict(sorted(Counter(finding.rule for finding in self.remaining).items()))

    def fixable(self, safety: Safety) -> int:
        """How many of the remaining findings have a rewrite of this safety."""
        return sum(f.fix is not None and f.fix.safety is safety for f in self.remaining)

    @property
    def exit_code(self) -> int:
        """2: the run itself failed; 1: findings remain, or a diff is not empty; 0: all is well."""
        if self.errors:
            return 2
        if self.remaining or (self.action is Action.DIFF and self.changed):
            return 1
        return 0
