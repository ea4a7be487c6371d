"""Files that are imported with another text than they have on disk."""

from __future__ import annotations

import io
import linecache
import os
import tokenize
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from types import CodeType


class Overlay:
    """Serves other texts to imports of this process; nothing on disk changes.

    Bytecode of these files is neither read nor written. Tracebacks and ``inspect.getsource``, from
    which ``torch.jit.script`` compiles, see the same text.

    Attributes:
        loaded: real paths of all source files that were imported since.
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._texts = texts
        self.loaded: set[str] = set()

    def install(self) -> None:
        """From now on, for the rest of the process."""
        original = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
            path = os.path.realpath(loader.path)
            self.loaded.add(path)
            text = self._texts.get(path)
            if text is None:
                return original(loader, fullname)
            lines = _lines(text)
            # Without a time of modification, the entry is not held against the file on disk.
            linecache.cache[loader.path] = (len(text), None, lines, loader.path)
            code: CodeType = loader.source_to_code(text, loader.path)
            return code

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def _lines(text: bytes) -> list[str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(text).readline)
    decoded = text.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    return [line + "\n" for line in decoded.split("\n")]
