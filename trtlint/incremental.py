"""A check that does again only what has to be done again, on as many cores as there are.

Facts about a file hold as long as its text and its package do. A report holds as long as its file
and every answer that it rests on do; :mod:`trtlint.analysis.observed` says which ones these are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TypeVar

from trtlint.analysis.index import FileIndex
from trtlint.analysis.observed import Consulted, without_lines
from trtlint.analysis.project import (
    Project,
    index_or_error,
    module_names,
    package_of,
    source_lines,
)
from trtlint.analysis.traced import TracedFunction, find_traced
from trtlint.cache import Memory
from trtlint.cache.memory import plain_error, read_error
from trtlint.cache.serial import Plain, decoder, encode
from trtlint.errors import AuthorError, SourceError
from trtlint.findings import FileReport
from trtlint.inspection import EngineSettings, Inspection, exporters_of
from trtlint.source import digest
from trtlint.validity import Facts, Snapshot, Validity, holding, plain_grounds
from trtlint.workers import spread

WORTH_A_PROCESS = 150_000  # characters; less is done before a second process has started

R = TypeVar("R")
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError)
_index = decoder(FileIndex)
_read_traced = decoder(dict[str, TracedFunction])


class Check:
    """One check of a project.

    Args:
        texts: the text of every file.
        settings: what is looked for.
        memory: what an earlier run left, if there is one.
        jobs: how many processes may work.
    """

    def __init__(
        self,
        texts: Mapping[Path, str],
        settings: EngineSettings,
        memory: Memory | None = None,
        jobs: int = 1,
    ) -> None:
        self._texts, self._memory, self._jobs = texts, memory, jobs
        self._reports: dict[Path, FileReport] = {}
        self._grounds: dict[Path, Plain] = {}
        past = {} if memory is None else dict(_remembered(memory))
        facts = self._facts(past)
        indexed = {path: known.found for path, known in facts.items()}
        self.project = Project(texts, indexed=indexed)
        traced = None if memory is None else _traced(self.project, settings, memory, facts)
        self._inspection = Inspection(self.project, settings, traced, noted=memory is not None)
        if memory is not None:
            self._take_over(memory, past, facts)
            if len(facts) != len(past) or not all(known.line for known in facts.values()):
                memory.keep_index(known.line or _line(p, known) for p, known in facts.items())

    def reports(self, paths: Sequence[Path]) -> Iterator[FileReport]:
        """The reports of these files, in their order."""
        missing = [path for path in paths if path not in self._reports]
        for path, done in self._spread(partial(_inspect, self._inspection), missing):
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
        task = partial(_make_facts, self._texts, modules, self._memory is not None)
        missing = [path for path in self._texts if path not in facts]
        for path, made in self._spread(task, missing):
            facts[path] = made or task(path)
        return {path: facts[path] for path in self._texts}

    def _spread(
        self, task: Callable[[Path], R | None], paths: Sequence[Path]
    ) -> Iterator[tuple[Path, R | None]]:
        """The task for each path in other processes, if that is worth while; None: not done."""
        size = sum(len(self._texts[path]) for path in paths)
        if self._jobs > 1 and len(paths) > 1 and size >= WORTH_A_PROCESS:
            ordered = sorted(paths, key=lambda path: -len(self._texts[path]))
            yield from spread(task, ordered, self._jobs)
        else:
            yield from ((path, None) for path in paths)

    def _take_over(
        self, memory: Memory, past: Mapping[Path, Facts], facts: Mapping[Path, Facts]
    ) -> None:
        """Use the remembered reports that still hold."""
        before = {p: f for p, f in past.items() if f.digest == memory.snapshot.get(p)}
        validity = Validity(
            Snapshot(before, memory.snapshot), Snapshot(facts, memory.digests), self._inspection
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


def _make_facts(
    texts: Mapping[Path, str], modules: Mapping[Path, str], kept: bool, path: Path
) -> Facts:
    """The facts about a file; ``kept`` says whether they are to be compared with later ones."""
    text = texts[path]
    package = package_of(path, modules[path])
    found = index_or_error(path, text, package)
    functions: dict[str, str] = {}
    if not kept:
        return Facts("", package, found, functions, "")
    if isinstance(found, FileIndex):
        lines = source_lines(text)
        for name, facts in found.functions.items():
            functions[name] = digest("".join(lines[facts.first_line - 1 : facts.last_line]))
    return Facts(digest(text), package, found, functions, _shape(found))


def _shape(found: FileIndex | SourceError) -> str:
    """A digest of everything in an index but line numbers."""
    if not isinstance(found, FileIndex):
        return ""
    facts = {field.name: getattr(found, field.name) for field in fields(found)}
    facts["uses"] = sorted(found.uses)
    parts = {
        name: {key: encode(without_lines(one)) for key, one in value.items()}
        if isinstance(value, dict)
        else encode(value)
        for name, value in facts.items()
    }
    return digest(json.dumps(parts, sort_keys=True))


def _traced(
    project: Project, settings: EngineSettings, memory: Memory, facts: Mapping[Path, Facts]
) -> Mapping[str, TracedFunction]:
    """What is traced: remembered for a project in which at most lines have moved."""
    exporters = exporters_of(settings)
    shape = digest("\n".join(f"{path} {known.shape}" for path, known in facts.items()))
    plain = memory.traced(exporters, shape)
    try:
        found: dict[str, TracedFunction] = _read_traced(plain)
    except _BROKEN:
        found = find_traced(project, exporters)
        memory.keep_traced(exporters, shape, encode(found))
    return found


def _line(path: Path, facts: Facts) -> str:
    if isinstance(facts.found, FileIndex):
        found = [encode(facts.found), None]
    else:
        found = [None, plain_error(facts.found)]
    plain = [str(path), facts.digest, facts.package, facts.functions, facts.shape, *found]
    return json.dumps(plain, separators=(",", ":"))


def _remembered(memory: Memory) -> Iterator[tuple[Path, Facts]]:
    for line in memory.index():
        try:
            shown, text, package, functions, shape, index, error = json.loads(line)
            path = Path(shown)
            found = _index(index) if index is not None else read_error(path, error)
        except _BROKEN:
            continue
        yield path, Facts(text, package, found, functions, shape, line)
