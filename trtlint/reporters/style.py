"""Text on a terminal: colours, widths, and what may be shown of a name or a line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

TAB = 4  # columns, wherever the tab stands
_CODES = {
    "error": "31;1",
    "warning": "33;1",
    "advice": "36;1",
    "good": "32",
    "strong": "1",
    "place": "36",
    "dim": "2",
}


@dataclass(frozen=True)
class Style:
    """How to emphasise: with ANSI colours, or not at all."""

    colors: bool = False

    def __call__(self, name: str, text: str) -> str:
        """``text`` in the style of that name, such as "error" or "dim"."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.colors and text else text

    def lines(self, name: str, text: str) -> str:
        """The same, each line by itself, so that no line end stands inside a colour."""
        return "\n".join(self(name, line) for line in text.split("\n"))


PLAIN = Style()


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal."""
    return sum(map(_width, text)) if not text.isascii() else len(text)


def shown(path: Path) -> str:
    """A path with forward slashes; a name that is not valid UTF-8 loses the bytes that are not."""
    return path.as_posix().encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    """``text`` for a terminal: tabs as spaces, and nothing that would steer it."""
    if text.isprintable():
        return text
    return "".join(map(_printable, text))


def clip(text: str, keep: tuple[int, int], columns: int) -> tuple[str, int, int]:
    """Cut ``text`` to so many columns around the characters ``keep``.

    Returns:
        The text, then the column in it where ``keep`` begins and how many columns it takes.
    """
    start, end = keep
    if width(text) <= columns:
        return text, width(text[:start]), width(text[start:end])
    first = 0
    if width(text[:end]) > columns - 1:
        first = start
        while first > 0 and width(text[first - 1 : start]) <= columns // 4:
            first -= 1
    lead = "…" if first else ""
    last, room = first, columns - len(lead) - 1
    while last < len(text) and room >= _width(text[last]):
        room -= _width(text[last])
        last += 1
    cut = lead + text[first:last] + ("…" if last < len(text) else "")
    before = len(lead) + width(text[first:start])
    return cut, before, width(text[start : min(end, last)])


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _printable(character: str) -> str:
    if character == "\t":
        return " " * TAB
    if character.isprintable() or character == "\u3000":
        return character
    return "\ufffd"
