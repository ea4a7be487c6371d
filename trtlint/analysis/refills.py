"""Tables that a module computes again when they turn out too small.

``if length > self.table.size(0): self.make_table(length)`` is skipped by every call that the table
fits, and an exported network is called with one such length. Exported fresh with a longer one, the
assignment of a buffer or parameter stops the exporter; after a call of that length it fits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from trtlint.analysis.names import walk

_MISFITS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.NotEq)


class Stores:
    """Which attributes of ``self`` the methods of a class assign, looked up when asked.

    Args:
        methods: the statements of its body.
    """

    def __init__(self, methods: Sequence[ast.stmt]) -> None:
        self._methods = {node.name: node for node in methods if isinstance(node, ast.FunctionDef)}

    def misfits(self, node: ast.If) -> Iterator[str]:
        """The parts of a condition that only hold where a table is about to be filled again."""
        tests = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
        sized = {name for test in tests for name in _sized(test)}
        if not sized:
            return
        filled = {name for name in sized & self._filled(node.body) if not self._starts_empty(name)}
        for test in tests:
            match test:
                case ast.Compare(
                    left=ast.Attribute(value=ast.Name(id="self"), attr=name),
                    ops=[ast.Is()],
                    comparators=[ast.Constant(value=None)],
                ) if name in filled:
                    yield ast.unparse(test)
                case _ if filled & _sized(test):
                    yield ast.unparse(test)

    def _filled(self, body: Sequence[ast.stmt]) -> set[str]:
        """What these statements assign, themselves or by a method that they call."""
        found = {name for name, _ in assigned(body)}
        for node in (node for statement in body for node in walk(statement)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                    method = self._methods.get(name)
                    found |= {name for name, _ in assigned(method.body)} if method else set()
        return found

    def _starts_empty(self, name: str) -> bool:
        """Whether the first call finds None or a placeholder there, and so must fill it."""
        start = self._methods.get("__init__")
        return start is not None and any(
            assigned == name and value is not None and _is_literal(value)
            for assigned, value in assigned(start.body)
        )


def _is_literal(node: ast.expr) -> bool:
    """Whether nothing about the model went into a value: ``None``, ``torch.zeros(1, 1, 3)``."""
    match node:
        case ast.Constant():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(_is_literal, parts))
        case ast.Call(args=[_, *_] as given):
            return all(map(_is_literal, given))
    return False


def _sized(test: ast.expr) -> set[str]:
    """Attributes of ``self`` whose size is compared: ``n > self.table.size(0)``."""
    match test:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, _MISFITS):
            return {name for side in (left, right) if (name := _size_of(side)) is not None}
    return set()


def _size_of(node: ast.expr) -> str | None:
    match node:
        case ast.Subscript(value=inner):
            return _size_of(inner)
        case (
            ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr="shape")
            | ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr="size"
                )
            )
            | ast.Call(
                func=ast.Name(id="len"),
                args=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
            )
        ):
            return name
    return None


def assigned(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr | None]]:
    """Attributes of ``self`` that statements assign or register, and what they are given."""
    for node in (node for statement in body for node in walk(statement)):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    match target:
                        case ast.Attribute(value=ast.Name(id="self"), attr=name):
                            yield name, value
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id="self"), attr=name), value=value
            ):
                yield name, value
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id="self"), attr="register_buffer" | "register_parameter"
                ),
                args=[ast.Constant(value=str() as name), *given],
            ):
                yield name, given[0] if given else None
