"""Whether new facts about a file may change which code is traced, and how classes are related.

Following all calls of a project takes longer than looking at one file again, and hardly any edit
changes where they lead. So each file's *frame*, what stands outside functions, is compared; and of
each function what others see of it: the classes that it names, and the chains in it that may lead
somewhere. ``y = x.cumsum(1)`` leads nowhere in a project that has nothing called ``cumsum``. All
this says what :mod:`trtlint.analysis.reach` and :mod:`trtlint.analysis.roots` look at, and has to
follow where they change. A doubt counts as a change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trtlint.analysis.index import FileIndex, FunctionFacts
from trtlint.analysis.names import GENERIC
from trtlint.analysis.observed import without_lines
from trtlint.analysis.project import Project
from trtlint.analysis.reading import ITSELF, RETURNED
from trtlint.analysis.wiring import chains, local_names


@dataclass(frozen=True)
class Landmarks:
    """What a project has names for, as it was when its traced code was found.

    Attributes:
        modules: names of its module classes.
        members: all links by which a chain may lead on.
    """

    modules: frozenset[str]
    members: frozenset[str]


class Steady:
    """Compares what is known of single files before and after an edit.

    Args:
        project: as it is now; it has the same files under the same names as before.
        exporters: those under which the code may run.
        landmarks: as they were.
        mentioned: whether any file but this one may mention a name.
    """

    def __init__(
        self,
        project: Project,
        exporters: frozenset[str],
        landmarks: Landmarks,
        mentioned: Callable[[Path, str], bool],
    ) -> None:
        self._project, self._exporters = project, exporters
        self._landmarks, self._mentioned = landmarks, mentioned

    def same(self, before: FileIndex, now: FileIndex) -> bool:
        """Whether a file means the same for what is traced; all changed files must."""
        differ = before.functions.keys() ^ now.functions.keys()
        if _frame(before, differ) != _frame(now, differ) or not self._same_imports(before, now):
            return False
        common = before.functions.keys() & now.functions.keys()
        return all(
            self._unseen(index, name)
            for index in (before, now)
            for name in differ & index.functions.keys()
        ) and all(
            self._view(now.path, before.functions[name]) == self._view(now.path, facts)
            for name, facts in now.functions.items()
            if name in common and without_lines(before.functions[name]) != without_lines(facts)
        )

    def _same_imports(self, before: FileIndex, now: FileIndex) -> bool:
        """Whether imports lead to the same, those aside that lead out of the project."""
        old, new = list(before.imports.items()), list(now.imports.items())
        if old == new:
            return True
        both = set(old) & set(new)
        if [item for item in old if item in both] != [item for item in new if item in both]:
            return False
        names = {name for name, _ in set(old) ^ set(new)}
        taken = {*now.functions, *now.top_level, *before.functions, *before.top_level}
        classes = repr([before.classes, now.classes])
        return (
            not now.star_imports
            and names.isdisjoint(taken)
            and not any(name in classes for name in names)
            and all(self._is_outside(now.path, target) for _, target in set(old) ^ set(new))
        )

    def _is_outside(self, path: Path, target: str) -> bool:
        found = self._project.resolve_absolute(target, path)
        return found is not None and found.kind == "external"

    def _unseen(self, index: FileIndex, name: str) -> bool:
        """Whether nothing can lead to a function, and it tells nothing about others."""
        facts = index.functions[name]
        return (
            facts.owner is None
            and facts.names.isdisjoint(self._landmarks.modules)
            and not any(link.startswith("self.") for link in facts.flows)
            and not mentions(index, name)
            and not self._mentioned(index.path, name)
        )

    def _view(self, path: Path, facts: FunctionFacts) -> object:
        """What following chains sees of a function."""
        return _View(self._project, path, facts, self._landmarks, self._exporters).seen()


def mentions(index: FileIndex, name: str) -> bool:
    """Whether anything in a file but its definition holds a name."""
    own = index.functions.get(name)
    others = {key: facts for key, facts in index.functions.items() if key != name}
    beside: list[object] = [index.imports, index.star_imports, index.classes]
    beside += [index.flows, others]
    if own is not None:
        beside += [own.references, own.names, own.flows, own.parameters, own.decorators]
    return re.search(rf"\b{re.escape(name)}\b", repr(beside)) is not None


class _View:
    """One function, as following chains sees it."""

    def __init__(
        self,
        project: Project,
        path: Path,
        facts: FunctionFacts,
        landmarks: Landmarks,
        exporters: frozenset[str],
    ) -> None:
        self._project, self._path, self._facts = project, path, facts
        self._landmarks, self._exporters = landmarks, exporters
        self._first, self._local = local_names(facts)
        self._global: dict[str, bool] = {}
        self._meaning: set[str] = set()  # variables that may stand for something
        growing = True
        while growing:
            more = {
                name
                for name, parts in facts.flows.items()
                if name not in self._meaning and any(map(self._may_mean, parts))
            }
            self._meaning |= more
            growing = bool(more)

    def seen(self) -> object:
        """What is to be compared."""
        facts = self._facts
        is_forward = facts.name == "forward"  # what it asks for says whether it is a start
        halves = [
            [(chain, self._is_local(chain)) for chain in half if self._counts(chain)]
            for half in chains(facts, self._exporters)
        ]
        made: dict[str, list[tuple[str, bool]]] = {}
        wanted = [RETURNED, *sorted(name for name in facts.flows if name.startswith("self."))]
        wanted += [chain.split(".", 1)[0] for half in halves for chain, local in half if local]
        for name in wanted:  # grows on the way
            if name not in made:
                made[name] = [(part, self._is_local(part)) for part in self._made_of(name)]
                wanted += [part.split(".", 1)[0] for part, local in made[name] if local]
        return (
            halves,
            made,
            self._first,
            facts.name,
            facts.owner,
            facts.decorators,
            facts.is_stub,
            "wraps" in facts.names,
            facts.bound >= {"args", "kwargs"},
            [
                self._landmarks.modules & names
                for names in (facts.names, facts.dormant, facts.asked)
            ],
            self._landmarks.modules
            & {part for name in facts.references for part in name.split(".")},
            [(p.annotation, p.default, p.variadic) for p in facts.parameters if is_forward],
        )

    def _made_of(self, name: str) -> Iterator[str]:
        """The chains that a variable is made of, by way of other variables."""
        flows = self._facts.flows
        names = [name]
        for one in names:  # grows: variables that are given other variables
            for part in flows.get(one, ()):
                if part in flows and part != RETURNED and not name.startswith("self."):
                    names += [part] * (part not in names)
                elif self._may_mean(part):
                    yield part

    def _is_local(self, chain: str) -> bool:
        return chain.split(".", 1)[0] in self._local

    def _counts(self, chain: str) -> bool:
        """Whether something may be traced because a function mentions the chain."""
        if self._may_mean(chain):
            return True
        parts = chain.split(".")
        return (
            self._is_local(chain)
            and len(parts) > 1
            and parts[-1] != "()"
            and parts[-1] not in GENERIC
            and parts[-1] in self._landmarks.members
        )

    def _may_mean(self, chain: str) -> bool:
        """Whether a chain may lead anywhere."""
        head, *rest = chain.split(".")
        if head in ("super()", ITSELF) or head == self._first:
            return True
        if head in self._local:
            return head in self._meaning and self._landmarks.members.issuperset(rest)
        if head not in self._global:
            found = self._project.resolve(self._path, head)
            known = head in self._project.files[self._path].imports
            self._global[head] = known if found is None else found.kind != "external"
        return self._global[head]


def _frame(index: FileIndex, without: set[str]) -> object:
    """What stands outside functions, in its order."""
    classes = [(name, without_lines(facts)) for name, facts in index.classes.items()]
    return (
        index.star_imports,
        classes,
        index.constants,
        index.top_level - without,
        index.flows,
        index.sets_default_dtype,
    )
