"""The engine at work for a session: guarded against crashes, and spared where results are known.

The engine knows files by their paths in the project, however the user spelled them, so that results
are the same, and the same ones, from every folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trtlint.cache import Cache, Memory
from trtlint.errors import AuthorError, SourceError, TrtlintError
from trtlint.findings import FileReport
from trtlint.report import Action
from trtlint.source import Source, texts_of

if TYPE_CHECKING:
    from trtlint.engine import EngineSettings
    from trtlint.indexing import Indexing

CRASHES = 3  # so many in a row, with nothing done between them, are not about one file


class Work:
    """What one request has the engine do.

    Args:
        action: what is asked for.
        root: the project.
        cache: where results are kept, if they are.
        jobs: how many processes may work.
    """

    def __init__(self, action: Action, root: Path, cache: Cache | None, jobs: int) -> None:
        self._action, self._root = action, root
        self._cache, self._jobs = cache, jobs
        self._memory: Memory | None = None
        self._names = _ProjectNames(root)
        self._begun: Indexing | None = None

    def begin(self, selected: Sequence[Source], context: Sequence[Source]) -> None:
        """Begin with what hangs on these files alone; :meth:`run` is to be asked about them all.

        Rules take as long to import as half the files to be read.
        """
        from trtlint.indexing import Indexing

        texts = texts_of(self._named(selected), self._named(context))
        self._begun = Indexing(texts, texts, self._cache is not None, self._jobs)

    def close(self) -> None:
        """End what was begun."""
        if self._begun is not None:
            self._begun.close()
            self._begun = None

    def _named(self, sources: Sequence[Source]) -> list[Source]:
        """The files under their names in the project."""
        return [replace(source, path=self._names.of(source.path)) for source in sources]

    def run(
        self,
        selected: Sequence[Source],
        context: Sequence[Source],
        settings: Mapping[str, Any],
        withheld: Mapping[Path, frozenset[str]] | None = None,
    ) -> Iterator[FileReport]:
        """The report of each selected file, under the name that the user gave it.

        Args:
            selected: the files that are asked about.
            context: the other files of the project.
            settings: the engine's, without the root.
            withheld: rules whose rewrites are not applied, by file.
        """
        names = self._names
        if withheld is not None:
            pairs = {(names.of(path), rule) for path in withheld for rule in withheld[path]}
            settings = {**settings, "withheld": frozenset(pairs)}
        given = {names.of(source.path): source.path for source in selected}
        selected, context = self._named(selected), self._named(context)
        for report in self._known(selected, context, settings):
            yield _renamed(report, given[report.path])

    def _known(
        self, selected: Sequence[Source], context: Sequence[Source], settings: Mapping[str, Any]
    ) -> Iterator[FileReport]:
        """The reports, from the cache if nothing has changed, else from the engine."""
        if self._cache is not None:
            texts = {source.path: source.text for source in (*context, *selected)}
            self._memory = self._cache.memory(self._root, settings, texts)
            known = self._memory.unchanged([source.path for source in selected])
            fixing = self._action is not Action.CHECK
            if known is not None and not (fixing and any(f.fix for r in known for f in r.findings)):
                yield from known
                return
        from trtlint.engine import EngineSettings

        yield from self._guarded(selected, context, EngineSettings(root=self._root, **settings))

    def _guarded(
        self, selected: Sequence[Source], context: Sequence[Source], settings: EngineSettings
    ) -> Iterator[FileReport]:
        """What the engine says of each file; where it crashes on one, go on with the next."""
        from trtlint.engine import check, fix

        work = check if self._action is Action.CHECK else fix
        done = crashes = 0
        while done < len(selected):
            error: TrtlintError | None = None
            try:
                left, rest = selected[done:], [*context, *selected[:done]]
                begun, self._begun = self._begun, None
                for report in work(left, rest, settings, self._memory, self._jobs, begun):
                    yield report
                    done, crashes = done + 1, 0
                if done < len(selected):
                    error = _crash(selected[done], "said nothing of this file")
            except TrtlintError as raised:
                error = raised
            except Exception as raised:
                error = _crash(selected[done], f"crashed: {type(raised).__name__}: {raised}")
                error.__cause__ = raised
            if error is not None:
                crashes += 1
                last = len(selected) if crashes == CRASHES else done + 1
                for source in selected[done:last]:
                    yield FileReport(source.path, errors=(error,))
                done = last


def _crash(source: Source, message: str) -> AuthorError:
    return AuthorError(message, unit="engine", path=source.path)


class _ProjectNames:
    """Paths relative to the project's root, where they lie inside; else absolute."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._folders: dict[Path, Path] = {}

    def of(self, path: Path) -> Path:
        """The name of a file in the project."""
        folder = path.parent
        if folder not in self._folders:
            real = Path(os.path.realpath(folder))
            inside = real.is_relative_to(self._root)
            self._folders[folder] = real.relative_to(self._root) if inside else real
        return self._folders[folder] / path.name


def _renamed(report: FileReport, path: Path) -> FileReport:
    if report.path == path:
        return report
    for error in report.errors:
        if isinstance(error, SourceError) and error.path == report.path:
            error.path = path
    findings = tuple(replace(finding, path=path) for finding in report.findings)
    return replace(report, path=path, findings=findings)
