"""Walking LibCST trees, fast: only nodes with meaning, no whitespace, no commas.

LibCST's own ``children`` runs its visitor over every field; on real code that costs several times
as much as all the rules. So do questions of ``isinstance``: its node classes are abstract base
classes, whose checks run in Python. Here a type is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TypeGuard, TypeVar

import libcst as cst

N = TypeVar("N", bound=cst.CSTNode)

# Fields that hold layout, or that repeat what another field says.
_LAYOUT = frozenset(
    """lpar rpar comma semicolon leading_lines lines_after_decorators lines_after_module_docstring
    header footer lbracket rbracket lbrace rbrace leading_whitespace trailing_whitespace newline
    equal colon first_colon second_colon dot whitespace_before_colon indent""".split()
)


@cache
def field_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields that :func:`children` walks."""
    return tuple(
        field.name
        for field in fields(kind)
        if field.name not in _LAYOUT and not field.name.startswith("whitespace")
    )


_NODE_TYPES: dict[type, bool] = {}


def _is_node(value: object) -> TypeGuard[cst.CSTNode]:
    kind = type(value)
    known = _NODE_TYPES.get(kind)
    if known is None:
        known = _NODE_TYPES[kind] = issubclass(kind, cst.CSTNode)
    return known


@cache
def is_kind(actual: type, wanted: type) -> bool:
    """``issubclass``, remembered."""
    return issubclass(actual, wanted)


@cache
def _parts_of(kind: type[cst.CSTNode]) -> Callable[[cst.CSTNode], tuple[object, ...]] | None:
    """What reads all fields of a node at once that may hold nodes; None if none may."""
    names = [f.name for f in fields(kind) if f.name in field_names(kind) and f.type is not str]
    if not names:
        return None
    # Of one name alone an attrgetter makes no tuple.
    return attrgetter(*names) if len(names) > 1 else attrgetter(names[0], names[0])


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The direct parts of ``node`` in source order."""
    found: list[cst.CSTNode] = []
    parts_of = _parts_of(type(node))
    if parts_of is None:
        return found
    last: object = None
    for value in parts_of(node):
        if value is None or value is last:
            continue
        last = value
        if _is_node(value):
            found.append(value)
        elif isinstance(value, list | tuple):
            parts: Sequence[object] = value
            found.extend(part for part in parts if _is_node(part))
    return found


def subtree(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """``root`` and every node below it, in source order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


Pairs = list[tuple[cst.CSTNode, cst.CSTNode]]
_STRINGS = frozenset({cst.SimpleString, cst.ConcatenatedString, cst.FormattedString})
_SIGNS = frozenset({cst.Dot, cst.ParamSlash, cst.ParamStar})  # layout with a name


class Tree:
    """Every node of a tree in source order, walked once; the nodes below one are a slice of it.

    Args:
        root: the top.
    """

    def __init__(self, root: cst.CSTNode) -> None:
        self.nodes: list[cst.CSTNode] = []
        self._parents: list[int] = []
        self._at: dict[int, int] = {}
        stack, owners = [root], [-1]
        while stack:
            node = stack.pop()
            here = len(self.nodes)
            self._at[id(node)] = here
            self.nodes.append(node)
            self._parents.append(owners.pop())
            parts = children(node)
            if parts:
                parts.reverse()
                stack += parts
                owners += [here] * len(parts)
        self._sizes = [1] * len(self.nodes)
        for here in range(len(self.nodes) - 1, 0, -1):
            self._sizes[self._parents[here]] += self._sizes[here]

    def below(self, root: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """``root`` and every node below it, in source order."""
        at = self._at.get(id(root))
        if at is None:  # not of this tree: made for a rewrite
            return list(subtree(root))
        return self.nodes[at : at + self._sizes[at]]

    def beside(self, root: cst.CSTNode, other: Tree, top: cst.CSTNode) -> Pairs | None:
        """The nodes below ``root`` with those of a tree of the same code without layout.

        Strings are paired as wholes: the trees need not agree on what is in them.

        Args:
            root: a node of this tree.
            other: the other tree.
            top: its node that stands for ``root``.

        Returns:
            None where the two are not of the same code.
        """
        found: list[tuple[cst.CSTNode, cst.CSTNode]] = []
        here, there = self._at[id(root)], other._at[id(top)]
        end, last = here + self._sizes[here], there + other._sizes[there]
        while here < end and there < last:
            mine, its = self.nodes[here], other.nodes[there]
            if type(mine) in _SIGNS:
                here += 1
                continue
            found.append((mine, its))
            if type(mine) in _STRINGS and type(its) in _STRINGS:
                here += self._sizes[here]
                there += other._sizes[there]
                continue
            if type(mine) is not type(its):
                return None
            here, there = here + 1, there + 1
        return found if here == end and there == last else None

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that ``node`` is a direct part of."""
        at = self._at.get(id(node), 0)
        return self.nodes[self._parents[at]] if at else None


def of_kind(nodes: Sequence[cst.CSTNode], kind: type[N]) -> list[N]:
    """Those of ``nodes`` that are of that kind."""
    return [node for node in nodes if is_kind(type(node), kind)]  # type: ignore[misc]


def variables(root: cst.CSTNode) -> Iterator[cst.Name]:
    """Names that stand for variables: no attribute names, no keywords of calls."""
    stack = [root]
    while stack:
        node = stack.pop()
        match node:
            case cst.Name():
                yield node
            case cst.Attribute(value=owner):
                stack.append(owner)
            case cst.Arg(value=value):
                stack.append(value)
            case cst.Param(annotation=annotation, default=default):
                stack.extend(part for part in (default, annotation) if part is not None)
            case _:
                stack.extend(reversed(children(node)))


_BINDING = frozenset(
    {
        cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr,
        cst.AsName, cst.MatchAs, cst.MatchStar, cst.FunctionDef, cst.ClassDef,
    }
)  # fmt: skip


def _targets(target: cst.CSTNode) -> Iterator[str]:
    """The variables that an assignment changes: ``x`` of ``x[i].y``, and not ``i``."""
    match target:
        case cst.Name(value=name):
            yield name
        case cst.Attribute(value=owner) | cst.Subscript(value=owner):
            yield from _targets(owner)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                yield from _targets(element.value)
        case cst.StarredElement(value=value):
            yield from _targets(value)


def bound_names(nodes: Sequence[cst.CSTNode]) -> frozenset[str]:
    """Names that one of the statements or patterns among ``nodes`` may bind."""
    found: set[str] = set()
    for node in nodes:
        if type(node) not in _BINDING:
            continue
        match node:
            case (
                cst.AssignTarget(target=target)
                | cst.AugAssign(target=target)
                | cst.AnnAssign(target=target)
                | cst.For(target=target)
                | cst.CompFor(target=target)
            ):
                found |= set(_targets(target))
            case cst.NamedExpr(target=cst.Name(value=name)) | cst.AsName(name=cst.Name(value=name)):
                found.add(name)
            case cst.MatchAs(name=cst.Name(value=name)) | cst.MatchStar(name=cst.Name(value=name)):
                found.add(name)
            case cst.FunctionDef(name=name_node) | cst.ClassDef(name=name_node):
                found.add(name_node.value)
    return frozenset(found)
