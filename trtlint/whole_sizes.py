"""Sizes that Python rounds, in integers all the way."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.effects import is_pure
from trtlint.analysis.sizes import at_least
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import subtree
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Number, Ref, Tensor, Unknown
from trtlint.changes import Change
from trtlint.codegen import primary
from trtlint.composing import in_place_of


def whole_size(code: TracedCode, call: cst.Call, *, several: bool = False) -> Change:
    """The integer that ``int``, ``math.floor`` or ``math.ceil`` of sizes is, without the call.

    Args:
        code: the function.
        call: the call.
        several: whether several divisions are made whole, each for itself.

    Raises:
        Undecided: it is not known to be the same integer.
    """
    function = code.value(call.func)
    name = function.name if isinstance(function, Ref) else ""
    if len(call.args) != 1 or call.args[0].star or call.args[0].keyword is not None:
        raise Undecided("it has several arguments")
    node = call.args[0].value
    if name == "builtins.float":
        return _beside_floats(code, call, node)
    if name not in ("builtins.int", "math.floor", "math.ceil"):
        raise Undecided(f"`{code.source(call.func)}` has no form that the exporters keep symbolic")
    if isinstance(code.value(node), Int):
        return Change((in_place_of(code, call, code.source(node)),))
    if several:
        return _each_whole(code, call, node, name)
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Divide):
        raise Undecided(f"`{code.source(node)}` is not one division of sizes")
    left, right = code.value(node.left), code.value(node.right)
    if not isinstance(left, Int) or not isinstance(right, Int):
        raise Undecided(f"`{code.source(node)}` is not one division of sizes")
    if not (at_least(left.size, 0) and at_least(right.size, 1)):
        raise Undecided(f"a part of `{code.source(node)}` may be negative")
    over, under = _factor(code, node.left), _factor(code, node.right)
    if name == "math.ceil":
        return Change((in_place_of(code, call, f"-(-{over} // {under})"),))
    return Change((in_place_of(code, call, f"{over} // {under}"),))


def _factor(code: TracedCode, node: cst.BaseExpression) -> str:
    source = code.source(node)
    return source if isinstance(node, cst.BaseNumber) else primary(source, node)


def _beside_floats(code: TracedCode, call: cst.Call, node: cst.BaseExpression) -> Change:
    """``float(b)`` next to a tensor: a division is one of floats anyway."""
    if not isinstance(code.value(node), Int):
        raise Undecided(f"`{code.source(node)}` is not known to be an integer")
    match code.parent(call):
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            other = code.value(left if right is call else right)
            floats = isinstance(other, Tensor) and other.dtype and other.dtype.floating
            divided = isinstance(operator, cst.Divide) and right is call
            plain = isinstance(operator, cst.Add | cst.Subtract | cst.Multiply | cst.Divide)
            if plain and isinstance(other, Tensor) and (floats or divided):
                return Change((in_place_of(code, call, code.source(node)),))
    raise Undecided("an integer in its place may be computed with in another way")


def _each_whole(code: TracedCode, call: cst.Call, node: cst.BaseExpression, name: str) -> Change:
    """Every ``/`` as ``//``."""
    if name == "math.ceil" or not is_pure(code, node):
        raise Undecided("it rounds up")
    for one in subtree(node):
        if isinstance(one, cst.Call | cst.IfExp | cst.Comparison | cst.BooleanOperation):
            raise Undecided(f"`{code.source(node)}` is no plain arithmetic of sizes")
        value = code.value(one) if isinstance(one, cst.BaseExpression) else None
        if isinstance(value, Number) and value.kind == "float" and value.value is not None:
            raise Undecided(f"`{code.source(node)}` holds a float")
        if isinstance(value, Int) and not at_least(value.size, 0):
            raise Undecided(f"a part of `{code.source(node)}` may be negative")
        if isinstance(one, cst.Attribute) and isinstance(value, Unknown):
            raise Undecided(f"`{code.source(one)}` is not known to be an integer")
    whole = node.visit(_Whole())
    assert isinstance(whole, cst.BaseExpression)
    return Change((in_place_of(code, call, code.source(whole)),))


class _Whole(cst.CSTTransformer):
    """Puts ``//`` where ``/`` stands."""

    def leave_Divide(  # noqa: N802 (the name that LibCST looks for)
        self, original_node: cst.Divide, updated_node: cst.Divide
    ) -> cst.BaseBinaryOp:
        """As ``CSTTransformer`` asks for it."""
        return cst.FloorDivide(
            whitespace_before=updated_node.whitespace_before,
            whitespace_after=updated_node.whitespace_after,
        )


def half_rounded(code: TracedCode, call: cst.Call) -> Change:
    """``(n + n // 2 % 2) // 2`` in place of ``round(n / 2)``.

    Both take a half to the even neighbour, of negative numbers too: with ``n = 2 * q + r`` the
    first is ``q`` for ``r = 0``, and ``q + q % 2`` for ``r = 1``.

    Raises:
        Undecided: it is not half of an integer.
    """
    if len(call.args) != 1 or call.args[0].star:
        raise Undecided("it rounds to some digit")
    node = call.args[0].value
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            by = code.value(right)
            two = isinstance(by, Int) and by.size.constant == 2
            if not (two or (isinstance(by, Number) and by.value == 2)):
                raise Undecided("it is not half of a size")
        case _:
            raise Undecided("it is not half of a size")
    if not isinstance(code.value(left), Int) or not is_pure(code, left):
        raise Undecided(f"`{code.source(left)}` is not known to be an integer")
    size = primary(code.source(left), left)
    return Change((in_place_of(code, call, f"({size} + {size} // 2 % 2) // 2"),))
