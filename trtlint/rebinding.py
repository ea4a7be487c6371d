"""A write into a tensor as a new tensor under the same name."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.effects import is_fresh, is_pure
from trtlint.analysis.moving import rebinding_obstacle
from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.retention import KEPT
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Number, Ratio, Tensor, aliases
from trtlint.changes import Change, Swap
from trtlint.codegen import Text, layout, primary


def rebound(
    code: TracedCode,
    statement: cst.CSTNode,
    target: cst.BaseExpression,
    value: Text,
    imports: Collection[str] = (),
    *,
    owner: bool = True,
) -> Change:
    """``target = value`` in place of a statement that writes into the tensor of that name.

    Args:
        code: the function.
        statement: the assignment or call, in a line of its own.
        target: what it writes into.
        value: what the tensor is afterwards, a tensor of its own.
        imports: what ``value`` needs.
        owner: whether who handed the tensor in may look at it.

    Raises:
        Undecided: somebody may see the write, or the name cannot be given a new tensor.
    """
    line = code.line_of(statement)
    if line is None or len(line.body) != 1 or code.suite_of(line) is None:
        raise Undecided("the write does not stand alone in a plain block of statements")
    if not isinstance(target, cst.Name):
        raise Undecided(f"`{code.source(target)}` is no local variable")
    name = target.value
    base = code.before(line).get(name)
    if not isinstance(base, Tensor) or not is_local(code, name):
        raise Undecided(f"`{name}` is no local variable that is known to be a tensor")
    reason = rebinding_obstacle(code, name, base, line, line, owner=owner)
    if reason is not None:
        raise Undecided(reason)
    indent = code.code.span(line).column - 1
    swap = Swap(code.code, line, layout(name, value, indent))
    return Change((swap,), imports=tuple(sorted(imports)))


def is_local(code: TracedCode, name: str) -> bool:
    """Whether assigning to the name binds a variable of this function that nobody else binds."""
    facts = code.code.facts
    own = name in facts.bound or any(p.name == name for p in facts.parameters)
    return own and name not in code.code.rebound_inside


def overwritten(code: TracedCode, use: OperatorUse, *, owner: bool = True) -> Change:
    """``y = x`` in place of ``y.copy_(x)``, with what it takes to be of the same kind.

    Args:
        code: the function.
        use: the copy.
        owner: whether who handed the tensor in may look at it.

    Raises:
        Undecided: its result is used, or somebody else may see it.
    """
    call, statement = use.node, code.parent(use.node)
    if not isinstance(statement, cst.Expr) or not isinstance(call, cst.Call):
        raise Undecided("what the copy returns is used")
    target, args = call.func, [arg for arg in call.args if arg.keyword is None]
    if not isinstance(target, cst.Attribute) or len(args) != 1 or args[0].star:
        raise Undecided("it has arguments that an assignment lacks")
    node, line = args[0].value, code.line_of(call)
    value, base = code.value(node), code.value(target.value)
    if not isinstance(value, Tensor) or not isinstance(base, Tensor) or line is None:
        raise Undecided(f"`{code.source(node)}` is not known to be a tensor")
    if not is_pure(code, node):
        raise Undecided("computing what is copied may have effects")
    name, source = code.source(target.value), code.source(node)
    text = primary(source, node)
    same_place = value.device is not None and value.device == base.device
    if not (dtypes.joinable(value.dtype, base.dtype) and same_place):
        text = f"{text}.to({name})"
    wide = value.shape == base.shape and value.shape is not None and value.exact and base.exact
    if not wide:
        text = f"{text}.expand_as({name})"
    viewed = any(
        isinstance(one.func, cst.Attribute)
        and one.func.attr.value in ("view", "view_as")
        and aliases(code.value(one.func.value)) & aliases(base)
        for one in code.walk(cst.Call)
    )
    if viewed:
        text = f"{text}.clone(memory_format={code.spelling('torch.contiguous_format')[0]})"
    elif not (wide and is_fresh(code, value, line)):
        text = f"{text}.clone()"
    if text == f"({source})":
        text = source
    return rebound(code, statement, target.value, text, owner=owner)


def out_of_place(code: TracedCode, statement: cst.AugAssign, *, owner: bool = True) -> Change:
    """``t = t & u`` in place of ``t &= u``, for a tensor whose dtype and shape that keeps.

    Args:
        code: the function.
        statement: the write.
        owner: whether who handed the tensor in may look at it.

    Raises:
        Undecided: somebody may see the write.
    """
    return rebound(code, statement, statement.target, _spelled_out(code, statement), owner=owner)


def _spelled_out(code: TracedCode, statement: cst.AugAssign) -> str:
    """``n + 2`` of ``n += 2``."""
    value = statement.value
    sign = code.source(statement.operator).strip().removesuffix("=")
    operand = code.source(value)
    if not isinstance(value, cst.BaseNumber):
        operand = primary(operand, value)
    return f"{code.source(statement.target)} {sign} {operand}"


def plain_assignment(code: TracedCode, statement: cst.AugAssign) -> Change:
    """``n = n + 2`` in place of ``n += 2``, for what never changes in place.

    Raises:
        Undecided: the statement does not stand alone.
    """
    line = code.line_of(statement)
    if line is None or len(line.body) != 1 or code.suite_of(line) is None:
        raise Undecided("the statement does not stand alone in a plain block of statements")
    indent = code.code.span(line).column - 1
    text = layout(code.source(statement.target), _spelled_out(code, statement), indent)
    return Change((Swap(code.code, line, text),))


# Methods with an underscore whose plain form keeps the dtype wherever the other one works.
_SAME_DTYPE = frozenset(
    """relu sigmoid tanh exp sqrt rsqrt neg abs floor ceil round reciprocal square log clamp
    clamp_min clamp_max clip masked_fill""".split()
)
_PROMOTED = frozenset("add sub mul div".split())


def plain_method(
    code: TracedCode, call: cst.Call, target: cst.BaseExpression | None = None
) -> Change:
    """``y = y.add(1)`` in place of ``y.add_(1)``, and ``(a * b).sqrt()`` of ``(a * b).sqrt_()``.

    Args:
        code: the function.
        call: the method's call.
        target: the tensor, where it is written into by way of another over the same memory.

    Raises:
        Undecided: somebody may see the write, or the dtype may be another.
    """
    name = code.tensor_method(call) or ""
    plain = name.removesuffix("_")
    if plain == name or plain not in _SAME_DTYPE | _PROMOTED:
        raise Undecided("there is no plain method that is known to do the same")
    if not isinstance(call.func, cst.Attribute) or any(arg.star for arg in call.args):
        raise Undecided("its arguments are unpacked from a sequence")
    if not all(is_pure(code, arg.value) for arg in call.args):
        raise Undecided("its arguments may have effects")
    owner = code.value(call.func.value)
    if not isinstance(owner, Tensor):
        raise Undecided("what it writes into is not known to be a tensor")
    for arg in call.args:
        other = code.value(arg.value)
        wider = isinstance(other, Tensor) and other.rank != 0 and plain in _PROMOTED
        if wider and isinstance(other, Tensor):
            both = dtypes.promote(owner.dtype, other.dtype)
            if not dtypes.joinable(both, owner.dtype):
                raise Undecided(f"`{code.source(arg.value)}` may be of a wider dtype")
        if not isinstance(other, Tensor | Int | Number | Ratio):
            raise Undecided(f"`{code.source(arg.value)}` is not known to be a tensor or a number")
    args = ", ".join(
        (f"{arg.keyword.value}=" if arg.keyword else "") + code.source(arg.value)
        for arg in call.args
    )
    written = target if target is not None else call.func.value
    source = primary(code.source(written), written)
    statement, line = code.parent(call), code.line_of(call)
    if isinstance(statement, cst.Expr):
        return rebound(code, statement, written, f"{source}.{plain}({args})")
    own = line is not None and is_fresh(code, owner, line) and KEPT not in aliases(owner)
    if isinstance(call.func.value, cst.Name) or target is not None or not own:
        raise Undecided(f"`{source}` may be seen elsewhere")
    return Change((Swap(code.code, call, f"{source}.{plain}({args})"),))


def sums_keep_dtype(code: TracedCode, statement: cst.AugAssign) -> bool:
    """Whether ``t + u`` has the dtype of ``t`` wherever ``t += u`` works; other sums likewise."""
    operators = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.DivideAssign)
    before, other = code.value(statement.target), code.value(statement.value)
    if not isinstance(before, Tensor) or not isinstance(statement.operator, operators):
        return False
    if isinstance(other, Tensor) and other.rank != 0:
        return dtypes.joinable(dtypes.promote(before.dtype, other.dtype), before.dtype)
    return isinstance(other, Tensor | Int | Number | Ratio)
