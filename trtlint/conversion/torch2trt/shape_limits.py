"""Ranks that the converters of torch2trt 0.5 do not take."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trtlint.analysis.values import Tensor
from trtlint.conversion.torch2trt.operands import Call, Operand
from trtlint.conversion.torch2trt.status import Constant, Followed


def _matmul(call: Call) -> str | None:
    """convert_matmul: add_matrix_multiply wants equal ranks, of at least two.

    A constant loses its leading dimensions of size 1 on the way (add_missing_trt_tensors). The rank
    of an input that nothing shows is taken to be three or more beside a weight matrix.
    """
    if len(call.args) < 2:
        return None
    left, right = call.args[:2]
    ranks = [_rank(one) for one in (left, right)]
    if any(rank is not None and rank < 2 for rank in ranks):
        return "TensorRT multiplies no vectors"
    if None not in ranks:
        return "its operands are of different rank" if ranks[0] != ranks[1] else None
    for one, other in ((left, right), (right, left)):
        if _is_matrix(one) and other.rank is None and _is_unknown(other):
            return "its operands are of different rank"
    return None


def _rank(one: Operand) -> int | None:
    if one.rank is None or not isinstance(one.value, Tensor) or one.value.shape is None:
        return None
    if not isinstance(one.status, Constant) or one.status.held:
        return one.rank
    sizes = [size.constant for size in one.value.shape.dims]
    while sizes and sizes[0] == 1:
        sizes.pop(0)
    return None if sizes and sizes[0] is None and len(sizes) > 2 else len(sizes)


def _is_matrix(one: Operand) -> bool:
    return isinstance(one.status, Constant) and one.rank == 2


def _is_unknown(one: Operand) -> bool:
    """Whether it is an input itself, of which nothing shows the rank."""
    return isinstance(one.status, Followed) and one.status.entry


def _linear(call: Call) -> str | None:
    """convert_linear makes the weight of rank three at most."""
    rank = call.args[0].rank if call.args else None
    return "the input is of more than three dimensions" if rank is not None and rank > 3 else None


def _expand(call: Call) -> str | None:
    """convert_expand: a slice layer keeps the rank."""
    rank = call.args[0].rank
    sizes = call.args[1:]
    if len(sizes) == 1 and sizes[0].numbers is not None:
        count = len(sizes[0].numbers)
    else:
        count = len(sizes)
    if rank is not None and count > rank and isinstance(call.args[0].status, Followed):
        return "a slice layer adds no dimensions"
    return None


def _flatten(call: Call) -> str | None:
    """convert_flatten drops the dimension where there is only one to flatten."""
    rank = call.args[0].rank
    start, end = call.option(1, "start_dim", 0), call.option(2, "end_dim", 1)
    first = start.integer if start is not None else (1 if call.layer is not None else 0)
    last = end.integer if end is not None else -1
    if rank is None or first is None or last is None or rank == 0:
        return None
    return (
        "there is one dimension to flatten, which is lost" if first % rank == last % rank else None
    )


SHAPE_CHECKS: Mapping[str, tuple[Callable[[Call], str | None], ...]] = {
    "matmul": (_matmul,),
    "linear": (_linear,),
    "expand": (_expand,),
    "flatten": (_flatten,),
}
