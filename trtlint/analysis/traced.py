"""Traced code: what runs when some ``forward`` runs in eval mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trtlint.analysis.project import Project, Symbol


@dataclass
class TracedFunction:
    """A function that is traced, and the module classes whose ``forward`` reaches it."""

    symbol: Symbol
    owner: Symbol | None  # the class it is a method of
    users: list[Symbol] = field(default_factory=list)  # in the order they are found

    @property
    def path(self) -> Path:
        """The file it stands in."""
        assert self.symbol.path is not None
        return self.symbol.path


def find_traced(project: Project) -> dict[str, TracedFunction]:
    """All traced functions of the project, by symbol key."""
    found: dict[str, TracedFunction] = {}
    for module in project.modules:
        forward = project.find_method(module, "forward")
        if forward is None:
            continue
        seen: set[str] = set()
        queue = [forward]
        while queue:
            symbol = queue.pop()
            if symbol.key in seen:
                continue
            seen.add(symbol.key)
            entry = found.get(symbol.key)
            if entry is None:
                entry = found[symbol.key] = TracedFunction(symbol, owner_of(project, symbol))
            entry.users.append(module)
            queue.extend(_callees(project, symbol, module))
    return found


def owner_of(project: Project, symbol: Symbol) -> Symbol | None:
    """The class that a method is defined in."""
    owner = project.function(symbol).owner
    return Symbol("class", owner, symbol.path) if owner else None


def _callees(project: Project, symbol: Symbol, module: Symbol) -> Iterator[Symbol]:
    facts = project.function(symbol)
    owner = owner_of(project, symbol)
    first = facts.parameters[0].name if facts.is_method and facts.parameters else None
    for name in facts.references:
        head, _, tail = name.partition(".")
        target: Symbol | None = None
        if first is not None and head == first and tail:
            target = project.find_method(module, tail.split(".")[0])
        elif head == "super()" and owner is not None:
            target = project.find_method(module, tail, after=owner)
        elif symbol.path is not None:
            target = project.resolve(symbol.path, name)
        if target is None or target.kind != "function" or target.path is None:
            continue
        if project.function(target).name not in ("__init__", "extra_repr"):
            yield target
