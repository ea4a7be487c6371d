"""Writing what a fix changed: every file whole, also where the run is broken off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from trtlint.errors import SourceError
from trtlint.findings import FileReport
from trtlint.source import Source

_HELD_BACK = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass
class Progress:
    """How far the writing has come, for whoever is told that it was broken off."""

    files: int = 0  # those to be written
    written: int = 0

    def __str__(self) -> str:
        if not self.written:
            return "interrupted: no file was changed"
        if self.written == self.files:
            return f"interrupted: all changes were written, {self.files} in number"
        return (
            f"interrupted: {self.written} of {self.files} changed files were written, "
            "the others are as they were"
        )


def write_all(
    reports: Sequence[FileReport], sources: Mapping[Path, Source], progress: Progress
) -> list[FileReport]:
    """Write the new text of every changed file.

    A signal that would end the process waits until the file at hand is done, so that no file is
    half written, none is left over, and ``progress`` is exact.

    Returns:
        The reports; where a file could not be written, nothing in it is repaired.
    """
    progress.files = sum(report.new_text is not None for report in reports)
    done: list[FileReport] = []
    with _held_back() as waiting:
        for report in reports:
            if report.new_text is not None and not waiting.signals:
                report = _written(report, sources[report.path], report.new_text)
                progress.written += report.new_text is not None
            done.append(report)
    for number in waiting.signals:
        signal.raise_signal(number)
    return done


def _written(report: FileReport, source: Source, text: str) -> FileReport:
    try:
        remarks = source.write(text)
    except SourceError as error:
        return replace(undone(report), errors=(*report.errors, error))
    return replace(report, notes=(*report.notes, *remarks))


def undone(report: FileReport) -> FileReport:
    """The report of a file that keeps its text: nothing in it is repaired."""
    findings = tuple(replace(finding, fixed=False) for finding in report.findings)
    return replace(report, findings=findings, old_text=None, new_text=None)


@dataclass
class _Waiting:
    signals: list[int] = field(default_factory=list)

    def note(self, number: int, _frame: FrameType | None) -> None:
        if number not in self.signals:
            self.signals.append(number)


@contextmanager
def _held_back() -> Iterator[_Waiting]:
    """Note signals instead of obeying them; those that are ignored stay ignored."""
    waiting = _Waiting()
    handlers = {}
    if threading.current_thread() is threading.main_thread():  # no other thread gets signals
        for number in _HELD_BACK:
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, None):
                handlers[number] = handler
                signal.signal(number, waiting.note)
    try:
        yield waiting
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
