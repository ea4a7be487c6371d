"""What a fix changed, as a unified diff that ``patch -p1`` and ``git apply`` take."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from trtlint.report import Report
from trtlint.reporters.style import PLAIN, Style, shown

_STYLES = (("---", "strong"), ("+++", "strong"), ("@@", "place"), ("-", "error"), ("+", "good"))


def render(report: Report, style: Style = PLAIN) -> str:
    """The diff of all changed files, or an empty string."""
    parts = []
    for file in report.changed:
        source = report.sources.get(file.path)
        old = source.text if source is not None else file.old_text or ""
        new = file.new_text or ""
        if source is not None:
            mark = "\ufeff" if source.bom else ""
            old, new = mark + source.restore(old), mark + source.restore(new)
        parts.append(_diff(file.path, old, new, style))
    return "".join(parts)


def _diff(path: Path, old: str, new: str, style: Style) -> str:
    name = shown(_relative(path))
    lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{name}", f"b/{name}", lineterm="\n")
    return "".join(_styled(_complete(lines), style))


def _lines(text: str) -> list[str]:
    """Lines with their ends; a diff ends a line at a line feed and nowhere else."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _complete(lines: Iterable[str]) -> Iterator[str]:
    """Say, as diff does, where the last line of a file has no end."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _styled(lines: Iterable[str], style: Style) -> Iterator[str]:
    for line in lines:
        name = next((name for start, name in _STYLES if line.startswith(start)), None)
        yield line if name is None else style.lines(name, line)


def _relative(path: Path) -> Path:
    """Relative to the current folder, since a patch is applied there."""
    try:
        return Path(os.path.abspath(path)).relative_to(os.getcwd())
    except ValueError:
        return Path(os.path.abspath(path).lstrip(os.sep))
