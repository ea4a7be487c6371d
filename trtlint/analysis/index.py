"""Facts about one file, taken from the standard library's ``ast``: fast, and free of tree nodes.

Most files end here: only functions that run under some ``forward`` are parsed again with LibCST.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from trtlint.analysis.conditions import EXPORTERS, Scope, absent_parameters
from trtlint.analysis.givens import FileGivens, Givens
from trtlint.analysis.names import dotted, dotted_names, source, walk
from trtlint.analysis.reading import AnyFunction, Reading
from trtlint.errors import UnparsableSource

# A name, and the chains mentioned in what it is given, sorted; see `reading`.
Flows = Mapping[str, tuple[str, ...]]

_DEFAULT_DTYPE = frozenset({"set_default_dtype", "set_default_tensor_type"})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function; ``default`` is its literal value's type name, if it has one."""

    name: str
    annotation: str = ""
    default: str = ""
    default_int: int | None = None
    variadic: bool = False


@dataclass(frozen=True)
class FunctionFacts:
    """A function or method. Lines are 1-based and inclusive; the first is that of a decorator."""

    name: str
    qualname: str
    first_line: int
    def_line: int
    column: int
    last_line: int
    parameters: tuple[Parameter, ...]
    decorators: tuple[str, ...]
    owner: str | None  # qualified name of the class it is a method of
    references: frozenset[str]  # chains of names that its code mentions in inference
    names: frozenset[str]  # every identifier in it
    bound: frozenset[str] = frozenset()  # names that it assigns
    attributes: frozenset[str] = frozenset()  # attributes of self that it assigns
    absent: frozenset[str] = frozenset()  # parameters that are None or False in inference
    flows: Flows = field(default_factory=dict)  # what its variables and attributes are made of
    asks_exporter: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_stub: bool = False  # it does nothing but raise
    settled: Mapping[str, bool] = field(default_factory=dict)  # conditions, as the file tells
    dormant: frozenset[str] = frozenset()  # last names of what it calls, never in inference
    asked: frozenset[str] = frozenset()  # classes in questions of isinstance

    def run_by(self, exporters: frozenset[str]) -> frozenset[str]:
        """The references of what runs under one of these exporters."""
        if not self.asks_exporter:
            return self.references
        return frozenset().union(*(self.asks_exporter[name] for name in exporters))

    @property
    def is_static(self) -> bool:
        """Whether it takes no ``self``."""
        return "staticmethod" in self.decorators

    @property
    def is_method(self) -> bool:
        """Whether its first parameter is the instance or the class."""
        return self.owner is not None and not self.is_static


@dataclass(frozen=True)
class ClassFacts:
    """A class: its bases as written, and the names of its methods and class attributes."""

    name: str
    qualname: str
    first_line: int
    last_line: int
    bases: tuple[str, ...]
    methods: tuple[str, ...]
    attributes: frozenset[str]
    decorators: tuple[str, ...] = ()
    flows: Flows = field(default_factory=dict)  # what its own attributes are made of


@dataclass(frozen=True)
class FileIndex:
    """Facts about one file."""

    path: Path
    imports: dict[str, str] = field(default_factory=dict)  # local name to absolute dotted name
    star_imports: tuple[str, ...] = ()
    functions: dict[str, FunctionFacts] = field(default_factory=dict)  # by qualified name
    classes: dict[str, ClassFacts] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)  # module-level integer literals
    top_level: frozenset[str] = frozenset()  # names bound at module level
    # Lines where a name is used while the file is imported: outside functions, or in defaults,
    # decorators and base classes.
    uses: dict[str, tuple[int, ...]] = field(default_factory=dict)
    sets_default_dtype: bool = False
    bindings: dict[str, int] = field(default_factory=dict)  # how often a top-level name is bound
    flows: Flows = field(default_factory=dict)  # what its top-level variables are made of

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier in its functions, and the last parts of names used outside them."""
        outside = {name.rpartition(".")[2] for name in self.uses}
        return frozenset(outside).union(*(facts.names for facts in self.functions.values()))


def index_file(path: Path, text: str, package: str) -> FileIndex:
    """Index ``text``.

    Args:
        path: where it came from, for messages.
        text: the source.
        package: dotted name of the package the file is in, for relative imports.

    Raises:
        UnparsableSource: it is not valid Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in users' strings are not ours
            tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        column = getattr(error, "offset", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise UnparsableSource(
            f"not valid Python: {reason}",
            path=path,
            line=line,
            column=column,
            hint="this file was skipped; the others were checked",
        ) from None
    except (RecursionError, MemoryError):  # the parser's own words for the same
        raise _too_deep(path) from None
    try:
        return _Indexer(path, package, tree).run()
    except RecursionError:
        raise _too_deep(path) from None


def _too_deep(path: Path) -> UnparsableSource:
    return UnparsableSource(
        "nested too deeply to parse", path=path, line=1, column=1, hint="this file was skipped"
    )


class _Indexer:
    def __init__(self, path: Path, package: str, tree: ast.Module) -> None:
        self.tree = tree
        self.file = FileGivens(tree, package)
        self.givens = Givens(self.file)  # of the class that is being read
        self.package = package
        self.index = FileIndex(path)
        self.stars: list[str] = []
        self.uses: dict[str, list[int]] = {}
        self.top_level: Counter[str] = Counter()
        self.default_dtype = False
        self.flows: dict[str, set[str]] = {}

    def run(self) -> FileIndex:
        self._body(self.tree.body, None)
        index = self.index
        if index.constants:
            self._drop_rebound()
        ends = {name.rpartition(".")[2] for name in self.uses}
        self.default_dtype |= bool(ends & _DEFAULT_DTYPE)
        return FileIndex(
            index.path,
            index.imports,
            tuple(self.stars),
            index.functions,
            index.classes,
            index.constants,
            frozenset(self.top_level),
            {name: tuple(lines) for name, lines in self.uses.items()},
            self.default_dtype,
            dict(self.top_level),
            _frozen(self.flows),
        )

    def _drop_rebound(self) -> None:
        """Keep as constants what is bound once in the whole file."""
        stores = Counter(
            name
            for node in walk(self.tree)
            for name in (
                [node.id]
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
                else node.names
                if isinstance(node, ast.Global)
                else []
            )
        )
        for name in [name for name in self.index.constants if stores[name] != 1]:
            del self.index.constants[name]

    def _body(self, body: list[ast.stmt], owner: str | None) -> None:
        for statement in body:
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(statement, owner)
                    if owner is None:
                        self.top_level[statement.name] += 1
                case ast.ClassDef():
                    self._class(statement, owner)
                    if owner is None:
                        self.top_level[statement.name] += 1
                case ast.Import() | ast.ImportFrom():
                    self._import(statement)
                case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                    self._compound(statement, owner)
                case _:
                    self._assignments(statement, owner)
                    self._use(statement)

    def _use(self, node: ast.AST) -> None:
        line = getattr(node, "lineno", 0)
        for name in dotted_names(node):
            self.uses.setdefault(name, []).append(line)

    def _compound(self, statement: ast.stmt, owner: str | None) -> None:
        for name in ("body", "orelse", "finalbody"):
            self._body(getattr(statement, name, []), owner)
        for handler in getattr(statement, "handlers", []):
            self._body(handler.body, owner)
        for name in ("test", "iter"):
            if (part := getattr(statement, name, None)) is not None:
                self._use(part)

    def _assignments(self, statement: ast.stmt, owner: str | None) -> None:
        if owner is not None:
            return
        for node in walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.top_level[node.id] += 1
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            for name, found in Reading([statement], self._scope()).flows.items():
                self.flows.setdefault(name, set()).update(found)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() as value)):
                if not isinstance(value, bool):
                    self.index.constants[name] = value

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname:
                    self.index.imports[alias.asname] = alias.name
                else:
                    top = alias.name.split(".")[0]
                    self.index.imports[top] = top
            return
        base = statement.module or ""
        if statement.level:
            parts = self.package.split(".") if self.package else []
            kept = parts[: len(parts) - statement.level + 1]
            base = ".".join([*kept, base] if base else kept)
        for alias in statement.names:
            if alias.name == "*":
                self.stars.append(base)
            else:
                target = f"{base}.{alias.name}" if base else alias.name
                self.index.imports[alias.asname or alias.name] = target

    def _class(self, node: ast.ClassDef, owner: str | None) -> None:
        qualname = f"{owner}.{node.name}" if owner else node.name
        methods: list[str] = []
        attributes: set[str] = set()
        own = [item for item in node.body if isinstance(item, ast.Assign | ast.AnnAssign)]
        for item in node.body:
            match item:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    methods.append(name)
                case ast.Assign(targets=targets):
                    attributes.update(t.id for t in targets if isinstance(t, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name)):
                    attributes.add(name)
        self.index.classes[qualname] = ClassFacts(
            node.name,
            qualname,
            min([node.lineno, *(d.lineno for d in node.decorator_list)]),
            node.end_lineno or node.lineno,
            tuple(filter(None, map(dotted, node.bases))),
            tuple(methods),
            frozenset(attributes),
            tuple(map(source, node.decorator_list)),
            _frozen(Reading(own, self._scope()).flows),
        )
        for base in (*node.bases, *node.decorator_list):
            self._use(base)
        outside, self.givens = self.givens, Givens(self.file, node.body)
        self._body(node.body, qualname)
        self.givens = outside

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str | None) -> None:
        qualname = f"{owner}.{node.name}" if owner else node.name
        defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
        for early in (*defaults, *node.decorator_list):
            self._use(early)
        absent = absent_parameters(node.args)
        reading = Reading(node, self._scope(absent), self.givens)
        if absent & reading.live_bound:  # what it binds itself may be anything
            absent -= reading.live_bound
            reading = Reading(node, self._scope(absent), self.givens)
        for statement in reading.imports:
            self._import(statement)  # taken as the file's
        by_exporter = {
            name: frozenset(
                Reading(
                    node, Scope(self.index.imports, absent, frozenset({name})), self.givens
                ).references
            )
            for name in EXPORTERS
            if reading.asks_exporter
        }
        if reading.names & _DEFAULT_DTYPE:
            self.default_dtype = True
        self.index.functions[qualname] = FunctionFacts(
            node.name,
            qualname,
            min([node.lineno, *(d.lineno for d in node.decorator_list)]),
            node.lineno,
            node.col_offset,
            node.end_lineno or node.lineno,
            tuple(_parameters(node.args)),
            tuple(dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list),
            owner,
            frozenset(reading.references),
            frozenset(reading.names),
            frozenset(reading.bound),
            frozenset(reading.attributes),
            absent,
            _frozen(reading.flows),
            by_exporter,
            _is_stub(node),
            reading.settled,
            frozenset(reading.dormant),
            frozenset(reading.asked),
        )

    def _scope(self, absent: frozenset[str] = frozenset()) -> Scope:
        return Scope(self.index.imports, absent)


def _frozen(flows: Mapping[str, set[str]]) -> Flows:
    return {name: tuple(sorted(found)) for name, found in flows.items()}


def _is_stub(node: AnyFunction) -> bool:
    """Whether a function only raises, or is abstract."""
    body = [
        s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
    ]
    abstract = any(dotted(d).endswith("abstractmethod") for d in node.decorator_list)
    return abstract or (len(body) == 1 and isinstance(body[0], ast.Raise))


def _parameters(args: ast.arguments) -> Iterator[Parameter]:
    positional = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    defaults += args.defaults
    for arg, default in zip(positional, defaults, strict=True):
        yield _parameter(arg, default)
    if args.vararg:
        yield Parameter(args.vararg.arg, variadic=True)
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield _parameter(arg, default)
    if args.kwarg:
        yield Parameter(args.kwarg.arg, variadic=True)


def _parameter(arg: ast.arg, default: ast.expr | None) -> Parameter:
    annotation = source(arg.annotation) if arg.annotation else ""
    match default:
        case None:
            return Parameter(arg.arg, annotation)
        case ast.Constant(value=bool()):
            return Parameter(arg.arg, annotation, "bool")
        case ast.Constant(value=int() as value):
            return Parameter(arg.arg, annotation, "int", value)
        case ast.Constant(value=value):
            return Parameter(arg.arg, annotation, type(value).__name__)
        case _:
            return Parameter(arg.arg, annotation, "expression")
