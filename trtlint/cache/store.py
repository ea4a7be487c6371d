"""Files of a cache: written whole, read only where they are whole.

A cache may be deleted, cut short, scrambled, made read-only or written by several runs at once. A
file that is not exactly what some run of this very trtlint wrote counts as absent, and what cannot
be written is not: nothing here raises because of the disk.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

FORMAT = 1
_TAG = "CACHEDIR.TAG"  # https://bford.info/cachedir/
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"
_TAG_TEXT = f"{_SIGNATURE}\n# This folder is a cache of trtlint; `trtlint clean` removes it.\n"
_VERSIONS = 3  # how many trtlints may have results in one folder
_FILES = 40  # how many files one trtlint may have


class Store:
    """The files of one trtlint in one cache folder.

    Args:
        folder: the cache; it comes into being at the first write.
        tool: a name for this very trtlint.
    """

    def __init__(self, folder: Path, tool: str) -> None:
        self.folder = folder
        self.tool = tool
        self._ready = False

    def read(self, name: str) -> list[str] | None:
        """The lines of a file; None if it is absent or not whole."""
        try:
            data = (self.folder / self.tool / name).read_bytes()
            head, _, body = data.partition(b"\n")
            if head != self._head(name, body):
                return None
            return body.decode("ascii").split("\n")
        except (OSError, ValueError):
            return None

    def write(self, name: str, lines: Sequence[str]) -> None:
        """Write a file of ASCII lines, all of it or nothing."""
        body = "\n".join(lines).encode("ascii")
        try:
            self._prepare()
            _replace(self.folder / self.tool / name, self._head(name, body) + b"\n" + body)
        except OSError:
            return  # the next run computes again

    def _head(self, name: str, body: bytes) -> bytes:
        checksum = blake2b(body, digest_size=20, key=f"{self.tool}/{name}".encode()[:64])
        return f"trtlint cache {FORMAT} {checksum.hexdigest()}".encode()

    def _prepare(self) -> None:
        if self._ready:
            return
        own = self.folder / self.tool
        own.mkdir(parents=True, exist_ok=True)
        if not (self.folder / _TAG).is_file():
            _replace(self.folder / ".gitignore", b"*\n")
            _replace(self.folder / _TAG, _TAG_TEXT.encode())
        _keep_newest(self.folder, _VERSIONS, but=own)
        _keep_newest(own, _FILES)
        self._ready = True


def remove(folder: Path) -> bool | None:
    """Remove a cache folder.

    Returns:
        Whether there was one; None if the folder is something else, which is left alone.

    Raises:
        OSError: it cannot be removed.
    """
    if not os.path.lexists(folder):
        return False
    try:
        ours = (folder / _TAG).read_text(encoding="utf-8") == _TAG_TEXT
    except (OSError, ValueError):
        ours = False
    if not ours or folder.is_symlink():
        return None
    shutil.rmtree(folder)
    return True


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _keep_newest(folder: Path, most: int, but: Path | None = None) -> None:
    """Remove what was not written for the longest time, and what a killed run left half written."""
    with os.scandir(folder) as scan:
        kind = [entry for entry in scan if entry.is_dir(follow_symlinks=False) == (but is not None)]
        found = sorted(
            (entry for entry in kind if entry.name not in (_TAG, ".gitignore")),
            key=lambda entry: entry.stat(follow_symlinks=False).st_mtime,
            reverse=True,
        )
    for entry in found[most:]:
        if but is not None and entry.path != str(but):
            shutil.rmtree(entry.path, ignore_errors=True)
        elif but is None:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
