"""Dotted names in ``ast`` trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Methods that tensors, modules and Python's own objects have: their names say nothing about what
# object it is.
GENERIC = frozenset(
    """abs add add_ all any append apply argmax backward bool buffers bmm chunk children clamp clear
    clone close contiguous copy copy_ count cpu cuda data decode detach device dim div double
    dtype empty encode eq eval exp expand extend extra_repr fill_ flatten flip float format gather
    get half index insert int item items join keys kthvalue load load_state_dict log lower
    masked_fill max mean min modules mul named_buffers named_children named_modules
    named_parameters ne norm numel numpy parameters permute pop pow prod read register_buffer
    register_parameter remove repeat replace requires_grad requires_grad_ reset reshape roll
    round save scatter select setdefault shape sigmoid size softmax sort split sqrt square
    squeeze state_dict std strip sub sum t tanh to to_dict tolist topk train training transpose
    type type_as unbind unflatten unfold unsqueeze update upper values var view weight write
    zero_ zero_grad""".split()
)


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


def chain(node: ast.expr) -> str:
    """``a.b.().c`` of a chain of attributes, calls and subscripts; empty if it has another root."""
    parts: list[str] = []
    while True:
        match node:
            case ast.Attribute(value=value, attr=name):
                parts.append(name)
                node = value
            case ast.Call(func=ast.Name(id="super")):
                parts.append("super()")
                break
            case ast.Call(func=ast.Name(id="getattr"), args=[value, named, *_]):
                literal = isinstance(named, ast.Constant) and isinstance(named.value, str)
                parts.append(named.value if literal else "*")  # type: ignore[attr-defined]
                node = value
            case ast.Call(func=function):
                parts.append("()")
                node = function
            case ast.Subscript(value=value):
                node = value
            case ast.Name(id=name):
                parts.append(name)
                break
            case _:
                return ""
    return ".".join(reversed(parts))


def arguments(args: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter, those behind stars last."""
    yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    yield from (arg for arg in (args.vararg, args.kwarg) if arg is not None)


def with_defaults(args: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Every parameter without a star, and its default."""
    positional = [*args.posonlyargs, *args.args]
    bare = len(positional) - len(args.defaults)
    defaults = [*[None] * bare, *args.defaults, *args.kw_defaults]
    yield from zip((*positional, *args.kwonlyargs), defaults, strict=True)
