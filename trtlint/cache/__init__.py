"""The cache on disk: results by content, settings and the very trtlint that found them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from trtlint.cache.memory import Memory
from trtlint.cache.store import Store, remove
from trtlint.cache.tool import fingerprint

__all__ = ["Cache", "Memory", "remove"]

Families = Mapping[str, tuple[str, ...]]


class Cache:
    """The cache in one folder.

    Args:
        folder: where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder, fingerprint())

    def rules(self) -> tuple[tuple[str, ...], Families] | None:
        """Names of all rules, and of those of each family, if they are known."""
        lines = self._store.read("rules")
        if lines is None:
            return None
        names, families = json.loads(lines[0])
        return tuple(names), {family: tuple(members) for family, members in families.items()}

    def keep_rules(self, names: Sequence[str], families: Families) -> None:
        """Remember the names."""
        self._store.write("rules", [json.dumps([names, families])])

    def memory(
        self, root: Path, settings: Mapping[str, object], texts: Mapping[Path, str]
    ) -> Memory:
        """The memory of runs with these settings over this project."""
        return Memory(self._store, root, settings, texts)
