"""Walking LibCST trees, fast: only nodes with meaning, no whitespace, no commas.

LibCST's own ``children`` runs its visitor over every field; on real code that costs several times
as much as all the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

import libcst as cst

# Fields that hold layout, or that repeat what another field says.
_LAYOUT = frozenset(
    """lpar rpar comma semicolon leading_lines lines_after_decorators lines_after_module_docstring
    header footer lbracket rbracket lbrace rbrace trailing_whitespace newline equal colon dot
    whitespace_before_colon indent""".split()
)


@cache
def _field_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in fields(kind)
        if field.name not in _LAYOUT and not field.name.startswith("whitespace")
    )


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The direct parts of ``node`` in source order."""
    found: list[cst.CSTNode] = []
    for name in _field_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(part for part in value if isinstance(part, cst.CSTNode))
    return found


def subtree(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """``root`` and every node below it, in source order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


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


def bound_names(body: cst.CSTNode) -> set[str]:
    """Names that a statement or pattern may bind."""
    found: set[str] = set()
    for node in subtree(body):
        match node:
            case cst.AssignTarget(target=target) | cst.AugAssign(target=target):
                found |= {part.value for part in subtree(target) if isinstance(part, cst.Name)}
            case cst.AnnAssign(target=target) | cst.For(target=target) | cst.CompFor(target=target):
                found |= {part.value for part in subtree(target) if isinstance(part, cst.Name)}
            case cst.NamedExpr(target=cst.Name(value=name)) | cst.AsName(name=cst.Name(value=name)):
                found.add(name)
            case cst.MatchAs(name=cst.Name(value=name)) | cst.MatchStar(name=cst.Name(value=name)):
                found.add(name)
            case cst.FunctionDef(name=name_node) | cst.ClassDef(name=name_node):
                found.add(name_node.value)
    return found
