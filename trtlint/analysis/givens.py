"""Conditions that a file settles by itself: what is there, what is missing, what already fits.

``hasattr(self, "ids")`` holds if ``__init__`` puts ``ids`` there whatever happens, and
``hasattr(self.part, "ids")`` if the class of ``part`` does. A package that a file imports inside
``try`` and can do without is taken to be missing, as it is where nobody asked for it: ``if
has_apex:`` does not run. A way out that only raises does without nothing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from trtlint.analysis.names import walk
from trtlint.analysis.refills import Stores, assigned

_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception"})
# What is there wherever a torch model runs.
_INSTALLED = frozenset({"torch", "torchvision", "numpy"}) | sys.stdlib_module_names


class FileGivens:
    """What the top level of a file says.

    Args:
        tree: the file.
        package: the package that it is in, itself no optional one.
    """

    def __init__(self, tree: ast.Module, package: str) -> None:
        self._tree = tree
        own = package.partition(".")[0]
        tries = [node for node in tree.body if isinstance(node, ast.Try)]
        self.optional = frozenset(
            name for node in tries for name in _optional(node, _INSTALLED | {own})
        )

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Its classes by name."""
        return {node.name: node for node in self._tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def deleted(self) -> frozenset[str]:
        """Attributes that it deletes of something."""
        found: set[str] = set()
        for node in walk(self._tree):
            match node:
                case ast.Delete(targets=targets):
                    found.update(t.attr for t in targets if isinstance(t, ast.Attribute))
                case ast.Call(
                    func=ast.Name(id="delattr"), args=[_, ast.Constant(value=str() as name)]
                ):
                    found.add(name)
        return frozenset(found)


class Givens:
    """Answers for the functions of a file, or for the methods of one of its classes.

    Args:
        file: what the file says.
        body: the statements of the class.
    """

    def __init__(self, file: FileGivens, body: Sequence[ast.stmt] = ()) -> None:
        self._file = file
        self._body = body
        self._stores = Stores(body) if body else None

    def settled(self, node: ast.If, own: Collection[str]) -> Iterator[tuple[str, bool]]:
        """The parts of a condition that are settled, as text, and what they are.

        Args:
            node: the ``if``.
            own: names that mean something else in the function.
        """
        if self._stores is not None:
            yield from ((text, False) for text in self._stores.misfits(node))
        optional = self._file.optional.difference(own)
        raises = bool(node.orelse) and isinstance(node.orelse[-1], ast.Raise)
        if optional and not raises:
            yield from ((text, False) for text in _asks_for(node.test, optional))
        for part in walk(node.test):
            match part:
                case ast.Call(
                    func=ast.Name(id="hasattr"), args=[of, ast.Constant(value=str() as name)]
                ) if name in self._always(of) and name not in self._file.deleted:
                    yield ast.unparse(part), True

    def _always(self, of: ast.expr) -> frozenset[str]:
        """The attributes that ``self`` or a part of it always has."""
        match of:
            case ast.Name(id="self"):
                return frozenset(name for name, _ in _certain(self._body))
            case ast.Attribute(value=ast.Name(id="self"), attr=part):
                made = [value for name, value in _certain(self._body) if name == part]
                if len(made) == 1 and isinstance(made[0], ast.Call):
                    function = made[0].func
                    known = self._file.classes
                    if isinstance(function, ast.Name) and function.id in known:
                        return frozenset(name for name, _ in _certain(known[function.id].body))
        return frozenset()


def _certain(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr | None]]:
    """What ``__init__`` puts into ``self`` under no condition."""
    for method in body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            for statement in method.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
                    yield from assigned([statement])
                elif any(isinstance(node, ast.Return) for node in walk(statement)):
                    return


def _asks_for(test: ast.expr, optional: Collection[str]) -> Iterator[str]:
    """The parts of a condition that ask whether one of these packages is there."""
    for part in test.values if _is_and(test) else [test]:  # type: ignore[attr-defined]
        match part:
            case ast.Name(id=name) if name in optional:
                yield name
            case ast.Compare(
                left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]
            ) if name in optional:
                yield ast.unparse(part)


def _is_and(test: ast.expr) -> bool:
    return isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And)


def _optional(node: ast.Try, installed: Collection[str]) -> Iterator[str]:
    """Names that are False or None where what this statement imports is missing."""
    if not any(_is_foreign(part, installed) for part in node.body):
        return
    for handler in node.handlers:
        caught = handler.type
        names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        if not any(isinstance(name, ast.Name) and name.id in _MISSING for name in names):
            continue
        for statement in handler.body:
            match statement:
                case ast.Assign(targets=targets, value=ast.Constant(value=None | False)):
                    yield from (t.id for t in targets if isinstance(t, ast.Name))


def _is_foreign(statement: ast.stmt, installed: Collection[str]) -> bool:
    match statement:
        case ast.Import(names=names):
            return all(alias.name.partition(".")[0] not in installed for alias in names)
        case ast.ImportFrom(module=str() as module, level=0):
            return module.partition(".")[0] not in installed
    return False
