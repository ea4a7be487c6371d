"""What is traced, taken over from an earlier run as long as no edit can have changed it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from trtlint.analysis.index import FileIndex
from trtlint.analysis.project import Project
from trtlint.analysis.steady import Landmarks, Steady, mentions
from trtlint.analysis.traced import TracedFunction, find_traced
from trtlint.analysis.wiring import links
from trtlint.cache import Memory
from trtlint.cache.serial import decoder, encode
from trtlint.facts import BROKEN, Facts

_read_traced = decoder(dict[str, TracedFunction])


class Tracing:
    """The traced functions of a project.

    Args:
        project: the project.
        exporters: those under which the code may run.
        memory: what an earlier run left.
        past: facts about the files as they were in some earlier runs.
        facts: as they are.

    Attributes:
        found: the traced functions by symbol key.
    """

    def __init__(
        self,
        project: Project,
        exporters: frozenset[str],
        memory: Memory,
        past: Mapping[Path, Facts],
        facts: Mapping[Path, Facts],
    ) -> None:
        self._facts = facts
        shapes = {str(path): known.shape for path, known in facts.items()}
        found: dict[str, TracedFunction] | None = None
        lines = memory.traced(exporters)
        try:
            kept = dict(json.loads(lines[0]))
            families, members = json.loads(lines[1])
            landmarks = Landmarks(_names(families), frozenset(members))
            self._steady = Steady(project, exporters, landmarks, self._mentioned)
            before = {p: f for p, f in past.items() if f.shape == kept.get(str(p))}
            if list(kept) == list(shapes) and self.unmoved(before):
                found = _read_traced(json.loads(lines[2]))
                project.know_families(families)
        except BROKEN:
            found = None
        if found is None:
            found = find_traced(project, exporters)
            families = [[one.key for one in family] for family in project.families]
            landmarks = Landmarks(_names(families), links(project))
            self._steady = Steady(project, exporters, landmarks, self._mentioned)
            lines = ["", _json([families, sorted(landmarks.members)]), _json(encode(found))]
        shown = _json(shapes)
        if lines[0] != shown:
            memory.keep_traced(exporters, [shown, *lines[1:]])
        self.found = found

    def unmoved(self, before: Mapping[Path, Facts]) -> bool:
        """Whether the same is traced, and classes are related alike, as with earlier facts.

        Args:
            before: facts about the same files.
        """
        if before.keys() != self._facts.keys():
            return False
        return all(
            self._same(before[path], known)
            for path, known in self._facts.items()
            if before[path].shape != known.shape
        )

    def _same(self, before: Facts, now: Facts) -> bool:
        old, new = before.found, now.found
        if not (isinstance(old, FileIndex) and isinstance(new, FileIndex)):
            return False
        return before.package == now.package and self._steady.same(old, new)

    def _mentioned(self, path: Path, name: str) -> bool:
        """Whether any other file may mention a name; if its facts do not hold it, none does."""
        return any(
            (name in known.lines()[1] or not name.isascii())
            and (not isinstance(known.found, FileIndex) or mentions(known.found, name))
            for other, known in self._facts.items()
            if other != path
        )


def _names(families: Iterable[Sequence[str]]) -> frozenset[str]:
    """The names of the classes that stand first."""
    return frozenset(family[0].rpartition("::")[2].rpartition(".")[2] for family in families)


def _json(plain: object) -> str:
    return json.dumps(plain, separators=(",", ":"))
