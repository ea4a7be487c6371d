"""A project as the analysis of one file sees it, with a record of what it was asked.

What is found in a file follows from the file itself and from the answers to the questions that were
asked about the rest of the project. A result that was kept holds as long as every one of those
questions still has the same answer. So an :class:`Observed` project hands out other files' facts
through views that note each look, *what is not there* included, and starts without remembered
answers: whatever the analysis derives, it derives from noted looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from trtlint.analysis.index import FileIndex
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.traced import TracedFunction
from trtlint.source import digest

K = TypeVar("K")
V = TypeVar("V")

ALL = "*"  # in place of a key: all of them, or the whole value
TEXT = "text"  # in place of a fact's name: the source itself


@dataclass
class Consulted:
    """What was asked about everything but one file itself.

    Attributes:
        facts: by other file and name of a fact, the keys that were looked up in it.
        modules: dotted names that were looked up among the project's modules.
        relatives: by class, a digest of its relatives.
        traced: by function, a digest of the classes that reach it; "" for one not traced.
        default_dtype: by file, whether the default dtype may change.
        everything: whether all files were walked over.
    """

    facts: dict[Path, dict[str, set[str]]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    relatives: dict[str, str] = field(default_factory=dict)
    traced: dict[str, str] = field(default_factory=dict)
    default_dtype: dict[str, bool] = field(default_factory=dict)
    everything: bool = False

    def fact(self, path: Path, name: str, key: str = ALL) -> None:
        """Note a look at one fact of another file."""
        self.facts.setdefault(path, {}).setdefault(name, set()).add(key)


class Observed(Project):
    """The project as seen from ``path``.

    Args:
        base: the project itself; answers about it as a whole are computed there, once.
        path: the file whose own text and facts are free to read.
        traced: the traced functions of the whole project.
    """

    def __init__(self, base: Project, path: Path, traced: Mapping[str, TracedFunction]) -> None:
        derived = {
            name
            for kind in type(base).__mro__
            for name, value in vars(kind).items()
            if isinstance(value, cached_property)
        }
        for name, value in vars(base).items():
            if name not in derived:
                setattr(self, name, value)
        self.base = base
        self.consulted = Consulted()
        self.traced = _Traced(traced, self.consulted)
        self.files = _Files(base.files, path, self.consulted)
        self.texts = _Texts(base.texts, path, self.consulted)
        self._own = path
        self._forget()
        for name in base.files[path].functions:  # which of them are traced is asked of each file
            self.traced.note(Symbol("function", name, path).key)

    @property
    def _paths(self) -> dict[str, Path]:
        return self.base._paths

    @property
    def modules(self) -> tuple[Symbol, ...]:
        """Every ``nn.Module`` class of the project."""
        self.consulted.everything = True
        return self.base.modules

    def lines(self, path: Path) -> list[str]:
        """The file's lines, with their ends."""
        if path != self._own:
            self.consulted.fact(path, TEXT)
        return self.base.lines(path)

    def function_text(self, symbol: Symbol) -> str:
        """The lines of a function; they count as a part of its facts."""
        self.function(symbol)
        return self.base.function_text(symbol)

    def find_module(self, name: str, near: Path) -> Path | None:
        """The project file that ``import name`` means from ``near``."""
        self.consulted.modules.add(name)
        return self.base.find_module(name, near)

    def relatives(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """The project's classes whose attributes an instance may share."""
        found = self.base.relatives(symbol)
        if symbol.key not in self.consulted.relatives:
            self.consulted.relatives[symbol.key] = symbols_digest(found)
        return found

    def may_change_default_dtype(self, path: Path) -> bool:
        """Whether torch's default dtype may be another than float32 when ``path``'s code runs."""
        answer = self.base.may_change_default_dtype(path)
        self.consulted.default_dtype[str(path)] = answer
        return answer


def symbols_digest(symbols: Iterable[Symbol]) -> str:
    """What is noted of a list of symbols."""
    return digest("\n".join(symbol.key for symbol in symbols))


def users_digest(traced: TracedFunction | None) -> str:
    """What is noted of a function: whether it is traced, for whom, and who refers to it."""
    if traced is None:
        return ""
    return symbols_digest(traced.users) + symbols_digest(traced.callers) + str(traced.nested)


class _View(Mapping[K, V]):
    """A mapping whose looks are noted."""

    def __init__(self, values: Mapping[K, V]) -> None:
        self._values = values

    def note(self, key: K) -> None:
        raise NotImplementedError

    def note_all(self) -> None:
        raise NotImplementedError

    def __getitem__(self, key: K) -> V:
        self.note(key)
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        self.note(cast(K, key))
        return key in self._values

    def __iter__(self) -> Iterator[K]:
        self.note_all()
        return iter(self._values)

    def __len__(self) -> int:
        self.note_all()
        return len(self._values)


class _Files(_View[Path, FileIndex]):
    """Facts by file; those of other files are views again."""

    def __init__(self, files: Mapping[Path, FileIndex], own: Path, consulted: Consulted) -> None:
        super().__init__(files)
        self._own, self._consulted = own, consulted
        self._views: dict[Path, FileIndex] = {}

    def note(self, key: Path) -> None:
        if key != self._own:
            self._consulted.facts.setdefault(key, {})

    def note_all(self) -> None:
        self._consulted.everything = True

    def __getitem__(self, key: Path) -> FileIndex:
        if key == self._own:
            return self._values[key]
        if key not in self._views:
            self.note(key)
            view = _Index(self._values[key], self._consulted.facts[key])
            self._views[key] = cast(FileIndex, view)
        return self._views[key]


class _Texts(_View[Path, str]):
    """Source text by file."""

    def __init__(self, texts: Mapping[Path, str], own: Path, consulted: Consulted) -> None:
        super().__init__(texts)
        self._own, self._consulted = own, consulted

    def note(self, key: Path) -> None:
        if key != self._own:
            self._consulted.fact(key, TEXT)

    def note_all(self) -> None:
        self._consulted.everything = True


class _Traced(_View[str, TracedFunction]):
    """Traced functions by key."""

    def __init__(self, traced: Mapping[str, TracedFunction], consulted: Consulted) -> None:
        super().__init__(traced)
        self._consulted = consulted

    def note(self, key: str) -> None:
        self._consulted.traced[key] = users_digest(self._values.get(key))

    def note_all(self) -> None:
        self._consulted.everything = True


class _Index:
    """A :class:`FileIndex` whose looks are noted, whatever facts it has."""

    def __init__(self, index: FileIndex, noted: dict[str, set[str]]) -> None:
        self._index, self._noted = index, noted

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._index, name)
        keys = self._noted.setdefault(name, set())
        if isinstance(value, dict):
            view: Any = _Entries(value, keys)
        elif isinstance(value, frozenset):
            view = _Members(value, keys)
        else:
            keys.add(ALL)
            view = value
        setattr(self, name, view)
        return view


class _Entries(_View[str, Any]):
    """A fact that is a mapping."""

    def __init__(self, values: Mapping[str, Any], keys: set[str]) -> None:
        super().__init__(values)
        self._keys = keys

    def note(self, key: str) -> None:
        self._keys.add(key)

    def note_all(self) -> None:
        self._keys.add(ALL)


class _Members(Set[str]):
    """A fact that is a set; an intersection with another set asks for the other one's members."""

    def __init__(self, values: frozenset[str], keys: set[str]) -> None:
        self._values, self._keys = values, keys

    def __contains__(self, key: object) -> bool:
        self._keys.add(cast(str, key))
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        self._keys.add(ALL)
        return iter(self._values)

    def __len__(self) -> int:
        self._keys.add(ALL)
        return len(self._values)

    def __and__(self, other: Any) -> frozenset[str]:
        return frozenset(key for key in other if key in self)

    __rand__ = __and__


def without_lines(facts: object) -> object:
    """A fact as another file may see it: where it stands is not a part of it."""
    values = getattr(facts, "__dict__", None)
    if values is None:
        return facts
    return {name: value for name, value in values.items() if not name.endswith("line")}


__all__ = [
    "ALL",
    "TEXT",
    "Consulted",
    "Observed",
    "symbols_digest",
    "users_digest",
    "without_lines",
]
