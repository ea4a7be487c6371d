"""The facts about files, made in other processes while this one goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

from trtlint.analysis.project import module_names
from trtlint.facts import Facts, make_facts
from trtlint.workers import Spread

WORTH_A_PROCESS = 150_000  # characters; less is done before a second process has started


class Indexing:
    """Makes facts about files, from now on.

    Args:
        texts: the text of every file of the project.
        paths: those that facts are wanted of.
        kept: whether the facts are to be compared with later ones.
        jobs: how many processes may work.
    """

    def __init__(
        self, texts: Mapping[Path, str], paths: Collection[Path], kept: bool, jobs: int
    ) -> None:
        self._paths = paths
        self._task = partial(make_facts, texts, module_names(texts), kept)
        self._spread: Spread[Path, Facts] | None = None
        ordered = worth_spreading(texts, paths, jobs)
        if ordered:
            self._spread = Spread(self._task, ordered, jobs)

    def facts(self) -> dict[Path, Facts]:
        """What came of it; what nobody else did is done here."""
        made = dict(self._spread) if self._spread is not None else {}
        return {path: made.get(path) or self._task(path) for path in self._paths}

    def close(self) -> None:
        """Nobody waits for it any more."""
        if self._spread is not None:
            self._spread.close()


def worth_spreading(texts: Mapping[Path, str], paths: Collection[Path], jobs: int) -> list[Path]:
    """The files, the longest first, if several processes are sooner done with them; else none."""
    size = sum(len(texts[path]) for path in paths)
    if jobs < 2 or len(paths) < 2 or size < WORTH_A_PROCESS:
        return []
    return sorted(paths, key=lambda path: -len(texts[path]))
