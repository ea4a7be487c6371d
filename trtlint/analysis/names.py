"""Dotted names in ``ast`` trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of a name or attribute chain; empty for anything else; ``super().f`` is kept."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    match node:
        case ast.Name(id=name):
            parts.append(name)
        case ast.Call(func=ast.Name(id="super")):
            parts.append("super()")
        case _:
            return ""
    return ".".join(reversed(parts))


def dotted_names(node: ast.AST) -> Iterator[str]:
    """Every maximal dotted name read in ``node``."""
    stack: list[ast.AST] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Attribute | ast.Name):
            name = dotted(current)
            if name:
                yield name
                continue
        stack.extend(ast.iter_child_nodes(current))
