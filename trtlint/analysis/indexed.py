"""What is known of single files: an index, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trtlint.analysis.index import FileIndex, index_file
from trtlint.errors import SourceError


@dataclass(frozen=True)
class Indexed:
    """What is known of single files.

    Attributes:
        files: the index of each file that has one.
        errors: why the others have none.
    """

    files: Mapping[Path, FileIndex]
    errors: dict[Path, SourceError]

    @classmethod
    def of(cls, found: Mapping[Path, FileIndex | SourceError]) -> Indexed:
        """What :func:`index_or_error` said of each file."""
        return cls(
            {path: one for path, one in found.items() if isinstance(one, FileIndex)},
            {path: one for path, one in found.items() if isinstance(one, SourceError)},
        )


def index_or_error(path: Path, text: str, package: str) -> FileIndex | SourceError:
    """The facts about one file, or why there are none."""
    try:
        return index_file(path, text, package)
    except SourceError as error:
        return error
