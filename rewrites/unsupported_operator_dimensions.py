"""unsupported-operator: counts, sums, differences and turns along dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    Tensor,
    TracedCode,
    Undecided,
    holds_bools,
    int_of,
    ints_of,
    is_none,
    joinable_dtypes,
)
from trtlint.rules.unsupported_operator import UnsupportedOperator


class UnsupportedOperatorToDimensions(Rewrite[OperatorMatch]):
    """Write operators along dimensions with others that convert: ``x[..., 1:] - x[..., :-1]`` for
    ``torch.diff(x)``.

    Why safe: the others move the same elements, or add up the same numbers in the same order.
    """

    rule = UnsupportedOperator
    title = "write it with operators that convert"
    safety = Safety.SAFE
    order = 5

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For operators that others compute bit for bit."""
        if found.use.name not in _FORMS:
            return Decline("no operators that convert compute the same bit for bit", beside=True)
        signature, write = _FORMS[found.use.name]
        return write(Composer.of(code, found.use, *signature.split()))


def _counted(new: Composer) -> Change:
    return new.change(f"({new.factor('input')} != 0).sum({new.source('dim')})")


def _summed(new: Composer) -> Change | Decline:
    dims = ints_of(new.value("dim"))
    if not is_none(new.value("dim")) and (dims is None or len(dims) > 1):
        return Decline("over several dimensions the order of the sum is its own")
    value = new.often("input")
    args = ", ".join(
        ("" if name == "dim" else f"{name}=") + new.source(name)
        for name in ("dim", "keepdim")
        if name in new.operands
    )
    total = f"{value}.masked_fill({value}.isnan(), 0).sum({args})"
    mean = new.use.name == "nanmean"
    return new.change(f"{total} / (~{value}.isnan()).sum({args})" if mean else total)


def _differences(new: Composer) -> Change | Decline:
    tensor, dim = new.tensor("input"), new.value("dim")
    axis = -1 if dim is None else int_of(dim)
    if axis is None or ("n" in new.operands and int_of(new.value("n")) != 1):
        return Decline("it is not the first difference along a known dimension")
    if (
        tensor.dtype is None
        or holds_bools(tensor)
        or not (tensor.dtype.floating or tensor.dtype.spelled)
    ):
        return Decline("of booleans it would be another function, and the dtype is not known")
    value = new.often("input")
    before, behind = (":, " * axis, "") if axis >= 0 else ("..., ", ", :" * (-axis - 1))
    return new.change(f"{value}[{before}1:{behind}] - {value}[{before}:-1{behind}]")


def _turned(new: Composer) -> Change | Decline:
    turns = 1 if "k" not in new.operands else int_of(new.value("k"))
    axes = (0, 1) if "dims" not in new.operands else ints_of(new.value("dims"))
    if turns is None or axes is None or len(axes) != 2:
        return Decline("how far and in which plane it is turned is not known")
    first, second = axes
    tails = (
        ".clone()",
        f".flip({second}).transpose({first}, {second})",
        f".flip({first}, {second})",
        f".flip({first}).transpose({first}, {second})",
    )
    return new.change(f"{new.once('input')}{tails[turns % 4]}")


def _gathered(new: Composer) -> Change | Decline:
    axis, value, places = int_of(new.value("dim")), new.tensor("input"), new.tensor("indices")
    if axis is None or value.rank is None or not _fits(value, places, axis % value.rank):
        return Decline("the indices are not known to have the shape of the tensor elsewhere")
    return new.change(f"{new.once('input')}.gather({new.source('dim')}, {new.source('indices')})")


def _fits(value: Tensor, places: Tensor, axis: int) -> bool:
    """Whether two shapes are equal but for one axis."""
    if value.shape is None or places.shape is None or value.rank != places.rank:
        return False
    pairs = zip(value.shape.dims, places.shape.dims, strict=True)
    return places.exact and all(a == b or i == axis for i, (a, b) in enumerate(pairs))


def _shuffled(new: Composer) -> Change:
    groups = f"{new.once('input')}.unflatten(1, ({new.source('groups')}, -1))"
    shuffled = f"{groups}.transpose(1, 2).flatten(1, 2)"
    return new.change(f"{shuffled}.clone()" if new.shared else shuffled)


def _diagonal(new: Composer) -> Change:
    if new.rank("input") != 2:
        raise Undecided("it makes a matrix of a vector")
    return new.change(f"{new.once('input')}.diagonal({new.source('diagonal')}).clone()")


def _put(new: Composer) -> Change | Decline:
    axis, at = int_of(new.value("dim")), int_of(new.value("index"))
    if axis is None or axis < 0 or at is None or at < -1:
        return Decline("where it is put is not known")
    value, before = new.often("input"), ":, " * axis
    part, dtype = new.once("src"), new.tensor("src").dtype
    if not joinable_dtypes(dtype, new.tensor("input").dtype):
        part += f".to({value}.dtype)"
    parts = [f"{value}[{before}:{at}]"] if at else []
    parts.append(f"{part}.unsqueeze({axis})")
    parts += [f"{value}[{before}{at + 1}:]"] if at != -1 else []
    return new.change(f"{new.torch('torch.cat')}(({', '.join(parts)}), {axis})")


_FORMS: Mapping[str, tuple[str, Callable[[Composer], Change | Decline]]] = {
    "count_nonzero": ("input dim", _counted),
    "nansum": ("input dim keepdim", _summed),
    "nanmean": ("input dim keepdim", _summed),
    "diff": ("input n dim", _differences),
    "channel_shuffle": ("input groups", _shuffled),
    "rot90": ("input k dims", _turned),
    "take_along_dim": ("input indices dim", _gathered),
    "select_scatter": ("input src dim index", _put),
    "diag": ("input diagonal", _diagonal),
}
