"""Where results go: standard output or a file; what went wrong goes to standard error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

import click

from trtlint.errors import UsageError
from trtlint.reporters.style import Style, printable


def style_for(color: str, stream: IO[str] | None = None) -> Style:
    """Colours for a stream, standard output if not given.

    Args:
        color: "always", "never" or "auto": on a terminal, unless ``NO_COLOR`` is set.
        stream: where the text goes.
    """
    stream = sys.stdout if stream is None else stream
    if color != "auto":
        return Style(color == "always")
    if os.environ.get("NO_COLOR"):
        return Style(False)
    if os.environ.get("FORCE_COLOR"):
        return Style(True)
    return Style(stream.isatty() and os.environ.get("TERM") != "dumb")


def write(text: str, file: Path | None, style: Style) -> None:
    """Write ``text`` to a file, or to standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    if file is None:
        echo(text, style)
        return
    try:
        with open(file, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(
            f"cannot write {file}: {error.strerror or error}", "see --output-file"
        ) from None


def echo(text: str, style: Style, *, err: bool = False) -> None:
    """Print as it is, also where the terminal's encoding lacks a character."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(safe, nl=False, err=err, color=style.colors)


def fail(message: str, hint: str) -> None:
    """Print an error that ends the run."""
    style = style_for("auto", sys.stderr)
    lines = [f"{style('error', 'error')}: {printable(message)}"]
    if hint:
        lines.append(f"{style('place', 'hint')}: {printable(hint)}")
    echo("".join(line + "\n" for line in lines), style, err=True)
