"""A check that does again only what has to be done again, on as many cores as there are.

Facts about a file hold as long as its text and its package do. A report holds as long as its file
and every answer that it rests on do; :mod:`trtlint.analysis.observed` says which ones these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from trtlint.analysis.observed import Consulted
from trtlint.analysis.project import Project, module_names, package_of
from trtlint.cache import Memory
from trtlint.cache.serial import Plain
from trtlint.candidates import EngineSettings
from trtlint.errors import AuthorError
from trtlint.facts import Facts, indexed, remembered
from trtlint.findings import FileReport
from trtlint.indexing import Indexing, worth_spreading
from trtlint.inspection import Inspection, exporters_of
from trtlint.tracing import Tracing
from trtlint.validity import Snapshot, Validity, holding, plain_grounds
from trtlint.workers import Spread


class Check:
    """One check of a project.

    Args:
        texts: the text of every file.
        settings: what is looked for.
        memory: what an earlier run left, if there is one.
        jobs: how many processes may work.
        begun: the facts about all files, if they are being made already.
    """

    def __init__(
        self,
        texts: Mapping[Path, str],
        settings: EngineSettings,
        memory: Memory | None = None,
        jobs: int = 1,
        begun: Indexing | None = None,
    ) -> None:
        self._texts, self._memory, self._jobs = texts, memory, jobs
        self._reports: dict[Path, FileReport] = {}
        self._grounds: dict[Path, Plain] = {}
        old = ([], []) if memory is None else memory.index
        base = {known.path: known for known in remembered(old[0])}
        past = {**base, **{known.path: known for known in remembered(old[1])}}
        facts = self._facts(past) if begun is None else begun.facts()
        self.project = Project(texts, indexed=indexed(facts))
        if memory is None:
            self._inspection = Inspection(self.project, settings)
        else:
            tracing = Tracing(self.project, exporters_of(settings), memory, past, facts)
            self._inspection = Inspection(self.project, settings, tracing.found, noted=True)
            self._take_over(memory, past, facts, tracing)
            if any(known is not past.get(path) for path, known in facts.items()):
                later = [known for path, known in facts.items() if known is not base.get(path)]
                lines = (known.lines() for known in facts.values())
                memory.keep_index(lines, [known.lines() for known in later])

    def reports(self, paths: Sequence[Path]) -> Iterator[FileReport]:
        """The reports of these files, in their order."""
        missing = [path for path in paths if path not in self._reports]
        ordered = worth_spreading(self._texts, missing, self._jobs)
        task = partial(_inspect, self._inspection)
        for path, done in Spread(task, ordered, self._jobs) if ordered else ():
            if done is not None:
                self._reports[path], self._grounds[path] = done
        for path in paths:
            if path not in self._reports:
                self._reports[path], self._grounds[path] = _look(self._inspection, path)
            yield self._reports[path]
        if missing and self._memory is not None:
            self._memory.keep(self._reports, self._grounds)

    def _facts(self, past: Mapping[Path, Facts]) -> dict[Path, Facts]:
        """The facts about every file; those that are remembered as far as they hold."""
        modules = module_names(self._texts)
        digests = self._memory.digests if self._memory is not None else {}
        facts: dict[Path, Facts] = {}
        for path in self._texts:
            known = past.get(path)
            now = (digests.get(path), package_of(path, modules[path]))
            if known is not None and (known.digest, known.package) == now:
                facts[path] = known
        missing = [path for path in self._texts if path not in facts]
        facts |= Indexing(self._texts, missing, self._memory is not None, self._jobs).facts()
        return {path: facts[path] for path in self._texts}

    def _take_over(
        self,
        memory: Memory,
        past: Mapping[Path, Facts],
        facts: Mapping[Path, Facts],
        tracing: Tracing,
    ) -> None:
        """Use the remembered reports that still hold."""
        before = {p: f for p, f in past.items() if f.digest == memory.snapshot.get(p)}
        validity = Validity(
            Snapshot(before, memory.snapshot),
            Snapshot(facts, memory.digests),
            self._inspection,
            unmoved=memory.snapshot.keys() == facts.keys() and tracing.unmoved(before),
        )
        for path in holding(validity, memory.grounds):
            if path in memory.reports:
                self._reports[path] = memory.reports[path]
                self._grounds[path] = memory.grounds[path]


def _inspect(inspection: Inspection, path: Path) -> tuple[FileReport, Plain] | None:
    """The report of one file in a worker; None where its errors have causes to be shown."""
    report, grounds = _look(inspection, path)
    if any(isinstance(error, AuthorError) for error in report.errors):
        return None
    return report, grounds


def _look(inspection: Inspection, path: Path) -> tuple[FileReport, Plain]:
    report = inspection.report(path)
    inspection.forget(path)
    if not inspection.noted:
        return report, None
    return report, plain_grounds(inspection.consulted.get(path, Consulted()))
