"""Walking ``ast`` trees, and dotted names in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

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


# Fields that hold no node, or only nodes that say nothing of names, such as operators.
_PLAIN = frozenset(
    """id attr ctx op ops name names module level arg asname kind type_comment conversion simple
    is_async type_ignores rest kwd_attrs n s""".split()
)


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: ()}


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    found = _FIELDS.get(kind)
    if found is None:
        found = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _PLAIN)
    return found


def _add_parts(node: ast.AST, to: list[ast.AST]) -> None:
    """Add the direct parts of ``node`` that may hold names; much faster than ``ast``'s own."""
    for name in _fields(type(node)):
        value = getattr(node, name, None)
        if type(value) is list:
            # `{**a}` has no key there, a keyword-only parameter perhaps no default
            to.extend(filter(None, value) if name in ("keys", "kw_defaults") else value)
        elif isinstance(value, ast.AST):
            to.append(value)


def walk(root: ast.AST) -> list[ast.AST]:
    """``root`` and every node below it, level by level, parts that hold no names left out."""
    found = [root]
    for node in found:  # grows on the way
        _add_parts(node, found)
    return found


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


def source(node: ast.expr) -> str:
    """``ast.unparse``, at once for what is asked for most: names, and comparisons with None."""
    match node:
        case ast.Name() | ast.Attribute() if (name := dotted(node)) and "(" not in name:
            return name
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot() as sign], comparators=[ast.Constant(value=None)]
        ) if (name := dotted(left)) and "(" not in name:
            return f"{name} is None" if isinstance(sign, ast.Is) else f"{name} is not None"
        case _:
            return ast.unparse(node)


def dotted_names(node: ast.AST) -> Iterator[str]:
    """Every maximal dotted name read in ``node``."""
    found = [node]
    for current in found:  # grows on the way
        if type(current) is ast.Attribute or type(current) is ast.Name:
            name = dotted(current)
            if name:
                yield name
                continue
        _add_parts(current, found)


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


_LITERAL = re.compile(
    r"""[A-Za-z]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|"""
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""",
    re.DOTALL,
)


def side_by_side(node: ast.Constant, lines: Sequence[str]) -> bool:
    """Whether a text is written as several literals, which Python joins.

    Args:
        node: the text.
        lines: of the file or function that it stands in.
    """
    assert isinstance(node.value, str | bytes)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    length = node.end_col_offset - node.col_offset
    if node.lineno == node.end_lineno and length == len(node.value) + 2:
        return False  # there are two quotes
    shown = lines[node.lineno - 1 : node.end_lineno]
    source = "".join(shown).encode()  # columns count bytes
    after = len(shown[-1].encode()) - node.end_col_offset
    text = source[node.col_offset : len(source) - after].decode()
    found = _LITERAL.match(text)
    return found is None or found.end() < len(text)
