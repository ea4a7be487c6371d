"""Facts about many files: what a name means across them, and which classes are modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from trtlint.analysis.externals import is_external_module
from trtlint.analysis.index import ClassFacts, FileIndex, FunctionFacts
from trtlint.analysis.indexed import Indexed, index_or_error
from trtlint.errors import SourceError

if TYPE_CHECKING:
    from trtlint.analysis.code import FunctionCode

_MAX_HOPS = 12


@dataclass(frozen=True)
class Symbol:
    """What a dotted name leads to.

    Attributes:
        kind: ``function``, ``class``, ``module`` (a project file), ``constant`` (an integer),
            ``variable`` (any other, made of something the project has a name for) or ``external``.
        path: the project file, unless external.
        qualname: within the file, or the absolute dotted name if external.
    """

    kind: str
    qualname: str
    path: Path | None = None
    # Symbols are looked up so often that the path is worth hashing once only.
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.kind, self.qualname, self.path)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[Symbol], tuple[str, str, Path | None]]:
        return Symbol, (self.kind, self.qualname, self.path)  # hashes differ between processes

    @cached_property
    def key(self) -> str:
        """One string that identifies a project function or class."""
        return f"{self.path}::{self.qualname}"


class Project:
    """An index over all files that are known.

    Args:
        texts: source text by path; files that do not parse end in ``errors``.
        known: an earlier index, from which files that did not change are taken over.
        indexed: what is known of all files, if it is.
    """

    texts: Mapping[Path, str]
    files: Mapping[Path, FileIndex]
    errors: Mapping[Path, SourceError]

    def __init__(
        self,
        texts: Mapping[Path, str],
        known: Project | None = None,
        indexed: Indexed | None = None,
    ) -> None:
        self.texts = dict(texts)
        self._modules: dict[str, list[Path]] = {}
        # Trees of functions by file, kind and name: they follow from the text alone, so that all
        # who look at the project share them.
        self.codes: dict[Path, dict[tuple[type[FunctionCode], str], FunctionCode]] = {}
        self._forget()
        modules = self._names = module_names(texts)
        for path in texts:
            self._modules.setdefault(modules[path], []).append(path)
        if indexed is None:
            found: dict[Path, FileIndex | SourceError] = {}
            for path, text in texts.items():
                if known is not None and known.texts.get(path) == text:
                    found[path] = known.files.get(path) or known.errors[path]
                else:
                    found[path] = index_or_error(path, text, package_of(path, modules[path]))
            indexed = Indexed.of(found)
        self.files, self.errors = indexed.files, indexed.errors

    def _forget(self) -> None:
        """Start without answers to earlier questions."""
        self._lines: dict[Path, list[str]] = {}
        self._ancestors: dict[Symbol, tuple[Symbol, ...]] = {}
        self._relatives: dict[Symbol, dict[Symbol, None]] = {}
        self._resolved: dict[tuple[Path, str], Symbol | None] = {}

    def module_name(self, path: Path) -> str:
        """The dotted name under which the file is imported."""
        return self._names[path]

    def lines(self, path: Path) -> list[str]:
        """The file's lines, with their ends."""
        if path not in self._lines:
            self._lines[path] = source_lines(self.texts[path])
        return self._lines[path]

    def may_change_default_dtype(self, path: Path) -> bool:
        """Whether torch's default dtype may be another than float32 when ``path``'s code runs.

        A file that changes it counts if it imports ``path``, or is imported by it, directly or not.
        """
        setters = self._default_dtype_setters
        return any(p in self._imported(path) or path in self._imported(p) for p in setters)

    @cached_property
    def _default_dtype_setters(self) -> tuple[Path, ...]:
        return tuple(path for path, index in self.files.items() if index.sets_default_dtype)

    def _imported(self, path: Path) -> set[Path]:
        """The file and all project files that importing it imports."""
        found, queue = {path}, [path]
        while queue:
            current = queue.pop()
            index = self.files.get(current)
            if index is None:
                continue
            for name in (*index.imports.values(), *index.star_imports):
                parts = name.split(".")
                for cut in range(len(parts), 0, -1):
                    target = self.find_module(".".join(parts[:cut]), current)
                    if target is not None and target not in found:
                        found.add(target)
                        queue.append(target)
        return found

    @cached_property
    def _by_suffix(self) -> dict[str, list[Path]]:
        """Files by every ending of their path, for packages without ``__init__.py``."""
        found: dict[str, list[Path]] = {}
        for path in self.texts:
            for name in spellings(path):
                found.setdefault(name, []).append(path)
        return found

    def find_module(self, name: str, near: Path) -> Path | None:
        """The project file that ``import name`` means from ``near``."""
        candidates = self._modules.get(name) or self._by_suffix.get(name, [])
        if not candidates:
            return None
        return max(candidates, key=lambda path: len(_common(path, near)))

    def resolve(self, path: Path, name: str, hops: int = _MAX_HOPS) -> Symbol | None:
        """What the dotted ``name`` means at the top level of the file ``path``."""
        key = (path, name)
        if key not in self._resolved:
            found = self._resolve(path, name, hops)
            if hops != _MAX_HOPS:  # a search that was cut short elsewhere proves nothing
                return found
            self._resolved[key] = found
        return self._resolved[key]

    def _resolve(self, path: Path, name: str, hops: int) -> Symbol | None:
        index = self.files.get(path)
        if index is None or hops == 0 or not name:
            return None
        head, _, tail = name.partition(".")
        if name in index.functions:
            return Symbol("function", name, path)
        if name in index.classes:
            return Symbol("class", name, path)
        if head in index.classes:
            return self._member(Symbol("class", head, path), tail)
        if head in index.constants and not tail:
            return Symbol("constant", head, path)
        if head in index.imports:
            target = index.imports[head]
            return self.resolve_absolute(f"{target}.{tail}" if tail else target, path, hops - 1)
        if name in index.flows:
            return Symbol("variable", name, path)
        if head not in index.top_level:
            for star in index.star_imports:
                source = self.find_module(star, path)
                if source is not None and (found := self.resolve(source, name, hops - 1)):
                    return found
                if source is None and star.split(".")[0] == "torch":
                    return Symbol("external", f"{star}.{name}")
        return None

    def resolve_absolute(self, name: str, near: Path, hops: int = _MAX_HOPS) -> Symbol | None:
        """What an absolute ``name`` means: the longest project module in it, then the rest."""
        parts = name.split(".")
        for cut in range(len(parts), 0, -1):
            source = self.find_module(".".join(parts[:cut]), near)
            if source is None:
                continue
            rest = ".".join(parts[cut:])
            if not rest:
                return Symbol("module", "", source)
            return self.resolve(source, rest, hops)
        return Symbol("external", name)

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return {str(path): path for path in self.texts}

    def find(self, kind: str, key: str) -> Symbol | None:
        """The ``function`` or ``class`` of that key."""
        shown, _, qualname = key.rpartition("::")
        path = self._paths.get(shown)
        index = self.files.get(path) if path is not None else None
        if index is None:
            return None
        known = index.functions if kind == "function" else index.classes
        return Symbol(kind, qualname, path) if qualname in known else None

    def function_text(self, symbol: Symbol) -> str:
        """The lines of a function, decorators included."""
        assert symbol.path is not None
        facts = self.function(symbol)
        return "".join(self.lines(symbol.path)[facts.first_line - 1 : facts.last_line])

    def function(self, symbol: Symbol) -> FunctionFacts:
        """The facts of a ``function`` symbol."""
        assert symbol.path is not None
        return self.files[symbol.path].functions[symbol.qualname]

    def class_facts(self, symbol: Symbol) -> ClassFacts:
        """The facts of a ``class`` symbol."""
        assert symbol.path is not None
        return self.files[symbol.path].classes[symbol.qualname]

    def ancestors(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """The class and its bases, nearest first; external ones end the chain."""
        if symbol not in self._ancestors:
            self._ancestors[symbol] = tuple(self._bases(symbol))
        return self._ancestors[symbol]

    def _bases(self, symbol: Symbol) -> Iterator[Symbol]:
        queue, seen = [symbol], set()
        while queue:
            current = queue.pop(0)
            if current.key in seen:
                continue
            seen.add(current.key)
            yield current
            if current.path is None:
                continue
            for base in self.class_facts(current).bases:
                queue.extend(self._classes(current.path, base))

    def _classes(self, path: Path, base: str, hops: int = _MAX_HOPS) -> tuple[Symbol, ...]:
        """The classes that a base may be, as written in the file ``path``."""
        found = self.resolve(path, base)
        if found is not None and found.kind in ("class", "external"):
            return (found,)
        named: tuple[Symbol, ...] = ()
        if found is not None and found.kind == "variable" and found.path is not None and hops:
            for name in self.files[found.path].flows[found.qualname]:
                if not name.endswith("()"):
                    named += self._classes(found.path, name, hops - 1)
        return named or (Symbol("external", base),)

    def is_module(self, symbol: Symbol) -> bool:
        """Whether the class is an ``nn.Module``."""
        return any(
            base.path is None and is_external_module(base.qualname)
            for base in self.ancestors(symbol)
            if base.kind in ("external", "class")
        )

    def find_method(self, symbol: Symbol, name: str, after: Symbol | None = None) -> Symbol | None:
        """The method ``name`` as instances of the class see it; ``after`` skips up to that base."""
        skipping = after is not None
        for base in self.ancestors(symbol):
            if skipping:
                skipping = base != after
                continue
            if base.path is not None and name in self.class_facts(base).methods:
                return Symbol("function", f"{base.qualname}.{name}", base.path)
        return None

    @property
    def modules(self) -> tuple[Symbol, ...]:
        """Every ``nn.Module`` class of the project."""
        return tuple(family[0] for family in self.families)

    @cached_property
    def families(self) -> tuple[tuple[Symbol, ...], ...]:
        """Every ``nn.Module`` class of the project, with those that it derives from behind it."""
        classes = (
            Symbol("class", qualname, path)
            for path, index in self.files.items()
            for qualname in index.classes
        )
        return tuple(
            tuple(base for base in self.ancestors(symbol) if base.path is not None)
            for symbol in classes
            if self.is_module(symbol)
        )

    def know_families(self, keys: Iterable[Iterable[str]]) -> None:
        """Take over the families, as keys of classes, from a project in which they are the same."""
        classes: dict[str, Symbol] = {}
        families: list[tuple[Symbol, ...]] = []
        for family in keys:
            for key in family:
                if key not in classes:
                    shown, _, qualname = key.rpartition("::")
                    classes[key] = Symbol("class", qualname, self._paths[shown])
            families.append(tuple(classes[key] for key in family))
        self.families = tuple(families)

    def relatives(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """The project's classes whose attributes an instance may share: bases and subclasses."""
        if not self._relatives:
            for family in self.families:
                for base in family:
                    self._relatives.setdefault(base, {}).update(dict.fromkeys(family))
        return tuple(self._relatives.get(symbol, (symbol,)))

    def _member(self, owner: Symbol, tail: str) -> Symbol | None:
        assert owner.path is not None
        if owner.kind == "class" and "." not in tail:
            return self.find_method(owner, tail)
        return None


def source_lines(text: str) -> list[str]:
    """Lines as Python's tokenizer counts them: form feeds and the like do not end one."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)


def module_names(paths: Iterable[Path]) -> dict[Path, str]:
    """The dotted name of each file of a project."""
    known = set(paths)
    return {path: _module_name(path, known) for path in paths}


def spellings(path: Path) -> Iterator[str]:
    """The endings of a file's path, as dotted names of two parts or more."""
    parts = [*path.parts[:-1], path.stem]
    if path.name == "__init__.py":
        parts.pop()
    for start in range(max(len(parts) - 8, 0), len(parts) - 1):
        yield ".".join(parts[start:])


def package_of(path: Path, module: str) -> str:
    """The package that relative imports in the file start from."""
    return module if path.name == "__init__.py" else module.rpartition(".")[0]


def _module_name(path: Path, known: set[Path]) -> str:
    """The dotted name under which the file can be imported: up to the first folder without init."""
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while folder / "__init__.py" in known and folder.name:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts) or path.parent.name


def _common(left: Path, right: Path) -> tuple[str, ...]:
    shared = []
    for a, b in zip(left.parts, right.parts, strict=False):
        if a != b:
            break
        shared.append(a)
    return tuple(shared)
