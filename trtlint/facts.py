"""Facts about single files, as one run makes them and a later one takes them over.

Facts about a file hold as long as its text and its package do. Those that were kept are read in two
steps: a *head*, by which files are compared, at once, and everything else when it is asked for.
After an edit of one file most of a project's facts never are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import cast

from trtlint.analysis.index import FileIndex
from trtlint.analysis.indexed import Indexed, index_or_error
from trtlint.analysis.observed import without_lines
from trtlint.analysis.project import package_of, source_lines
from trtlint.cache.memory import plain_error, read_error
from trtlint.cache.serial import Plain, decoder, encode
from trtlint.errors import SourceError
from trtlint.source import digest

BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError)
_index = decoder(FileIndex)


class Facts:
    """The facts about one file.

    Args:
        path: the file.
        digest: of its text.
        package: what its relative imports start from.
        shape: a digest of what the index says, but for where it stands; empty without an index.
        body: the rest, as it was kept.

    Attributes:
        path: the file.
        digest: of its text.
        package: what its relative imports start from.
        shape: of its index.
        body: the rest, as it is kept; empty as long as it was not asked for.
    """

    def __init__(self, path: Path, digest: str, package: str, shape: str, body: str = "") -> None:
        self.path, self.digest, self.package = path, digest, package
        self.shape, self.body = shape, body

    @cached_property
    def found(self) -> FileIndex | SourceError:
        """The index, or why there is none."""
        _, index, error = self._parts
        return cast(FileIndex, _index(index)) if index is not None else read_error(self.path, error)

    @cached_property
    def functions(self) -> Mapping[str, str]:
        """A digest of each function's text."""
        return cast(Mapping[str, str], self._parts[0])

    @cached_property
    def _parts(self) -> Plain:
        return json.loads(self.body)

    def lines(self) -> tuple[str, str]:
        """Head and body, as they are kept."""
        if not self.body:
            if isinstance(self.found, FileIndex):
                found = [encode(self.found), None]
            else:
                found = [None, plain_error(self.found)]
            self.body = _json([self.functions, *found])
        return _json([str(self.path), self.digest, self.package, self.shape]), self.body


def indexed(facts: Mapping[Path, Facts]) -> Indexed:
    """What is known of a project's files; what was kept is read when it is asked for."""
    if not any(known.body for known in facts.values()):
        return Indexed.of({path: known.found for path, known in facts.items()})
    errors = {p: cast(SourceError, known.found) for p, known in facts.items() if not known.shape}
    return Indexed(_Late({path: known for path, known in facts.items() if known.shape}), errors)


class _Late(Mapping[Path, FileIndex]):
    """Indexes by file."""

    def __init__(self, facts: Mapping[Path, Facts]) -> None:
        self._facts = facts

    def __getitem__(self, key: Path) -> FileIndex:
        return cast(FileIndex, self._facts[key].found)

    def __contains__(self, key: object) -> bool:
        return key in self._facts

    def __iter__(self) -> Iterator[Path]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def make_facts(
    texts: Mapping[Path, str], modules: Mapping[Path, str], kept: bool, path: Path
) -> Facts:
    """The facts about a file; ``kept`` says whether they are to be compared with later ones."""
    text = texts[path]
    package = package_of(path, modules[path])
    found = index_or_error(path, text, package)
    functions: dict[str, str] = {}
    shape = "new" if isinstance(found, FileIndex) else ""
    if kept and isinstance(found, FileIndex):
        shape = _shape(found)
        lines = source_lines(text)
        for name, facts in found.functions.items():
            functions[name] = digest("".join(lines[facts.first_line - 1 : facts.last_line]))
    made = Facts(path, digest(text) if kept else "", package, shape)
    made.found, made.functions = found, functions
    return made


def remembered(lines: Iterable[str]) -> Iterator[Facts]:
    """The facts that were kept in these lines; the last word about a file counts."""
    one = iter(lines)
    for head, body in zip(one, one, strict=False):
        try:
            shown, text, package, shape = json.loads(head)
            known = Facts(Path(shown), text, package, shape, body)
        except BROKEN:
            continue
        yield known


def _shape(found: FileIndex) -> str:
    """A digest of everything in an index but line numbers."""
    facts = {field.name: getattr(found, field.name) for field in fields(found)}
    facts["uses"] = sorted(found.uses)
    parts = {
        name: {key: encode(without_lines(one)) for key, one in value.items()}
        if isinstance(value, dict)
        else encode(value)
        for name, value in facts.items()
    }
    return digest(json.dumps(parts, sort_keys=True))


def _json(plain: Plain) -> str:
    return json.dumps(plain, separators=(",", ":"))


__all__ = ["BROKEN", "Facts", "indexed", "make_facts", "remembered"]
