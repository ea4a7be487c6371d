"""What functions and classes are made of, sorted by the questions that following a chain asks."""

from __future__ import annotations

from functools import cached_property

from trtlint.analysis.index import FunctionFacts
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.reading import ITSELF

# Methods of containers that hand out what they hold.
HANDS_OUT = frozenset({"get", "items", "values", "pop", "setdefault", "copy"})


class Wiring:
    """Answers that are kept, about single functions and classes of a project.

    Args:
        project: the index.
        exporters: those under which the code may run.
    """

    def __init__(self, project: Project, exporters: frozenset[str]) -> None:
        self.project = project
        self.exporters = exporters
        self._assigned: dict[Symbol, dict[str, list[tuple[Symbol | None, str]]]] = {}
        self._halves: dict[Symbol, tuple[list[str], list[str]]] = {}
        self._locals: dict[Symbol, tuple[str | None, frozenset[str]]] = {}

    def halves(self, function: Symbol) -> tuple[list[str], list[str]]:
        """The chains in a function that mean the same for any ``self``, and the others."""
        if function not in self._halves:
            self._halves[function] = chains(self.project.function(function), self.exporters)
        return self._halves[function]

    def local_names(self, function: Symbol) -> tuple[str | None, frozenset[str]]:
        """The name of a method's ``self``, and all names that are not global in a function."""
        if function not in self._locals:
            self._locals[function] = local_names(self.project.function(function))
        return self._locals[function]

    @cached_property
    def members(self) -> frozenset[str]:
        """All links by which a chain may lead from one thing of the project to another."""
        return links(self.project)

    def assignments(self, owner: Symbol) -> dict[str, list[tuple[Symbol | None, str]]]:
        """What a class makes its attributes of: chains, and the methods that they stand in."""
        if owner not in self._assigned:
            found: dict[str, list[tuple[Symbol | None, str]]] = {}
            facts = self.project.class_facts(owner)
            for name, parts in facts.flows.items():
                found.setdefault(name, []).extend((None, part) for part in parts)
            for method in facts.methods:
                symbol = Symbol("function", f"{owner.qualname}.{method}", owner.path)
                for name, parts in self.project.function(symbol).flows.items():
                    if name.startswith("self."):
                        entries = found.setdefault(name.removeprefix("self."), [])
                        entries.extend((symbol, part) for part in parts)
            self._assigned[owner] = found
        return self._assigned[owner]


def chains(facts: FunctionFacts, exporters: frozenset[str]) -> tuple[list[str], list[str]]:
    """The chains in a function that mean the same for any ``self``, and the others."""
    heads = {p.name for p in facts.parameters[:1]} if facts.is_method else set()
    heads |= {"super()", ITSELF}
    growing = True
    while growing:  # variables made of self are as good as self
        more = {
            name
            for name, parts in facts.flows.items()
            if name not in heads and any(p.split(".", 1)[0] in heads for p in parts)
        }
        heads |= more
        growing = bool(more)
    halves: tuple[list[str], list[str]] = ([], [])
    _, local = local_names(facts)
    names = facts.run_by(exporters)
    for name in sorted(names):
        head = name.removesuffix(".()")
        # What a variable was given is mentioned there; it counts here if it is called.
        if name in local and f"{name}.()" not in names:
            continue
        if name != head and "." not in head and not head[:1].isupper():
            continue
        halves[name.split(".", 1)[0] in heads].append(name)
    return halves


def local_names(facts: FunctionFacts) -> tuple[str | None, frozenset[str]]:
    """The name of a method's ``self``, and all names that are not global in the function."""
    parameters = [parameter.name for parameter in facts.parameters]
    first = parameters[0] if facts.is_method and parameters else None
    return first, facts.bound.union(parameters)


def links(project: Project) -> frozenset[str]:
    """All links by which a chain may lead from one thing of the project to another."""
    found = {"()", "*", "__class__", "apply", *HANDS_OUT}
    for index in project.files.values():
        for class_facts in index.classes.values():
            found.update(class_facts.methods, class_facts.flows)
        for facts in index.functions.values():
            found.update(
                name.removeprefix("self.") for name in facts.flows if name.startswith("self.")
            )
    return frozenset(found)
