"""dtype-cast: casts that change nothing are dropped."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    DTypeValue,
    Module,
    Rewrite,
    Safety,
    Swap,
    Tensor,
    TracedCode,
    escapes,
    is_pure,
    keeps_every_value,
    same_dtype,
    written_later,
)
from trtlint.rules.dtype_cast import Cast, DtypeCast


class DtypeCastToNothing(Rewrite[Cast]):
    """Drop a cast to the dtype that the tensor has, and round trips that lose nothing.

    Why safe: a cast to the same dtype returns the tensor itself. A round trip is dropped only
    between dtypes where the way out holds every value exactly, and only if nothing writes into the
    result, which was a copy.
    """

    rule = DtypeCast
    title = "drop the cast"
    safety = Safety.SAFE

    def rewrite(self, found: Cast, code: TracedCode) -> Change | Decline:
        """For ``x.float()`` on a float32 tensor, ``y.type_as(x)`` and ``mask.float().bool()``."""
        options = [arg for arg in found.call.args if arg.keyword is not None or arg.star]
        if options or len(found.call.args) > 1:
            return Decline("the cast has options of its own")
        if not all(is_pure(code, arg.value) for arg in found.call.args):
            return Decline("its argument may have effects")
        if self._changes_nothing(found, code):
            return _dropped(found.call, found.operand, code)
        # Only a cast: the sum of a mask is of another dtype, too, and no way out.
        out = next((one for one in DtypeCast().check(code) if one.call is found.operand), None)
        if out is not None and _round_trip(out.before, found):
            if written_later(code, found.call) or written_later(code, out.operand):
                return Decline("the tensor is written into, and the cast made a copy")
            if escapes(code, found.call):
                return Decline("the copy that the cast makes is handed out")
            return _dropped(found.call, out.operand, code)
        if found.before.dtype is None or not found.before.dtype.spelled:
            shown = code.source(found.operand)
            return Decline(f"the dtype of `{shown}` is not known to be that already")
        return Decline(f"it converts {found.before.dtype} to {found.after.dtype}")

    def _changes_nothing(self, found: Cast, code: TracedCode) -> bool:
        if any(_is_weight(node, code) for node in code.nodes(found.call)):
            return False  # who casts to a weight's dtype, or casts one, keeps some in another
        default = not code.project.may_change_default_dtype(code.code.path)
        if not same_dtype(found.before.dtype, found.after.dtype, default_is_float32=default):
            return False
        if found.like is not None or any(
            not isinstance(code.value(arg.value), DTypeValue) for arg in found.call.args
        ):
            # type_as() and to(other) move to the other tensor's device as well.
            return found.before.device is not None and found.before.device == found.after.device
        return True


def _is_weight(node: cst.CSTNode, code: TracedCode) -> bool:
    """Whether a parameter or buffer of the model is named."""
    if not isinstance(node, cst.Attribute) or not isinstance(code.value(node), Tensor):
        return False
    owner: cst.BaseExpression = node
    while isinstance(owner, cst.Attribute):
        owner = owner.value
    return isinstance(owner, cst.Name) and isinstance(code.value(owner), Module)


def _round_trip(start: Tensor, found: Cast) -> bool:
    same = start.dtype is not None and start.dtype.spelled and start.dtype == found.after.dtype
    return same and found.like is None and keeps_every_value(start.dtype, found.before.dtype)


def _dropped(call: cst.Call, operand: cst.BaseExpression, code: TracedCode) -> Change:
    """Put the operand in place of the call; parentheses it no longer needs go too."""
    parent = code.parent(call)
    match parent, operand:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]), cst.Name(
            value=same
        ):
            line = code.parent(parent)
            suite = code.suite_of(line) if isinstance(line, cst.SimpleStatementLine) else None
            if name == same and line is not None and suite is not None and len(suite.body) > 1:
                return Change((Swap(code.code, line, ""),))
    if operand.lpar and isinstance(parent, cst.Assign | cst.Return | cst.Arg):
        source = code.source(operand)
        if "\n" not in source and source.startswith("("):
            bare = operand.with_changes(lpar=operand.lpar[1:], rpar=operand.rpar[:-1])
            return Change((Swap(code.code, call, code.source(bare), bare=True),))
    return Change((Swap(code.code, call, code.source(operand)),))
