"""Which frames are the user's own, in every form in which a stack comes to us."""

from __future__ import annotations

import functools
import linecache
import os
import re
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trtlint.runtime_check.result import SourceLine

_HERE = Path(__file__).resolve().parent
_STDLIB = Path(sysconfig.get_path("stdlib")).resolve()
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
# `File "net.py", line 3, in forward` (tracebacks, exporter messages, faulthandler dumps)
_FRAME = re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)')
# `net.py(3): forward` (doc strings of the TorchScript exporter)
_SCRIPT_FRAME = re.compile(r"^(?P<path>[^\n]+?)\((?P<line>\d+)\): ", re.MULTILINE)

Frame = tuple[str, int]


@dataclass(frozen=True)
class UserCode:
    """The folders whose files belong to the user; others count only where none of these do."""

    roots: tuple[Path, ...] = ()

    @classmethod
    def around(cls, file: str | Path | None) -> UserCode:
        """The project in which ``file`` stands, or the current folder."""
        if file is None:
            return cls((Path.cwd(),))
        folder = Path(file).resolve().parent
        for parent in (folder, *folder.parents):
            if any((parent / mark).exists() for mark in _PROJECT_MARKS):
                return cls((parent,))
        return cls((folder,))

    def innermost(self, frames: Iterable[Frame]) -> SourceLine | None:
        """The innermost frame of the user; ``frames`` run from the outermost to the innermost."""
        candidates = [frame for frame in frames if not _is_foreign(frame[0])]
        own = [f for f in candidates if any(_inside(f[0], root) for root in self.roots)]
        chosen = own or candidates
        return source_line(*chosen[-1]) if chosen else None

    def of_text(self, text: str) -> SourceLine | None:
        """The innermost user frame in a traceback-like text, innermost last."""
        return self.innermost(frames_in_text(text))

    def of_dump(self, text: str) -> SourceLine | None:
        """The innermost user frame in a faulthandler dump, innermost first."""
        return self.innermost(reversed(list(frames_in_text(text))))

    def of_doc_string(self, text: str) -> SourceLine | None:
        """The innermost user frame in a TorchScript node's doc string, innermost first."""
        frames = [(m["path"], int(m["line"])) for m in _SCRIPT_FRAME.finditer(text)]
        return self.innermost(reversed(frames))

    def of_exception(self, error: BaseException) -> SourceLine | None:
        """The innermost user frame of an exception or of what caused it, the root cause first."""
        for link in reversed(list(chain_of(error))):
            frames = [
                (frame.filename, frame.lineno or 0)
                for frame in traceback.extract_tb(link.__traceback__)
            ]
            if isinstance(link, SyntaxError) and link.filename:
                frames.append((link.filename, link.lineno or 0))
            found = self.innermost(frames) or self.of_text(str(link))
            if found is not None:
                return found
        return None


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, the outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def frames_in_text(text: str) -> Iterator[Frame]:
    """All ``File "...", line N`` in the order of the text."""
    for found in _FRAME.finditer(text):
        yield found["path"], int(found["line"])


def source_line(path: str, line: int) -> SourceLine:
    """The line with its text, its path relative to the current folder where it lies below."""
    return SourceLine(display_path(path), line, linecache.getline(path, line).strip())


def display_path(path: str | Path) -> str:
    """Relative to the current folder where the path lies below it, else unchanged."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else Path(relative).as_posix()


def _is_foreign(path: str) -> bool:
    """Whether a file belongs to Python, an installed package or this room."""
    if path.startswith("<") or not path:
        return True
    resolved = _resolved(os.path.abspath(path))
    if not _INSTALLED.isdisjoint(resolved.parts):
        return True
    return resolved.is_relative_to(_STDLIB) or resolved.is_relative_to(_HERE)


def _inside(path: str, folder: Path) -> bool:
    return _resolved(os.path.abspath(path)).is_relative_to(folder)


@functools.lru_cache(maxsize=4096)  # a graph of a thousand nodes names a dozen files
def _resolved(absolute: str) -> Path:
    return Path(absolute).resolve()
