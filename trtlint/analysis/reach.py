"""Which functions a function may run: chains of names followed to what they may stand for.

A value may be a class, an instance of one, or a function; what it may be is read off what was
mentioned where it was made: ``self.blocks = nn.ModuleList([Block() for _ in range(3)])`` holds
instances of ``Block``, and ``self.act = ACT[name]`` any function in the table. A chain with a
link about which nothing is known leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from trtlint.analysis.names import GENERIC
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.reading import ITSELF, RETURNED
from trtlint.analysis.roots import is_for_training, is_root
from trtlint.analysis.wiring import HANDS_OUT, Wiring

_MAX_DEPTH = 40  # of values made of values; cycles end before
_CONSTRUCTORS = ("__init__", "__post_init__")
_NOT_CALLED = frozenset({"__init__", "extra_repr"})


@dataclass(frozen=True)
class Callee:
    """A function that runs, and the class of the ``self`` it runs on."""

    function: Symbol
    instance: Symbol | None = None
    # Looked up as often as symbols are.
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.function, self.instance)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class _Class:
    symbol: Symbol


@dataclass(frozen=True)
class _Instance:
    symbol: Symbol


_Meaning = _Class | _Instance | Callee
_Meanings = tuple[_Meaning, ...]  # each once, in an order that is the same at every run
_NOTHING: _Meanings = ()


class Reach:
    """Follows calls through a project.

    Args:
        project: the index.
        exporters: those under which the code may run.
    """

    def __init__(self, project: Project, exporters: frozenset[str]) -> None:
        self.project = project
        self._wiring = Wiring(project, exporters)
        self._callees: dict[Callee, tuple[Callee, ...]] = {}
        self._attributes: dict[tuple[Symbol, str], _Meanings] = {}
        self._variables: dict[tuple[Callee, str], _Meanings] = {}
        self._named: dict[tuple[Path, str], tuple[Callee, ...]] = {}
        self._roots: dict[Symbol, bool] = {}

    def callees(self, caller: Callee) -> tuple[Callee, ...]:
        """What ``caller`` may run, directly."""
        if caller not in self._callees:
            anywhere, of_self = self._wiring.halves(caller.function)
            found: dict[Callee, None] = {}
            if caller.instance is not None and anywhere:
                found.update(dict.fromkeys(self.callees(Callee(caller.function))))
                found.update(dict.fromkeys(self._search(caller, of_self)))
            else:
                found.update(dict.fromkeys(self._search(caller, [*anywhere, *of_self])))
            self._callees[caller] = tuple(found)
        return self._callees[caller]

    def _search(self, caller: Callee, names: list[str]) -> Iterator[Callee]:
        for name in names:
            passed: list[Callee] = []
            direct, meanings = self._follow(caller, name.split("."), 0, passed)
            yield from passed
            for meaning in () if self._is_kept_back(caller, name, meanings) else meanings:
                yield from self._run(meaning, direct=direct, called=name.endswith(".()"))
            if not meanings and not direct:
                yield from self._by_name(caller, name.split("."))
        facts = self.project.function(caller.function)
        decorators = facts.decorators
        if facts.name == "forward" and caller.instance is not None:
            decorators += self._of_class(caller.instance)
        for name in decorators:
            for meaning in self._global(caller.function, name):
                if isinstance(meaning, Callee) and self._wraps(meaning.function):
                    yield meaning

    def _is_kept_back(self, caller: Callee, name: str, meanings: _Meanings) -> bool:
        """Whether a forward calls an object that it need not be given, and that is no module.

        What processes results in a loop around the model, say: an exporter gives tensors.
        """
        facts = self.project.function(caller.function)
        head, _, rest = name.partition(".")
        return (
            facts.name == "forward"
            and rest in ("", "()")
            and head not in facts.bound
            and any(p.name == head and p.default == "NoneType" for p in facts.parameters)
            and all(
                isinstance(m, _Instance) and not self.project.is_module(m.symbol) for m in meanings
            )
        )

    def _of_class(self, symbol: Symbol) -> tuple[str, ...]:
        """Decorators of a class, which may put something around its forward."""
        return tuple(text.partition("(")[0] for text in self.project.class_facts(symbol).decorators)

    def _wraps(self, decorator: Symbol) -> bool:
        """Whether a decorator puts a function of its own around what it is given."""
        facts = self.project.function(decorator)
        return "wraps" in facts.names or facts.bound >= {"args", "kwargs"}

    def _run(self, meaning: _Meaning, *, direct: bool, called: bool) -> Iterator[Callee]:
        """What runs when code mentions something that has this meaning."""
        match meaning:
            case Callee(function=function):
                facts = self.project.function(function)
                if facts.name not in _NOT_CALLED and not is_for_training(facts.name):
                    yield meaning
            case _Instance(symbol=symbol) if called and direct:  # made here
                if not self.project.is_module(symbol):
                    for name in _CONSTRUCTORS:
                        if (made := self.project.find_method(symbol, name)) is not None:
                            yield Callee(made, symbol)
            case _Instance(symbol=symbol):
                yield from self._called(symbol)

    def _called(self, symbol: Symbol) -> Iterator[Callee]:
        """What calling an instance runs; the forward of a model is traced in any case."""
        if not self.project.is_module(symbol):
            name = "__call__"
        elif not self._is_root(symbol):
            name = "forward"
        else:
            return
        if (method := self.project.find_method(symbol, name)) is not None:
            yield Callee(method, symbol)

    def _is_root(self, symbol: Symbol) -> bool:
        if symbol not in self._roots:
            self._roots[symbol] = is_root(self.project, symbol)
        return self._roots[symbol]

    def _by_name(self, caller: Callee, parts: list[str]) -> Iterator[Callee]:
        """Methods of that name, of an object about which nothing is known.

        Those of classes that the file defines or imports; and, as models are handed to wrappers,
        those called ``forward_...`` of all modules.
        """
        name, path = parts[-1], caller.function.path
        of_self = parts[0] == self._wiring.local_names(caller.function)[0]
        if len(parts) < 2 + of_self or parts[0] == "super()" or path is None:
            return
        if name in GENERIC or name not in self._wiring.members:
            return
        if name.startswith("forward_"):
            yield from self._forwards.get(name, ())
            return
        if (path, name) not in self._named:
            index = self.project.files[path]
            found = []
            for local in (*index.classes, *index.imports):
                symbol = self.project.resolve(path, local)
                if symbol is None or symbol.kind != "class":
                    continue
                if (method := self.project.find_method(symbol, name)) is not None:
                    found.append(Callee(method, symbol))
            self._named[path, name] = tuple(found)
        yield from self._named[path, name]

    @cached_property
    def _forwards(self) -> dict[str, list[Callee]]:
        """Methods of modules whose name says that a forward runs them."""
        found: dict[str, list[Callee]] = {}
        for module in self.project.modules:
            for name in self.project.class_facts(module).methods:
                if name.startswith("forward_"):
                    method = Symbol("function", f"{module.qualname}.{name}", module.path)
                    found.setdefault(name, []).append(Callee(method, module))
        return found

    def rebound_forward(self, model: Symbol) -> Iterator[Callee]:
        """What a class assigns to ``self.forward``."""
        for meaning in self._attribute(model, "forward", 0):
            if isinstance(meaning, Callee):
                yield meaning

    # -- what a chain may stand for ---------------------------------------------------------

    def _follow(
        self, where: Callee, parts: list[str], depth: int, passed: list[Callee]
    ) -> tuple[bool, _Meanings]:
        """What a chain in the function may stand for, and whether it is a name that is global.

        Methods on the way, such as properties, end in ``passed``.
        """
        if depth > _MAX_DEPTH:
            return False, _NOTHING
        head, rest = parts[0], parts[1:]
        first, local = self._wiring.local_names(where.function)
        if head == "super()":
            return False, self._super(where, rest, depth, passed)
        if head == first and where.instance is not None:
            return False, self._links((_Instance(where.instance),), rest, depth, passed)
        if head == ITSELF:
            return False, (where,)
        if head in local:
            if not self._wiring.members.issuperset(rest):
                return False, _NOTHING
            return False, self._links(self._variable(where, head, depth), rest, depth, passed)
        return True, self._from_global(where.function, parts, depth, passed)

    def _super(self, where: Callee, rest: list[str], depth: int, passed: list[Callee]) -> _Meanings:
        owner = self.project.function(where.function).owner
        if not rest or owner is None or where.instance is None:
            return _NOTHING
        after = Symbol("class", owner, where.function.path)
        method = self.project.find_method(where.instance, rest[0], after=after)
        if method is None:
            return _NOTHING
        return self._links((Callee(method, where.instance),), rest[1:], depth, passed)

    def _from_global(
        self, function: Symbol, parts: list[str], depth: int, passed: list[Callee]
    ) -> _Meanings:
        assert function.path is not None
        start = self.project.resolve(function.path, parts[0])
        if start is None and parts[0] not in self.project.files[function.path].imports:
            return _NOTHING
        if start is not None and start.kind == "external":
            return _NOTHING
        plain = parts.index("()") if "()" in parts else len(parts)
        for cut in range(plain, 0, -1):
            found = self._global(function, ".".join(parts[:cut]), depth)
            if found:
                return self._links(found, parts[cut:], depth, passed)
        return _NOTHING

    def _global(self, near: Symbol, name: str, depth: int = 0) -> _Meanings:
        """What a dotted name means at the top level of the file that ``near`` stands in."""
        assert near.path is not None
        target = self.project.resolve(near.path, name)
        if target is None or target.path is None:
            return _NOTHING
        match target.kind:
            case "function":
                return (Callee(target, self._owner(target)),)
            case "class":
                return (_Class(target),)
            case "variable" if depth <= _MAX_DEPTH:
                flows = self.project.files[target.path].flows
                return _once(
                    meaning
                    for part in flows.get(target.qualname, ())
                    for meaning in self._from_global(target, part.split("."), depth + 1, [])
                )
            case _:
                return _NOTHING

    def _owner(self, function: Symbol) -> Symbol | None:
        owner = self.project.function(function).owner
        return Symbol("class", owner, function.path) if owner else None

    def _links(
        self,
        start: _Meanings,
        parts: list[str],
        depth: int,
        passed: list[Callee],
    ) -> _Meanings:
        """Follow the links of a chain from what it starts with."""
        current, i = start, 0
        while i < len(parts) and current:
            if i:
                passed += (meaning for meaning in current if isinstance(meaning, Callee))
            further = _once(
                found for meaning in current for found in self._link(meaning, parts[i], depth + 1)
            )
            if not further and parts[i] in HANDS_OUT and parts[i + 1 : i + 2] == ["()"]:
                i += 2
                continue
            current, i = further, i + 1
        return current

    def _link(self, meaning: _Meaning, part: str, depth: int) -> _Meanings:
        """One step along a chain."""
        if depth > _MAX_DEPTH:
            return _NOTHING
        match meaning, part:
            case _Class(symbol=symbol), "()":
                return (_Instance(symbol),)
            case Callee(), "()":
                return self._variable(meaning, RETURNED, depth)
            case Callee(), _:  # a property, if anything
                facts = self.project.function(meaning.function)
                if not any(d.endswith("property") for d in facts.decorators):
                    return _NOTHING
                return _once(
                    further
                    for value in self._variable(meaning, RETURNED, depth)
                    for further in self._link(value, part, depth + 1)
                )
            case ((_Class(symbol=symbol) | _Instance(symbol=symbol)), _) if part != "()":
                if part == "__class__":
                    return (_Class(symbol),)
                if (method := self._method(symbol, part)) is not None:
                    return (Callee(method, symbol),)
                return self._attribute(symbol, part, depth)
        return _NOTHING

    def _method(self, symbol: Symbol, name: str) -> Symbol | None:
        if name == "apply" and self._is_autograd_function(symbol):
            name = "forward"
        return self.project.find_method(symbol, name)

    def _is_autograd_function(self, symbol: Symbol) -> bool:
        return any(
            base.path is None and base.qualname.endswith("autograd.Function")
            for base in self.project.ancestors(symbol)
        )

    def _attribute(self, owner: Symbol, name: str, depth: int) -> _Meanings:
        """What ``name`` of an instance may be: whatever some method or the class assigns."""
        key = (owner, name)
        if key not in self._attributes:
            self._attributes[key] = _NOTHING  # while it is being looked up
            found: list[_Meaning] = []
            for base in self.project.ancestors(owner):
                if base.path is None:
                    continue
                for wanted in (name, "*"):
                    for method, part in self._wiring.assignments(base).get(wanted, ()):
                        if method is None:
                            found.extend(self._class_level(base, part, depth))
                            continue
                        where = Callee(method, owner)
                        found.extend(self._follow(where, part.split("."), depth + 1, [])[1])
            self._attributes[key] = _once(found)
        return self._attributes[key]

    def _class_level(self, near: Symbol, part: str, depth: int) -> _Meanings:
        """What a name in a class body means: a method above it, or a global."""
        method = self.project.find_method(near, part)
        if method is not None:
            return (Callee(method, near),)
        return self._from_global(near, part.split("."), depth + 1, [])

    def _variable(self, where: Callee, name: str, depth: int) -> _Meanings:
        """What a local variable of a function may be, or what it returns."""
        key = (where, name)
        if key not in self._variables:
            self._variables[key] = _NOTHING
            found: list[_Meaning] = []
            flows = self.project.function(where.function).flows
            names = [name]
            for one in names:  # grows: variables that are given other variables
                for part in flows.get(one, ()):
                    if part in flows and part != RETURNED:
                        names += [part] * (part not in names)
                    else:
                        found.extend(self._follow(where, part.split("."), depth + 1, [])[1])
            self._variables[key] = _once(found)
        return self._variables[key]


def _once(meanings: Iterable[_Meaning]) -> _Meanings:
    return tuple(dict.fromkeys(meanings))
