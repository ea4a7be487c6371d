"""Everything that the rules may ask about a project."""

from __future__ import annotations

from collections import abc
from dataclasses import replace

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.arguments import Args
from trtlint.analysis.bare import Untranslated
from trtlint.analysis.batch import Batched
from trtlint.analysis.code import BareCode, FunctionCode
from trtlint.analysis.conditions import EXPORTERS, Scope
from trtlint.analysis.evidence import tensor_parameters
from trtlint.analysis.index import Parameter
from trtlint.analysis.interpret import Frame
from trtlint.analysis.layers import call_layer
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.retention import KEPT, retains
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import const, rename
from trtlint.analysis.states import Env, Evaluation, carried, number_parameter
from trtlint.analysis.traced import TracedFunction, find_traced, owner_of
from trtlint.analysis.values import (
    UNKNOWN,
    UNSURE,
    Class,
    Function,
    Int,
    Items,
    Mapping,
    Method,
    Module,
    Nothing,
    Number,
    Tensor,
    Text,
    Unknown,
    Value,
    aliases,
)

_MAX_DEPTH = 6


class Analysis:
    """Everything the rules may ask about a project.

    Args:
        project: the index it works on.
        traced: the project's traced functions, if they are known already.
        exporters: those under which the code is to run; see `conditions`.
    """

    def __init__(
        self,
        project: Project,
        traced: abc.Mapping[str, TracedFunction] | None = None,
        exporters: frozenset[str] = EXPORTERS,
    ) -> None:
        self.project = project
        self.exporters = exporters
        self.traced = find_traced(project, exporters) if traced is None else traced
        self.evidence: dict[tuple[str, int], frozenset[str]] = {}  # a cache of its own module
        self.retaining: dict[str, bool] = {}  # likewise
        self.batches: dict[str, Batched] = {}  # likewise
        self.conversions: dict[object, object] = {}  # likewise, of the model of a converter
        self._evaluations: dict[tuple[type[FunctionCode], str], Evaluation] = {}
        self._attributes: dict[str, Env] = {}
        self._made: dict[str, Env] = {}
        self._results: dict[tuple[object, ...], Value] = {}
        self._outcomes: dict[int, tuple[cst.BaseExpression, bool | None]] = {}  # kept: ids last

    # -- access -----------------------------------------------------------------------------

    def code(self, symbol: Symbol) -> FunctionCode:
        """A tree of a project function, without layout where that can be had."""
        codes = self._codes(symbol)
        key = (BareCode, symbol.qualname)
        if key not in codes:
            try:
                codes[key] = BareCode(self.project, symbol)
            except Untranslated:
                codes[key] = self.full_code(symbol)
        return codes[key]

    def full_code(self, symbol: Symbol) -> FunctionCode:
        """The tree of a project function with all of its layout: it can be rewritten."""
        codes = self._codes(symbol)
        key = (FunctionCode, symbol.qualname)
        if key not in codes:
            bare = codes.get((BareCode, symbol.qualname))
            beside = bare if isinstance(bare, BareCode) else None
            codes[key] = FunctionCode(self.project, symbol, beside)
        return codes[key]

    def _codes(self, symbol: Symbol) -> dict[tuple[type[FunctionCode], str], FunctionCode]:
        """The trees of the function's file."""
        self.project.function(symbol)  # a look at its file, also where somebody made the tree
        assert symbol.path is not None
        return self.project.codes.setdefault(symbol.path, {})

    def evaluate(self, symbol: Symbol) -> Evaluation:
        """Evaluate a function, once, for inputs of which only the kind is known."""
        return self.evaluate_code(self.code(symbol))

    def evaluate_code(self, code: FunctionCode) -> Evaluation:
        """The same for one of its trees."""
        key = (type(code), code.symbol.key)
        if key not in self._evaluations:
            if code.bare is not None and code.pairs:
                found = carried(self.evaluate_code(code.bare), code.tree, code.pairs)
            else:
                frame = Frame(self, code, self.parameters(code), (code.symbol.key,))
                found = frame.run()
            self._evaluations[key] = found
        return self._evaluations[key]

    def parameters(self, code: FunctionCode, scope: str = "") -> Env:
        """What the function's parameters may be."""
        evidence = tensor_parameters(self, code)
        owner = owner_of(self.project, code.symbol)
        env: Env = {}
        for i, parameter in enumerate(code.facts.parameters):
            if i == 0 and code.facts.is_method and owner is not None:
                env[parameter.name] = Module(owner.key, True, path="self")
            else:
                env[parameter.name] = _parameter(parameter, parameter.name in evidence, scope)
        return env

    def outcome(self, code: FunctionCode, test: cst.BaseExpression) -> bool | None:
        """What a condition in the function is in inference; None if it is open."""
        known = self._outcomes.get(id(test))
        if known is None:
            imports = self.project.files[code.path].imports
            scope = Scope(imports, code.facts.absent, self.exporters, code.facts.settled)
            known = self._outcomes[id(test)] = test, code.outcome(test, scope)
        return known[1]

    # -- classes ----------------------------------------------------------------------------

    def class_symbol(self, key: str) -> Symbol | None:
        """The class of that key."""
        return self.project.find("class", key)

    def attributes(self, owner: Symbol) -> Env:
        """What ``self`` holds whenever a method runs: what nothing but ``__init__`` assigns."""
        known = self._attributes.get(owner.key)
        if known is None:
            rebound = dict.fromkeys(self._rebound(owner), UNKNOWN)
            known = self._attributes[owner.key] = {**self.made(owner), **rebound}
        return known

    def made(self, owner: Symbol) -> Env:
        """What the class's ``__init__`` and those of its bases put into ``self``."""
        if owner.key in self._made:
            return self._made[owner.key]
        found: Env = {}
        self._made[owner.key] = found
        # A class that refers to itself sees what is known.
        known = self._attributes.setdefault(owner.key, found)
        init = self.project.find_method(owner, "__init__")
        seen: set[str] = set()
        while init is not None and init.key not in seen:
            seen.add(init.key)
            code = self.code(init)
            frame = Frame(self, code, self.parameters(code, scope=owner.qualname), (init.key,))
            frame.run()
            for name, value in frame.attributes.items():
                found.setdefault(name, value)
            base = owner_of(self.project, init)
            init = self.project.find_method(owner, "__init__", after=base) if base else None
        if known is found:
            del self._attributes[owner.key]
        return found

    def _rebound(self, owner: Symbol) -> set[str]:
        """Attributes of ``self`` that methods other than ``__init__``, or subclasses, assign."""
        found: set[str] = set()
        above = self.project.ancestors(owner)
        for relative in self.project.relatives(owner):
            if relative.path is None:
                continue
            facts = self.project.class_facts(relative)
            for method in facts.methods:
                if method != "__init__" or relative not in above:
                    symbol = Symbol("function", f"{relative.qualname}.{method}", relative.path)
                    found |= self.project.function(symbol).attributes
            if relative not in above:
                found |= facts.attributes
        return found

    def attribute(self, owner: Module, name: str, frame: Frame) -> Value:
        """``owner.name`` of an instance of a project class."""
        symbol = self.class_symbol(owner.type)
        if symbol is None:
            return UNKNOWN
        method = self.project.find_method(symbol, name)
        if method is not None:
            decorators = self.project.function(method).decorators
            if "property" in decorators or any(d.endswith("cached_property") for d in decorators):
                return self.call(Function(method.key, owner), Args(()), frame)
            return Function(method.key, owner)
        known = self.attributes(symbol)
        if name in known:
            value = known[name]
            return (
                replace(value, path=f"{owner.path}.{name}") if isinstance(value, Module) else value
            )
        if owner.path == "self" or name in ("register_buffer", "register_parameter"):
            return Method(owner, name)
        return Unknown(frozenset({f"{owner.path}.{name}"}))

    def class_member(self, key: str, name: str) -> Value:
        """``Class.name``."""
        symbol = self.class_symbol(key)
        method = self.project.find_method(symbol, name) if symbol is not None else None
        return Function(method.key) if method is not None else UNKNOWN

    def method_of(self, function: Symbol, name: str) -> Symbol | None:
        """``self.name`` inside a method."""
        owner = owner_of(self.project, function)
        return self.project.find_method(owner, name) if owner is not None else None

    def takes_tensors(self, function: Symbol, name: str) -> bool:
        """Whether ``self.name`` inside a method is a layer, whose argument is then a tensor."""
        owner = owner_of(self.project, function)
        if owner is None or "." in name:
            return False
        return isinstance(self.attributes(owner).get(name), Module)

    # -- calls ------------------------------------------------------------------------------

    def call(self, function: Value, args: Args, frame: Frame) -> Value:
        """The result of calling a project function, class or module instance."""
        match function:
            case Module(project=False):
                return call_layer(function, args, lambda f, a: self.call(f, a, frame))
            case Module(type=key):
                symbol = self.class_symbol(key)
                forward = self.project.find_method(symbol, "forward") if symbol else None
                if forward is None:
                    return Unknown(args.shared)
                return self._inline(forward, function, args, frame)
            case Class(key=key):
                symbol = self.class_symbol(key)
                if symbol is not None and self.project.is_module(symbol):
                    return Module(key, True, args.pos, tuple(args.kw.items()))
                return Unknown(args.shared)
            case Function(key=key, owner=owner):
                frame.result.calls[args.token] = (function, args)
                target = self.function_symbol(key)
                if target is None:
                    return Unknown(args.shared)
                return self._inline(target, owner, args, frame)
            case _:
                return Unknown(args.shared | aliases(function))

    def function_symbol(self, key: str) -> Symbol | None:
        """The function of that key."""
        return self.project.find("function", key)

    def _inline(self, target: Symbol, owner: Value | None, args: Args, frame: Frame) -> Value:
        """Evaluate ``target`` with these arguments, from a cache if it was done before."""
        depth = len(frame.stack)
        if target.key in frame.stack or depth >= _MAX_DEPTH or args.open:
            return Unknown(args.shared | {args.token})
        key = (target.key, owner, args.pos, tuple(sorted(args.kw.items(), key=lambda kv: kv[0])))
        if key not in self._results:
            code = self.code(target)
            env = self.parameters(code, scope=f"{target.key}@")
            for parameter in code.facts.parameters:
                if parameter.default_int is not None:
                    env[parameter.name] = Int(const(parameter.default_int))
                elif parameter.default == "NoneType":
                    env[parameter.name] = Nothing()
            names = [p.name for p in code.facts.parameters if not p.variadic]
            bound = (owner, *args.pos) if owner is not None and code.facts.is_method else args.pos
            env.update(zip(names, bound, strict=False))
            env.update({name: value for name, value in args.kw.items() if name in names})
            result = Frame(self, code, env, (*frame.stack, target.key)).run()
            self._results[key] = result.returns if result.returns is not None else UNKNOWN
        found = _renamed(self._results[key], args.shared, args.token, self._private(target, owner))
        return _kept(found) if retains(self, target) else found

    def _private(self, target: Symbol, owner: Value | None) -> tuple[str, ...]:
        """Prefixes of the names of sizes that belong to one call of ``target``.

        What a function computes without being able to name it, and the constructor arguments of an
        instance other than the caller's own ``self``: two instances have two.
        """
        prefixes = [f"{target.key}@"]
        if isinstance(owner, Module) and owner.path != "self":
            prefixes.append(owner.type.rpartition("::")[2] + ".")
        return tuple(prefixes)


def _kept(value: Value) -> Value:
    """``value``, which somebody else may hold as well."""
    match value:
        case Tensor():
            return replace(value, storage=value.storage | {KEPT})
        case Items(items=tuple() as items):
            return Items(value.kind, tuple(map(_kept, items)))
        case Items():
            return Items(value.kind, None, _kept(value.element))
        case Mapping(entries=tuple() as entries):
            return Mapping(tuple((name, _kept(entry)) for name, entry in entries))
        case Unknown():
            return Unknown(value.aliases | {KEPT})
        case _:
            return value


def _renamed(value: Value, visible: frozenset[str], token: str, private: tuple[str, ...]) -> Value:
    """What a callee returns, as its caller sees it: storage the callee made is one new token."""

    def tokens(found: frozenset[str]) -> frozenset[str]:
        return frozenset(t if t in visible or t.startswith("self") else token for t in found)

    def own(name: str) -> str:
        return f"{token}<{name}" if name.startswith(private) else name

    def sizes(shape: Shape | None) -> Shape | None:
        """Sizes that the callee could not name are others at every call."""
        if shape is None:
            return None
        dims, last = ([rename(s, own) for s in part] for part in (shape.dims, shape.last))
        rest = shape.rest and replace(shape.rest, tensor=own(shape.rest.tensor))
        return Shape(tuple(dims), rest, tuple(last))

    match value:
        case Tensor():
            return replace(
                value,
                shape=sizes(value.shape),
                storage=tokens(value.storage),
                parameter=None,
                view=None if value.view is None else UNSURE,  # its base may be left behind
            )
        case Int(size=size):
            return Int(rename(size, own))
        case Unknown():
            return Unknown(tokens(value.aliases))
        case Items(items=tuple() as items):
            return Items(
                value.kind, tuple(_renamed(item, visible, token, private) for item in items)
            )
        case Items():
            return Items(value.kind, None, _renamed(value.element, visible, token, private))
        case Mapping(entries=tuple() as entries):
            return Mapping(
                tuple((name, _renamed(v, visible, token, private)) for name, v in entries)
            )
        case _:
            return value


def _plain(annotation: str) -> str:
    """``Tensor`` of ``Optional[Tensor]`` and ``Tensor | None``; ``List[Tensor]`` stays."""
    text = annotation.strip("\"'")
    inner = text.removeprefix("typing.").removeprefix("Optional[")
    text = inner.removesuffix("]") if inner != text and text.endswith("]") else text
    return text.removesuffix("| None").removeprefix("None |").strip()


def _parameter(parameter: Parameter, evidence: bool, scope: str) -> Value:
    """What a parameter may be, from its annotation, its default and its use."""
    name = f"{scope}.{parameter.name}" if scope else parameter.name
    annotation = _plain(parameter.annotation)
    shared = frozenset({f"parameter {parameter.name}"})
    if parameter.variadic:
        return Unknown(shared)
    if annotation.endswith("]"):  # a container: what it holds is not followed
        return Unknown(shared)
    if annotation in ("int", "float", "bool"):  # said outright: more than any use of it shows
        return number_parameter(name, annotation, parameter.default_int)
    if annotation.endswith("Tensor") or (evidence and parameter.default in ("", "NoneType")):
        return Tensor(
            Shape.of_input(name),
            True,
            dtypes.of_input(name),
            f"{name}.device",
            shared,
            parameter=parameter.name,
            varies=True,
        )
    if annotation == "str" or parameter.default == "str":
        return Text()
    if parameter.default in ("int", "float", "bool"):
        return number_parameter(name, parameter.default, parameter.default_int)
    return Unknown(shared)


__all__ = ["Analysis", "Evaluation", "FunctionCode", "Number", "Project", "Symbol"]
