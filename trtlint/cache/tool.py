"""What a result depends on besides the code that is checked: trtlint itself, and its rules."""

from __future__ import annotations

import os
import sys
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from trtlint import __version__

RULES_GROUP = "trtlint.rules"  # the entry points of other packages' rules
_PACKAGE = Path(__file__).resolve().parent.parent
_OTHER_ROOMS = frozenset(
    {"cli", "reporters", "runtime_check", "__pycache__"}
)  # no finding's source


def fingerprint() -> str:
    """A name for this very trtlint: its sources, its rules' versions, its parser, its Python."""
    found = blake2b(digest_size=10)
    for part in (__version__, sys.version, _version("libcst"), *_other_rules()):
        found.update(part.encode() + b"\0")
    for path in _sources(_PACKAGE):
        found.update(os.fspath(path.relative_to(_PACKAGE)).encode() + b"\0")
        found.update(path.read_bytes())
    return f"{__version__}-{found.hexdigest()}"


def _sources(package: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(package, followlinks=True):
        folders[:] = [name for name in folders if name not in _OTHER_ROOMS]
        found += [Path(folder, name) for name in names if name.endswith((".py", ".json"))]
    return sorted(found)


def _other_rules() -> list[str]:
    return sorted(
        f"{entry.name}={entry.value} of {entry.dist.name} {entry.dist.version}"
        for entry in entry_points(group=RULES_GROUP)
        if entry.dist is not None
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
