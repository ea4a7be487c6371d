"""What one run remembers for the next one with the same settings in the same project.

Two files of a :class:`Store`: facts about each file, shared by all settings; and for each kind of
settings the reports, with what they follow from. The reports hold for a *snapshot*, the digests of
all files of the project. Where no file differs from it, they are the answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from trtlint.cache.serial import Plain, decoder, encode
from trtlint.cache.store import Store
from trtlint.errors import AuthorError, SourceError, UnparsableSource
from trtlint.findings import FileReport, Finding, VerdictKind
from trtlint.source import digest

_ERRORS: dict[str, type[SourceError]] = {
    kind.__name__: kind for kind in (SourceError, UnparsableSource)
}
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError)
FEW = 24  # files whose facts are kept beside those of all others
_Table = tuple[tuple[str, VerdictKind], ...]
_finding = decoder(Finding)
_verdicts = decoder(dict[str, VerdictKind])


class Memory:
    """The memory of runs like this one.

    Args:
        store: the files.
        root: the project.
        settings: everything that findings depend on besides the code, as plain data.
        texts: the text of every file of the project.
    """

    def __init__(
        self, store: Store, root: Path, settings: Mapping[str, object], texts: Mapping[Path, str]
    ) -> None:
        self._store = store
        self.digests = {path: digest(text) for path, text in texts.items()}
        project = self._project = digest(str(root))
        self._index_name = f"index-{project}"
        self._later_name = f"later-{project}"
        wanted = digest(json.dumps(encode(settings), sort_keys=True))
        self._reports_name = f"reports-{project}-{wanted}"

    @cached_property
    def _lines(self) -> list[str]:
        lines = self._store.read(self._reports_name)
        return lines if lines is not None and len(lines) == 3 else ["{}", "[[], {}]", "{}"]

    @cached_property
    def snapshot(self) -> dict[Path, str]:
        """The digests that the remembered reports hold for."""
        try:
            return {Path(path): found for path, found in json.loads(self._lines[0]).items()}
        except _BROKEN:
            return {}

    @cached_property
    def reports(self) -> dict[Path, FileReport]:
        """The remembered reports, of files as they are in the snapshot."""
        try:
            plain_tables, files = json.loads(self._lines[1])
            tables = [_verdicts(table) for table in plain_tables]
            return {Path(path): _report(Path(path), plain, tables) for path, plain in files.items()}
        except _BROKEN:
            return {}

    @cached_property
    def grounds(self) -> dict[Path, Plain]:
        """What each report follows from besides its own file."""
        try:
            return {Path(path): plain for path, plain in json.loads(self._lines[2]).items()}
        except _BROKEN:
            return {}

    def unchanged(self, paths: Iterable[Path]) -> list[FileReport] | None:
        """The reports of these files if nothing in the project has changed, and all are known."""
        if self.snapshot != self.digests:
            return None
        found = [self.reports.get(path) for path in paths]
        known = [report for report in found if report is not None]
        return known if len(known) == len(found) else None

    def keep(self, reports: Mapping[Path, FileReport], grounds: Mapping[Path, Plain]) -> None:
        """Remember reports, which hold for the files as they are now."""
        tables: dict[_Table, int] = {}
        files = {
            str(path): _plain_report(report, tables)
            for path, report in sorted(reports.items())
            if not any(isinstance(error, AuthorError) for error in report.errors)
        }
        known = {path: grounds[Path(path)] for path in files}
        shown = {str(path): found for path, found in self.digests.items()}
        said = [[encode(dict(table)) for table in tables], files]
        self._store.write(self._reports_name, [_json(shown), _json(said), _json(known)])

    def traced(self, exporters: Iterable[str]) -> list[str]:
        """What :meth:`keep_traced` was given last for these exporters."""
        return self._store.read(self._traced_name(exporters)) or []

    def keep_traced(self, exporters: Iterable[str], lines: Sequence[str]) -> None:
        """Remember what is traced."""
        self._store.write(self._traced_name(exporters), lines)

    def _traced_name(self, exporters: Iterable[str]) -> str:
        return f"traced-{self._project}-{digest(' '.join(sorted(exporters)))}"

    @cached_property
    def index(self) -> tuple[list[str], list[str]]:
        """Two lines for each file of the project as it was seen, by whichever settings.

        First what was kept for all files at once, then what has changed since.
        """
        read = self._store.read
        return read(self._index_name) or [], read(self._later_name) or []

    def keep_index(
        self, lines: Iterable[tuple[str, str]], later: Sequence[tuple[str, str]]
    ) -> None:
        """Remember two lines for each file.

        Args:
            lines: of all files.
            later: of those that differ from what was kept for all files at once.
        """
        if not self.index[0] or len(later) > FEW:
            self._store.write(self._index_name, [line for pair in lines for line in pair])
            later = ()
        self._store.write(self._later_name, [line for pair in later for line in pair])


def plain_error(error: SourceError) -> Plain:
    """An error about a file as plain data."""
    return [type(error).__name__, error.message, error.line, error.column, error.hint]


def read_error(path: Path, plain: Plain) -> SourceError:
    """The way back."""
    kind, message, line, column, hint = plain
    return _ERRORS[kind](message, path=path, line=line, column=column, hint=hint)


def _plain_report(report: FileReport, tables: dict[_Table, int]) -> Plain:
    """The report; tables of verdicts, of which there are few, are named by number."""
    findings = []
    for finding in report.findings:
        number = tables.setdefault(tuple(finding.verdicts.items()), len(tables))
        findings.append([encode(replace(finding, verdicts={})), number])
    errors = [plain_error(error) for error in report.errors if isinstance(error, SourceError)]
    return [findings, errors, report.traced_functions]


def _report(path: Path, plain: Plain, tables: list[dict[str, VerdictKind]]) -> FileReport:
    findings, errors, traced = plain
    return FileReport(
        path,
        tuple(replace(_finding(plain), verdicts=tables[number]) for plain, number in findings),
        tuple(read_error(path, error) for error in errors),
        traced,
    )


def _json(plain: Plain) -> str:
    return json.dumps(plain, separators=(",", ":"))
