"""The one core: what is found in the selected files, and what is repaired."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from trtlint.cache import Memory
from trtlint.candidates import EngineSettings
from trtlint.findings import FileReport
from trtlint.fix_loop import FixLoop
from trtlint.incremental import Check
from trtlint.indexing import Indexing
from trtlint.source import Source, texts_of
from trtlint.workers import SELDOM


def check(
    selected: Sequence[Source],
    context: Sequence[Source],
    settings: EngineSettings,
    memory: Memory | None = None,
    jobs: int = 1,
    begun: Indexing | None = None,
) -> Iterator[FileReport]:
    """Check each selected file.

    Args:
        selected: the files.
        context: the project's other files.
        settings: what is looked for.
        memory: what an earlier run left, and where to leave what this one finds.
        jobs: how many processes may work.
        begun: the facts about all these files, if they are being made already.
    """
    with few_collections():
        run = Check(texts_of(selected, context), settings, memory, jobs, begun)
        yield from run.reports([source.path for source in selected])


def fix(
    selected: Sequence[Source],
    context: Sequence[Source],
    settings: EngineSettings,
    memory: Memory | None = None,
    jobs: int = 1,
    begun: Indexing | None = None,
) -> Iterator[FileReport]:
    """Rewrite the selected files until nothing changes; nothing is written to disk.

    A file whose loop does not settle, or that a rewrite breaks, keeps its text and reports the
    rewrite's name. The arguments are those of :func:`check`, by which the files are found that
    there is something to do in.
    """
    with few_collections():
        if len(selected) == 1 and memory is None:  # nothing is remembered, nothing can be left out
            loop = FixLoop(selected, context, settings)
            loop.run()
            yield loop.report(selected[0])
            return
        run = Check(texts_of(selected, context), settings, memory, jobs, begun)
        looks = {report.path: report for report in run.reports([s.path for s in selected])}
        fixable = {p for p, look in looks.items() if any(map(settings.may_fix, look.findings))}
        if not fixable:
            yield from looks.values()
            return
        others = [source for source in selected if source.path not in fixable]
        wanted = [source for source in selected if source.path in fixable]
        loop = FixLoop(wanted, [*context, *others], settings, run.project)
        loop.run()
        for source in selected:
            yield loop.report(source) if source.path in fixable else looks[source.path]


@contextmanager
def few_collections() -> Iterator[None]:
    """Let Python look for garbage cycles seldom."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


__all__ = ["EngineSettings", "check", "fix"]
