"""Which of the changes that a fix would make hold, model by model, and what is rolled back.

A model whose new form is not borne out is tried without one changed file, then without one rule in
that file; the smallest such part that makes it hold is rolled back. Where no single part is to
blame, parts are added one by one, and those that break the proof are left out. What remains was
proven as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trtlint.errors import SourceError
from trtlint.findings import FileReport, Finding, Safety
from trtlint.proofs import Outcome, Proof, Prover, RolledBack
from trtlint.source import Source
from trtlint.writing import undone

Withheld = Mapping[Path, frozenset[str]]  # rules whose rewrites are not applied, by file
# What a fix makes of these files without those rules, given the new texts of other files.
Refix = Callable[[Withheld, Mapping[Path, str]], Mapping[Path, FileReport]]
Reports = Mapping[Path, FileReport]

UNPROVEN = "not proven: none of the models loads this file"


class Proving:
    """One search.

    Args:
        reports: of all selected files; those with a new text are to be proven.
        sources: the files as they were read.
        prover: runs the models.
        refix: makes the fix again, with less of it.
        rules: all that ran.
        applied: which rewrites are applied at all.
    """

    def __init__(
        self,
        reports: Sequence[FileReport],
        sources: Mapping[Path, Source],
        prover: Prover,
        refix: Refix,
        rules: Sequence[str],
        applied: frozenset[Safety],
    ) -> None:
        self._sources, self._prover, self._refix = sources, prover, refix
        self._rules, self._applied = frozenset(rules), applied
        self._reports = {report.path: self._encodable(report) for report in reports}
        changed = [path for path, report in self._reports.items() if report.new_text is not None]
        self._real = {path: os.path.realpath(path) for path in changed}
        self._why: dict[tuple[Path, str], str] = {}  # by file and rule, why it is withheld
        self._undone: dict[str, list[RolledBack]] = {model: [] for model in prover.models}

    def run(self, targets: Sequence[str]) -> tuple[list[FileReport], tuple[Proof, ...]]:
        """What may be written, and the proofs.

        Raises:
            TrtlintError: a model does not run in its old form.
        """
        members: dict[str, tuple[Path, ...]] = {}
        outcomes: dict[str, Outcome] = {}
        if self._real:
            old = {real: self._bytes(path) for path, real in self._real.items()}
            self._prover.start(old, targets)
            for model in self._prover.models:
                loaded = self._prover.loads(model)
                members[model] = tuple(p for p, real in self._real.items() if real in loaded)
            covered = {path for paths in members.values() for path in paths}
            self._withhold({p: self._rules for p in self._real if p not in covered}, UNPROVEN)
            outcomes = self._settle({model: paths for model, paths in members.items() if paths})
        proofs = tuple(
            Proof(
                model,
                members.get(model, ()),
                outcomes.get(model, Outcome()),
                tuple(self._undone[model]),
            )
            for model in self._prover.models
        )
        return list(self._reports.values()), proofs

    def _settle(self, members: Mapping[str, tuple[Path, ...]]) -> dict[str, Outcome]:
        """Prove until every model was proven with the very texts that are left."""
        outcomes: dict[str, Outcome] = {}
        proven: dict[str, dict[Path, bytes]] = {}
        pending = list(members)
        while pending:
            model = pending.pop(0)
            outcomes[model] = self._prove(model, members[model])
            proven[model] = self._texts(self._changed(members[model]))
            pending += [
                other
                for other in proven
                if other not in pending
                and proven[other] != self._texts(self._changed(members[other]))
            ]
        return outcomes

    def _prove(self, model: str, paths: Sequence[Path]) -> Outcome:
        """What holds of the model, after what does not was rolled back."""
        wanted = self._changed(paths)
        outcome = self._judge(model, wanted)
        if outcome.holds:
            return outcome
        reason = outcome.reason
        kept, outcome = self._without_files(model, wanted)
        for path in [path for path in wanted if path not in kept]:
            withheld, better = self._without_rules(model, path, kept)
            self._undone[model].append(
                RolledBack(path, tuple(sorted(withheld & _fixed(wanted[path]))), reason)
            )
            self._withhold({path: withheld}, f"rolled back, for {model} does not bear it: {reason}")
            if better is not None:
                kept, outcome = {**kept, **self._changed([path])}, better
        return outcome

    def _without_files(self, model: str, wanted: Reports) -> tuple[Reports, Outcome]:
        """The files that may keep all of their new texts, and what holds of them together."""
        for path in wanted if len(wanted) > 1 else ():
            rest = {other: report for other, report in wanted.items() if other != path}
            outcome = self._judge(model, rest)
            if outcome.holds:
                return rest, outcome
        kept: dict[Path, FileReport] = {}
        last = Outcome()
        for path, report in wanted.items() if len(wanted) > 1 else ():
            outcome = self._judge(model, {**kept, path: report})
            if outcome.holds:
                kept[path], last = report, outcome
        return kept, last

    def _without_rules(
        self, model: str, path: Path, kept: Reports
    ) -> tuple[frozenset[str], Outcome | None]:
        """The rules to withhold in a file, and what holds then; None where nothing is left."""
        fixed = sorted(_fixed(self._reports[path]))
        if len(fixed) < 2:
            return self._rules, None
        for rule in fixed:
            outcome = self._with_less(model, path, frozenset({rule}), kept)
            if outcome is not None:
                return frozenset({rule}), outcome
        withheld, last = frozenset(fixed), None
        for rule in fixed:
            outcome = self._with_less(model, path, withheld - {rule}, kept)
            if outcome is not None:
                withheld, last = withheld - {rule}, outcome
        return (withheld, last) if last is not None else (self._rules, None)

    def _with_less(
        self, model: str, path: Path, withheld: frozenset[str], kept: Reports
    ) -> Outcome | None:
        """What holds of the model with less of one file's changes; None where it does not."""
        report = self._again({path: withheld})[path]
        if report.new_text in (None, self._reports[path].new_text):
            return None
        outcome = self._judge(model, {**kept, path: report})
        return outcome if outcome.holds else None

    def _judge(self, model: str, wanted: Reports) -> Outcome:
        exact = not any(
            finding.fixed and finding.fix is not None and finding.fix.safety is Safety.UNSAFE
            for report in wanted.values()
            for finding in report.findings
        )
        new = {self._real[path]: text for path, text in self._texts(wanted).items()}
        return self._prover.judge(model, new, exact=exact)

    def _withhold(self, rules: Withheld, reason: str) -> None:
        """Make the fix again without these rules, and say why at their findings."""
        if not rules:
            return
        for path, report in self._again(rules).items():
            for rule in rules[path]:
                self._why.setdefault((path, rule), reason)
            findings = tuple(map(self._told, report.findings))
            report = replace(report, findings=findings, notes=self._reports[path].notes)
            self._reports[path] = self._encodable(report)

    def _told(self, finding: Finding) -> Finding:
        """The finding with the reason, where its rewrite would have been applied."""
        why = self._why.get((finding.path, finding.rule))
        if why is None or finding.fixed or finding.fix is None:
            return finding
        if finding.fix.safety not in self._applied:
            return finding
        return replace(finding, fix=None, declined=why)

    def _again(self, rules: Withheld) -> Reports:
        """The fix of these files without these rules, and without those withheld before."""
        before: dict[Path, set[str]] = {}
        for path, rule in self._why:
            before.setdefault(path, set()).add(rule)
        withheld = {path: names | before.get(path, set()) for path, names in rules.items()}
        others = {path: report.new_text for path, report in self._reports.items()}
        return self._refix(withheld, {p: text for p, text in others.items() if text is not None})

    def _changed(self, paths: Sequence[Path]) -> dict[Path, FileReport]:
        """Those that are to be changed as things stand."""
        reports = {path: self._reports[path] for path in paths}
        return {path: report for path, report in reports.items() if report.new_text is not None}

    def _texts(self, reports: Reports) -> dict[Path, bytes]:
        return {path: self._bytes(path, report.new_text) for path, report in reports.items()}

    def _bytes(self, path: Path, text: str | None = None) -> bytes:
        source = self._sources[path]
        return source.to_bytes(source.text if text is None else text)

    def _encodable(self, report: FileReport) -> FileReport:
        """The report, undone where the new text cannot be written in the file's encoding."""
        try:
            if report.new_text is not None:
                self._bytes(report.path, report.new_text)
        except SourceError as error:
            return replace(undone(report), errors=(*report.errors, error))
        return report


def _fixed(report: FileReport) -> frozenset[str]:
    return frozenset(finding.rule for finding in report.findings if finding.fixed)
