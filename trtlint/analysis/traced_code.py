"""One traced function as rules see it: its tree, its values, and the way around in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

import libcst as cst

from trtlint.analysis.batch import Batched, batch_parameters
from trtlint.analysis.code import FunctionCode
from trtlint.analysis.core import Analysis
from trtlint.analysis.operator_uses import OperatorUse, operator_uses
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.sizes import DimAtom, Size
from trtlint.analysis.states import Evaluation
from trtlint.analysis.traced import TracedFunction
from trtlint.analysis.trees import is_kind, of_kind
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import UNKNOWN, Int, Method, Ref, Tensor, Value

N = TypeVar("N", bound=cst.CSTNode)
T = TypeVar("T")

_KEEPING = frozenset(f"functools.{name}" for name in ("cache", "cached_property", "lru_cache"))


class TracedCode:
    """A traced function.

    Args:
        analysis: facts about the whole project.
        traced: which modules reach the function.
        full: whether it may be rewritten; its tree then holds its layout.

    Attributes:
        code: its tree.
    """

    def __init__(self, analysis: Analysis, traced: TracedFunction, *, full: bool = False) -> None:
        self.analysis = analysis
        self.traced = traced
        symbol = traced.symbol
        self.code: FunctionCode = analysis.full_code(symbol) if full else analysis.code(symbol)
        self._memo: dict[Hashable, object] = {}

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What ``compute`` returns, computed at the first question with that key."""
        if key not in self._memo:
            self._memo[key] = compute()
        return cast(T, self._memo[key])

    @property
    def project(self) -> Project:
        """The index over all files."""
        return self.analysis.project

    @property
    def owner(self) -> Symbol | None:
        """The class that the function is a method of."""
        return self.traced.owner

    @property
    def symbol(self) -> str:
        """The function's qualified name."""
        return self.traced.symbol.qualname

    @cached_property
    def keeps_result(self) -> bool:
        """Whether it runs once and Python keeps what it returns, as for a ``cached_property``."""
        imports = self.project.files[self.code.path].imports
        for name in self.code.facts.decorators:
            head, _, tail = name.partition(".")
            if ".".join(filter(None, (imports.get(head, head), tail))) in _KEEPING:
                return True
        return False

    @cached_property
    def evaluation(self) -> Evaluation:
        """The values of all expressions, computed at the first question."""
        return self.analysis.evaluate_code(self.code)

    def value(self, node: cst.BaseExpression) -> Value:
        """What an expression may be."""
        return self.evaluation.values.get(id(node), UNKNOWN)

    def before(self, statement: cst.CSTNode) -> Mapping[str, Value]:
        """The local variables before a statement line or compound statement."""
        return self.evaluation.before.get(id(statement), {})

    def walk(self, kind: type[N], root: cst.CSTNode | None = None) -> Iterator[N]:
        """Every live node of that kind in source order.

        All rules share one walk: a question without ``root`` is answered from a list.
        """
        if root is not None:
            return iter(of_kind(self._alive(root), kind))
        return iter(self.once(("walk", kind), lambda: self._all_of(kind)))

    def _all_of(self, kind: type[N]) -> Sequence[N]:
        """Every live node of that kind, looked for only where several types are of it."""
        match [found for actual, found in self._by_type.items() if is_kind(actual, kind)]:
            case []:
                return ()
            case [only]:
                return cast(Sequence[N], only)
            case _:
                return of_kind(self._live, kind)

    @cached_property
    def _by_type(self) -> Mapping[type[cst.CSTNode], Sequence[cst.CSTNode]]:
        found: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        for node in self._live:
            found.setdefault(type(node), []).append(node)
        return found

    def nodes(self, root: cst.CSTNode | None = None) -> Sequence[cst.CSTNode]:
        """Every live node in source order."""
        return self._live if root is None else self._alive(root)

    @cached_property
    def _live(self) -> Sequence[cst.CSTNode]:
        return self._alive(None)

    def _alive(self, root: cst.CSTNode | None) -> Sequence[cst.CSTNode]:
        dead = self.evaluation.dead
        nodes = self.code.nodes(root)
        return [node for node in nodes if id(node) not in dead] if dead else nodes

    def source(self, node: cst.CSTNode) -> str:
        """The source of an expression."""
        return self.code.code(node)

    # -- the way around ---------------------------------------------------------------------

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that ``node`` is a direct part of."""
        return self.code.tree.parent(node)

    def line_of(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """The statement line that ``node`` is part of; None inside a compound statement's head."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.SimpleStatementLine):
            if isinstance(current, cst.BaseCompoundStatement):
                return None
            current = self.parent(current)
        return current

    def suite_of(self, statement: cst.CSTNode) -> cst.IndentedBlock | None:
        """The block that a statement stands in."""
        parent = self.parent(statement)
        return parent if isinstance(parent, cst.IndentedBlock) else None

    # -- torch ------------------------------------------------------------------------------

    def torch_function(self, call: cst.Call) -> str | None:
        """The qualified name of the torch function that is called: ``torch.zeros``."""
        function = self.value(call.func)
        if isinstance(function, Ref) and function.name.startswith("torch."):
            return function.name
        return None

    def tensor_method(self, call: cst.Call) -> str | None:
        """The name of the Tensor method that is called: ``view``."""
        function = self.value(call.func)
        if isinstance(function, Method) and isinstance(function.owner, Tensor):
            return function.name
        return None

    # -- the batch --------------------------------------------------------------------------

    def is_batch(self, size: Size) -> bool:
        """Whether a size is the first dimension of an input, and nothing else."""
        match size.terms:
            case (((DimAtom(axis=0),), 1),):
                return self.follows_batch(size) or not is_input(size)
            case _:
                return False

    def follows_batch(self, size: Size) -> bool:
        """Whether a size varies with the batch of the model's inputs."""
        return self._batched.follows(size)

    def has_batch(self, tensor: Tensor) -> bool:
        """Whether a tensor's first dimension varies with the batch."""
        return self._batched.carries(tensor)

    def varies(self, value: Value | None) -> bool:
        """Whether an integer, or a tensor's first dimension, varies with the batch."""
        return self._batched.carries(value)

    def batch_sizes(self, root: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        """The expressions in ``root``, itself included, that are an integer of that kind."""
        for node in self.nodes(root):
            if isinstance(node, cst.BaseExpression):
                match self.value(node):
                    case Int(size=size) if self.follows_batch(size):
                        yield node

    @cached_property
    def _batched(self) -> Batched:
        return batch_parameters(self.analysis, self.traced.symbol)

    def uses(self, *names: str) -> Iterator[OperatorUse]:
        """Every use of the torch operators of these names, however spelled; all without names.

        ``uses("cumsum")`` finds ``torch.cumsum(x, 1)`` and ``x.cumsum(1)``, ``uses("mul")`` finds
        ``x * y`` too, ``uses("MaxPool2d")`` calls of that layer.
        """
        found = self._uses
        for name in names or found:
            yield from found.get(name, ())

    @property
    def used(self) -> Set[str]:
        """The names of the torch operators that it uses."""
        return self._uses.keys()

    @cached_property
    def _uses(self) -> Mapping[str, tuple[OperatorUse, ...]]:
        return operator_uses(self)

    def spelling(self, qualified: str) -> tuple[str, tuple[str, ...]]:
        """How to write a torch function here, and what must be imported for it.

        ``torch.nn.functional.pad`` is ``F.pad`` in a file that has that import.
        """
        index = self.project.files[self.code.path]
        local = {target: name for name, target in index.imports.items()}
        parts = qualified.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            name = local.get(".".join(parts[:cut]))
            if name is not None and not self._shadows(name):
                return ".".join([name, *parts[cut:]]), ()
        if self._shadows(parts[0]):
            raise Undecided(f"a local variable called `{parts[0]}` hides the module")
        return qualified, (f"import {parts[0]}",)

    def _shadows(self, name: str) -> bool:
        """Whether a local variable of the function hides a module-level name."""
        facts = self.code.facts
        return name in facts.bound or any(p.name == name for p in facts.parameters)

    def fresh_name(self, wish: str) -> str:
        """``wish``, or with a number behind it if the function uses that name."""
        taken, name, number = self.code.facts.names, wish, 2
        while name in taken:
            name, number = f"{wish}_{number}", number + 1
        return name


@dataclass(frozen=True, eq=False)
class SizeArguments:
    """The sizes given to ``x.view(...)``, ``torch.reshape(x, ...)`` and the like."""

    operand: cst.BaseExpression
    tensor: Tensor
    nodes: tuple[cst.BaseExpression, ...]
    values: tuple[Size | None, ...]


def size_arguments(
    code: TracedCode, call: cst.Call, names: Collection[str]
) -> SizeArguments | None:
    """The sizes of a call to one of those methods or torch functions; None if it is another."""
    args = [arg.value for arg in call.args if arg.keyword is None and not arg.star]
    if len(args) != len(call.args):
        return None
    if code.tensor_method(call) in names and isinstance(call.func, cst.Attribute):
        operand = call.func.value
    elif (code.torch_function(call) or "").removeprefix("torch.") in names and args:
        operand = args.pop(0)
    else:
        return None
    if len(args) == 1 and isinstance(args[0], cst.Tuple | cst.List):
        elements = args[0].elements
        if any(isinstance(e, cst.StarredElement) for e in elements):
            return None
        args = [element.value for element in elements]
    tensor = code.value(operand)
    if not isinstance(tensor, Tensor):
        return None
    known = [code.value(arg) for arg in args]
    sizes = tuple(value.size if isinstance(value, Int) else None for value in known)
    return SizeArguments(operand, tensor, tuple(args), sizes)


def is_torch_name(code: TracedCode, name: cst.Name) -> bool:
    """Whether a variable is an import of torch or from it, so that it means the same everywhere."""
    facts = code.code.facts
    if name.value in facts.bound or any(p.name == name.value for p in facts.parameters):
        return False
    if name.value in ("True", "False", "None"):
        return True
    symbol = code.project.resolve(code.code.path, name.value)
    return (
        symbol is not None
        and symbol.kind == "external"
        and (symbol.qualname.partition(".")[0] == "torch")
    )


def is_input(size: Size) -> bool:
    """Whether a size is a dimension of a parameter, not of something computed."""
    return all(isinstance(one, DimAtom) and "@" not in one.tensor for one in size.atoms())


def has_dimension(size: Size) -> bool:
    """Whether a size is computed from a dimension of a tensor, a parameter or any other."""
    return any(isinstance(one, DimAtom) for one in size.atoms())
