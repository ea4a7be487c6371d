"""One file as text, and the way back to the same bytes.

Reading keeps what is not Python about a file: its encoding cookie, a byte order mark, its line
endings, its permissions. Writing puts them back, so that a fix changes the lines it is about and
nothing else. Parsing is the engine's.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import stat
import sys
import tempfile
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from trtlint.errors import SourceError, UnreadableSource

_LONE_ENDING = re.compile(r"(?<!\r)\n|\r(?!\n)")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Source:
    """The decoded text of a file, and how it was spelled on disk.

    ``text`` has "\\n" line endings where *every* ending in the file was CRLF (``newline`` is then
    "\\r\\n"); a file with mixed endings is kept exactly as it is.
    """

    path: Path
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    mode: int = 0o644

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read and decode ``path``.

        Raises:
            UnreadableSource: it cannot be opened or decoded, or it is not text.
        """
        data = _load(path)
        encoding, bom = _encoding_of(path, data)
        text = _decode(path, data.removeprefix(codecs.BOM_UTF8) if bom else data, encoding)
        newline = "\n"
        if "\r\n" in text and not _LONE_ENDING.search(text):
            newline, text = "\r\n", text.replace("\r\n", "\n")
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:  # deleted since; only a later write needs the mode
            mode = 0o644
        return cls(path, text, encoding, bom, newline, mode)

    @property
    def lines(self) -> list[str]:
        """The text by lines, without their ends, numbered as Python numbers them."""
        return split_lines(self.text)

    def restore(self, text: str) -> str:
        """``text`` with this file's line endings."""
        return re.sub(r"\r?\n", "\r\n", text) if self.newline == "\r\n" else text

    def to_bytes(self, text: str) -> bytes:
        """``text`` as it stands in the file.

        Raises:
            SourceError: the file's encoding has no spelling for a character.
        """
        try:
            data = self.restore(text).encode(self.encoding)
        except UnicodeEncodeError as error:
            character = error.object[error.start : error.end]
            raise SourceError(
                f"{character!r} cannot be written in the file's encoding, {self.encoding}",
                path=self.path,
                hint="save the file as UTF-8; it was left untouched",
            ) from None
        return codecs.BOM_UTF8 + data if self.bom else data

    def write(self, new_text: str) -> tuple[str, ...]:
        """Replace the file's text, all of it or nothing.

        Follows symbolic links to the real file and keeps its permissions. The new text takes the
        place of the old one in a single step, once all of it is on the disk.

        Returns:
            Remarks that the user should know.

        Raises:
            SourceError: the text cannot be encoded, the file is read-only, was changed since it
                was read, or cannot be replaced. It is untouched in every case.
        """
        old, new = self.to_bytes(self.text), self.to_bytes(new_text)
        self._require_unchanged(old)
        real = Path(os.path.realpath(self.path))
        if not os.access(real, os.W_OK):  # replacing it needs the folder's permission only
            raise SourceError(
                "the file is read-only; it was left untouched",
                path=self.path,
                hint="make it writable, or leave it out",
            )
        try:
            before = real.stat()
            with _beside(real, new, before) as name:
                self._require_unchanged(old)  # as late as can be
                os.replace(name, real)
        except OSError as error:
            raise SourceError(
                f"cannot write: {error.strerror or error}",
                path=self.path,
                hint="the file was left untouched; is its folder writable, and the disk not full?",
            ) from None
        if before.st_nlink > 1:
            return ("the file had other names (hard links); those keep the old text",)
        return ()

    def _require_unchanged(self, data: bytes) -> None:
        try:
            found = _load(self.path)
        except UnreadableSource:
            raise SourceError(
                "the file is gone, or can no longer be read; nothing was written",
                path=self.path,
                hint="run trtlint again",
            ) from None
        if found != data:
            raise SourceError(
                "the file was changed while trtlint was at work; it was left untouched",
                path=self.path,
                hint="run trtlint again",
            )


def digest(text: str) -> str:
    """A short name for a text, another one for every other text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def split_lines(text: str) -> list[str]:
    """Lines as Python counts them: at "\\n", "\\r" and "\\r\\n", and at no other character."""
    return _LINE_END.split(text)


def _load(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UnreadableSource(
            f"cannot read: {error.strerror or error}",
            path=path,
            hint="check the file's permissions, or leave it out with `exclude`",
        ) from None


def _encoding_of(path: Path, data: bytes) -> tuple[str, bool]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableSource(
            "the file is UTF-16, which Python does not read",
            path=path,
            line=1,
            hint="save it as UTF-8",
        )
    if (at := data.find(0)) >= 0:
        raise UnreadableSource(
            "the file holds a null byte, so it is not Python source",
            path=path,
            line=_line_at(data, at),
            hint="leave it out with `exclude`, or remove the byte",
        )
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        # detect_encoding reports a bad cookie and bad UTF-8 in the first lines alike
        if "unknown encoding" in str(error) or "encoding problem" in str(error):
            raise UnreadableSource(
                f"{error.msg} in the file's coding cookie",
                path=path,
                line=1,
                hint="name an encoding that Python knows, such as utf-8 or latin-1",
            ) from None
        _decode(path, data, "utf-8")
        raise UnreadableSource(error.msg, path=path, line=1) from None
    bom = encoding == "utf-8-sig"
    return ("utf-8" if bom else encoding), bom


def _decode(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        bad = data[error.start : error.start + 1].hex()
        raise UnreadableSource(
            f"not valid {encoding}: byte 0x{bad}",
            path=path,
            line=_line_at(data, error.start),
            hint="save the file as UTF-8, or name its encoding in the first line: "
            "# -*- coding: latin-1 -*-",
        ) from None
    except (
        LookupError,
        ValueError,
    ) as error:  # a cookie such as `rot13`
        raise UnreadableSource(
            f"cannot decode as {encoding}: {error}", path=path, line=1, hint="save it as UTF-8"
        ) from None


def _line_at(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


@contextlib.contextmanager
def _beside(real: Path, data: bytes, like: os.stat_result) -> Iterator[str]:
    """A file with this content in the same folder, on the disk and with the same permissions.

    It is gone afterwards, unless it was renamed. Its name is none that would be checked, should
    the process be killed.
    """
    descriptor, name = tempfile.mkstemp(prefix=".trtlint-", suffix=".tmp", dir=real.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _copy_permissions(real, name, like)
        yield name
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _copy_permissions(real: Path, name: str, like: os.stat_result) -> None:
    """Owner and group as far as one may give files away, the mode, and access control lists."""
    if hasattr(os, "chown"):
        for owner, group in ((-1, like.st_gid), (like.st_uid, -1)):
            with contextlib.suppress(OSError):
                os.chown(name, owner, group)
    os.chmod(name, stat.S_IMODE(like.st_mode))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a file system without them
            for key in os.listxattr(real):
                with contextlib.suppress(OSError):
                    os.setxattr(name, key, os.getxattr(real, key))


def texts_of(selected: Sequence[Source], context: Sequence[Source]) -> dict[Path, str]:
    """The text of every file, in an order that does not tell which ones are selected."""
    texts = {source.path: source.text for source in (*context, *selected)}
    return dict(sorted(texts.items(), key=lambda item: item[0].parts))
