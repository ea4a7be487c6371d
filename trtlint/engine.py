"""The one core: what is found in the selected files, and what is repaired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trtlint.analysis.project import Project
from trtlint.findings import FileReport
from trtlint.fix_loop import FixLoop
from trtlint.inspection import EngineSettings, Inspection, texts_of
from trtlint.source import Source


def check(
    selected: Sequence[Source], context: Sequence[Source], settings: EngineSettings
) -> Iterator[FileReport]:
    """Check each selected file; ``context`` are the project's other files."""
    project = Project(texts_of(selected, context))
    run = Inspection(project, settings)
    for source in selected:
        yield run.report(source)


def fix(
    selected: Sequence[Source], context: Sequence[Source], settings: EngineSettings
) -> Iterator[FileReport]:
    """Rewrite the selected files until nothing changes; nothing is written to disk.

    A file whose loop does not settle, or that a rewrite breaks, keeps its text and reports the
    rewrite's name.
    """
    loop = FixLoop(selected, context, settings)
    loop.run()
    for source in selected:
        yield loop.report(source)


__all__ = ["EngineSettings", "check", "fix"]
