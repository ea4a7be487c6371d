"""The one core: what is found in the selected files, and what is repaired."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from trtlint.analysis.project import Project
from trtlint.findings import FileReport
from trtlint.fix_loop import FixLoop
from trtlint.inspection import EngineSettings, Inspection, texts_of
from trtlint.source import Source


def check(
    selected: Sequence[Source], context: Sequence[Source], settings: EngineSettings
) -> Iterator[FileReport]:
    """Check each selected file; ``context`` are the project's other files."""
    with few_collections():
        run = Inspection(Project(texts_of(selected, context)), settings)
        for source in selected:
            yield run.report(source)
            run.forget(source.path)


def fix(
    selected: Sequence[Source], context: Sequence[Source], settings: EngineSettings
) -> Iterator[FileReport]:
    """Rewrite the selected files until nothing changes; nothing is written to disk.

    A file whose loop does not settle, or that a rewrite breaks, keeps its text and reports the
    rewrite's name.
    """
    with few_collections():
        loop = FixLoop(selected, context, settings)
        loop.run()
        for source in selected:
            yield loop.report(source)


@contextmanager
def few_collections() -> Iterator[None]:
    """Let Python look for garbage cycles seldom.

    Trees are many objects and hardly any cycle: looking through all of them again and again took
    more time than parsing them.
    """
    before = gc.get_threshold()
    gc.set_threshold(2_000_000, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)


__all__ = ["EngineSettings", "check", "fix"]
