"""Which remembered reports still hold: those whose grounds are what they were.

The grounds of a report are what was asked about the rest of the project while its file was
analysed, with the answers, or with digests of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trtlint.analysis.index import FileIndex
from trtlint.analysis.observed import (
    ALL,
    TEXT,
    Consulted,
    symbols_digest,
    users_digest,
    without_lines,
)
from trtlint.analysis.project import module_names, spellings
from trtlint.cache.serial import Plain, encode
from trtlint.facts import Facts
from trtlint.inspection import Inspection


@dataclass(frozen=True)
class Snapshot:
    """The files of a project at one time.

    Attributes:
        facts: about each file, as far as they are still known.
        digests: of each file's text.
    """

    facts: Mapping[Path, Facts]
    digests: Mapping[Path, str]


def plain_grounds(consulted: Consulted) -> Plain:
    """What a report follows from besides its own file, as JSON can say it."""
    return [
        encode(consulted.facts),
        encode(consulted.modules),
        consulted.relatives,
        consulted.traced,
        consulted.default_dtype,
        consulted.everything,
    ]


class Validity:
    """What has changed between two snapshots.

    Args:
        before: the snapshot that the reports hold for.
        now: that of the inspected project.
        inspection: whom the questions are put to again.
        unmoved: whether it is known that the same code is traced, that classes are related and
            that files import one another as before.
    """

    def __init__(
        self, before: Snapshot, now: Snapshot, inspection: Inspection, *, unmoved: bool = False
    ) -> None:
        self._before, self._now = before, now
        self._project, self._traced = inspection.project, inspection.traced
        names, old_names = module_names(now.digests), module_names(before.digests)
        paths = names.keys() | old_names.keys()
        moved = {path for path in paths if names.get(path) != old_names.get(path)}
        self._changed = {str(p) for p in paths if now.digests.get(p) != before.digests.get(p)}
        self._changed |= {str(path) for path in moved}
        self._modules = {spelled for path in moved for spelled in spellings(path)}
        self._modules |= {n[path] for path in moved for n in (names, old_names) if path in n}
        self._unmoved = unmoved
        self._users: dict[str, str] = {}
        self._relatives: dict[str, str] = {}
        self._keys: dict[tuple[str, str], frozenset[str]] = {}

    def holds(self, path: Path, grounds: Plain) -> bool:
        """Whether the report on ``path`` still holds.

        Raises:
            Exception: the grounds are malformed, in any of the ways in which data can be.
        """
        facts, modules, relatives, traced, default_dtype, everything = grounds
        if str(path) in self._changed or (everything and self._changed):
            return False
        return (
            not any(self._differs(other, facts[other]) for other in self._changed & facts.keys())
            and self._modules.isdisjoint(modules)
            and (self._unmoved or self._same_answers(traced, relatives, default_dtype))
        )

    def _same_answers(
        self,
        traced: Mapping[str, str],
        relatives: Mapping[str, str],
        default_dtype: Mapping[str, bool],
    ) -> bool:
        """Whether questions about the project as a whole are answered as they were."""
        return (
            all(self._users_of(key) == known for key, known in traced.items())
            and all(self._relatives_of(key) == known for key, known in relatives.items())
            and all(
                self._project.may_change_default_dtype(Path(other)) == known
                for other, known in default_dtype.items()
            )
        )

    def _users_of(self, key: str) -> str:
        if key not in self._users:
            self._users[key] = users_digest(self._traced.get(key))
        return self._users[key]

    def _relatives_of(self, key: str) -> str:
        if key not in self._relatives:
            symbol = self._project.find("class", key)
            found = self._project.relatives(symbol) if symbol is not None else ()
            self._relatives[key] = symbols_digest(found)
        return self._relatives[key]

    def _differs(self, path: str, noted: Mapping[str, list[str]]) -> bool:
        """Whether something that was looked up in a file is not what it was."""
        before = self._before.facts.get(Path(path))
        now = self._now.facts.get(Path(path))
        if before is None or now is None or before.package != now.package:
            return True
        if not (isinstance(before.found, FileIndex) and isinstance(now.found, FileIndex)):
            return True
        for name, keys in noted.items():
            if name == TEXT:
                return True
            changed = self._changed_keys(path, name, before, now)
            if changed and (ALL in keys or ALL in changed or not changed.isdisjoint(keys)):
                return True
        return False

    def _changed_keys(self, path: str, name: str, before: Facts, now: Facts) -> frozenset[str]:
        """Under which keys a fact has changed, as other files see it."""
        if (path, name) not in self._keys:
            old, new = getattr(before.found, name), getattr(now.found, name)
            if isinstance(old, dict) and isinstance(new, dict):
                found = _changed_entries(old, new)
                if name == "functions":
                    found |= _changed_entries(before.functions, now.functions)
            elif isinstance(old, frozenset) and isinstance(new, frozenset):
                found = old ^ new
            else:
                found = frozenset() if old == new else frozenset({ALL})
            self._keys[path, name] = found
        return self._keys[path, name]


def _changed_entries(old: Mapping[str, object], new: Mapping[str, object]) -> frozenset[str]:
    return frozenset(
        key
        for key in old.keys() | new.keys()
        if key not in old or key not in new or without_lines(old[key]) != without_lines(new[key])
    )


def holding(validity: Validity, grounds: Mapping[Path, Plain]) -> Iterator[Path]:
    """The files whose reports still hold; malformed grounds never do."""
    for path, plain in grounds.items():
        try:
            if validity.holds(path, plain):
                yield path
        except (ValueError, TypeError, KeyError, AttributeError):  # noqa: PERF203
            continue
