"""Traced code: what runs when some ``forward`` runs in eval mode."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from trtlint.analysis.conditions import EXPORTERS
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.reach import Callee, Reach
from trtlint.analysis.roots import models

MOST_USERS = 4  # enough to say which and that there are more; a library has thousands


@dataclass
class TracedFunction:
    """A function that is traced, the modules whose ``forward`` reaches it, and who refers to it.

    Attributes:
        symbol: the function.
        owner: the class it is a method of.
        users: the first ones found of the classes, no more than ``MOST_USERS``.
        callers: traced functions, in the order they are found.
        nested: whether methods of other classes name the owner.
    """

    symbol: Symbol
    owner: Symbol | None
    users: list[Symbol] = field(default_factory=list)
    callers: list[Symbol] = field(default_factory=list)
    nested: bool = False

    @property
    def path(self) -> Path:
        """The file it stands in."""
        assert self.symbol.path is not None
        return self.symbol.path


def find_traced(
    project: Project, exporters: frozenset[str] = EXPORTERS
) -> dict[str, TracedFunction]:
    """All traced functions of the project, by symbol key.

    Args:
        project: the index.
        exporters: those that matter; what runs under any of them is traced.
    """
    found: dict[str, TracedFunction] = {}
    callers: dict[str, dict[Symbol, None]] = {}
    reach = Reach(project, exporters)
    users: dict[Callee, list[Symbol]] = {}
    for model in models(project):
        forward = project.find_method(model, "forward")
        queue = [(Callee(forward, model), model)] if forward is not None else []
        queue += [(callee, model) for callee in reach.rebound_forward(model)]
        while queue:
            callee, user = queue.pop()
            if callee.instance is not None and project.is_module(callee.instance):
                user = callee.instance
            known = users.setdefault(callee, [])
            if user in known or len(known) == MOST_USERS:
                continue
            symbol = callee.function
            if project.function(symbol).is_stub:
                continue
            known.append(user)
            entry = found.get(symbol.key)
            if entry is None:
                entry = found[symbol.key] = TracedFunction(symbol, owner_of(project, symbol))
            if user not in entry.users and len(entry.users) < MOST_USERS:
                entry.users.append(user)
            for other in reach.callees(callee):
                callers.setdefault(other.function.key, {})[symbol] = None
                queue.append((other, user))
    named = _named_by(project)
    for key, entry in found.items():
        entry.callers.extend(callers.get(key, ()))
        if entry.owner is not None:
            name = entry.owner.qualname.rpartition(".")[2]
            entry.nested = bool(named.get(name, set()) - {(entry.path, entry.owner.qualname)})
    return found


def _named_by(project: Project) -> dict[str, set[tuple[Path, str]]]:
    """By the name of a module class, the classes whose methods mention that name."""
    names = {module.qualname.rpartition(".")[2] for module in project.modules}
    found: dict[str, set[tuple[Path, str]]] = {}
    for path, index in project.files.items():
        for facts in index.functions.values():
            for name in names & facts.names if facts.owner else ():
                found.setdefault(name, set()).add((path, str(facts.owner)))
    return found


def owner_of(project: Project, symbol: Symbol) -> Symbol | None:
    """The class that a method is defined in."""
    owner = project.function(symbol).owner
    return Symbol("class", owner, symbol.path) if owner else None
