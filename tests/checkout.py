"""This checkout, for tests that install or walk it."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("rules", "rewrites", "runtime_check")

_LEFTOVERS = (
    ".git", ".venv", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "build", "dist",
)  # fmt: skip


def copy_checkout(to: Path) -> Path:
    """Copy the working tree, links as links, without what tools left behind; return ``to``."""
    return Path(
        shutil.copytree(ROOT, to, symlinks=True, ignore=shutil.ignore_patterns(*_LEFTOVERS))
    )
