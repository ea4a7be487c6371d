"""Values put back by the places of a pooling, as a choice among the elements of each window."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.literals import flag_of, ints_of, is_none
from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Value
from trtlint.changes import Change, Insert, Swap
from trtlint.codegen import primary
from trtlint.composing import in_place_of, must_precede

_ELSEWHERE = "where the places come from is not seen"


def unpooled(code: TracedCode, use: OperatorUse) -> Change:
    """``F.pixel_shuffle(torch.where(places, values, 0.0))`` in place of ``F.max_unpool2d``.

    ``places`` marks the first of the greatest elements of each window. It takes the place of the
    pooling's indices, which nothing else may read.

    Raises:
        Undecided: the windows overlap, or the indices are used elsewhere.
    """
    call = use.node
    if not isinstance(call, cst.Call) or "2d" not in use.name.lower():
        raise Undecided("only planes are unpooled")
    if "unpool" not in use.name.lower():
        return _unpacked(code, call)
    size = _window(use)
    if not is_none(use.args.get(5 if use.layer is None else 2, "output_size")):
        raise Undecided("an output size is asked for")
    match call.args:
        case [
            cst.Arg(star="", keyword=None, value=values),
            cst.Arg(star="", keyword=None, value=cst.Name() as at),
            *_,
        ]:
            pass
        case _:
            raise Undecided(_ELSEWHERE)
    return _by_name(code, call, values, at, size)


def _unpacked(code: TracedCode, pool: cst.Call) -> Change:
    """For a pooling whose results are unpacked into the call that puts them back."""
    arg = code.parent(pool)
    call = code.parent(arg) if isinstance(arg, cst.Arg) and arg.star == "*" else None
    if not isinstance(call, cst.Call) or call.args[0] is not arg:
        raise Undecided("the places are put back nowhere, or not only that")
    if code.torch_function(call) != "torch.nn.functional.max_unpool2d":
        raise Undecided("the places are put back nowhere, or not only that")
    names = ("kernel_size", "stride", "padding")
    given: dict[str, Value] = {}
    for name, one in zip(names, call.args[1:], strict=False):
        if one.star:
            raise Undecided(_ELSEWHERE)
        given[one.keyword.value if one.keyword is not None else name] = code.value(one.value)
    if len(call.args) - 1 != len(given) or not given.keys() <= set(names):
        raise Undecided("an output size is asked for")
    size = _side(given.get("kernel_size"))
    _lie_edge_to_edge(size, given.get("stride"), given.get("padding"))
    return _at_once(code, call, _pooling(code, pool, size), size)


def _window(use: OperatorUse) -> int:
    """The side of square windows that lie edge to edge.

    Raises:
        Undecided: they are no such windows.
    """
    layer = use.layer is not None
    shift = 0 if "unpool" not in use.name.lower() or layer else 1
    kernel = _side(use.option("kernel_size", 1 + shift, layer_at=0))
    stride = use.option("stride", 2 + shift, layer_at=1)
    padding = use.option("padding", 3 + shift, layer_at=2)
    _lie_edge_to_edge(kernel, stride, padding)
    return kernel


def _lie_edge_to_edge(kernel: int, stride: Value | None, padding: Value | None) -> None:
    edge = is_none(stride) or _side(stride) == kernel
    if not edge or not (is_none(padding) or _side(padding) == 0) or kernel < 2:
        raise Undecided("the windows overlap, or have gaps between them")


def _side(value: Value | None) -> int:
    sides = set(ints_of(value) or ())
    if len(sides) != 1:
        raise Undecided("the windows are not known to be square")
    return sides.pop()


def _pooling(code: TracedCode, pool: cst.Call, size: int) -> cst.BaseExpression:
    """What a pooling into the same windows is given.

    Raises:
        Undecided: the call is another.
    """
    found = [one for one in code.uses("max_pool2d", "MaxPool2d") if one.node is pool]
    if not found or _window(found[0]) != size:
        raise Undecided("the places are not those of a pooling into the same windows")
    dilation = found[0].option("dilation", 4, layer_at=3)
    ceiling = flag_of(found[0].option("ceil_mode", 5, layer_at=5))
    if not (is_none(dilation) or _side(dilation) == 1) or ceiling is not False:
        raise Undecided("the windows overlap, or have gaps between them")
    given = pool.args[0]
    if given.star or given.keyword is not None:
        raise Undecided(_ELSEWHERE)
    return given.value


def _at_once(code: TracedCode, call: cst.Call, tensor: cst.BaseExpression, size: int) -> Change:
    """For ``F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)``."""
    must_precede(code, call)
    line = code.line_of(call)
    pool = call.args[0].value
    assert line is not None
    names = [code.fresh_name(wish) for wish in ("windows", "pooled", "places")]
    windows, pooled, places = names
    imports: set[str] = set()
    lines = [
        f"{windows} = {_windows(code, code.source(tensor), size, imports)}",
        f"{pooled} = {code.source(pool)}[0]",
        *_marked(places, windows, pooled),
    ]
    swap = in_place_of(code, call, _shuffled(code, places, pooled, size, imports))
    insert = Insert(code.code, line, "\n".join(lines), before=True)
    return Change((swap,), (insert,), imports=tuple(sorted(imports)))


def _by_name(
    code: TracedCode, call: cst.Call, values: cst.BaseExpression, at: cst.Name, size: int
) -> Change:
    """For ``y, i = F.max_pool2d(x, 2, return_indices=True)`` and ``F.max_unpool2d(z, i, 2)``."""
    targets = [
        (statement, pooled, places)
        for statement in code.walk(cst.Assign)
        for pooled, places in _pair(statement)
        if places.value == at.value
    ]
    uses = [name for name in variables(code.code.node.body) if name.value == at.value]
    if len(targets) != 1 or len(uses) != 2:
        raise Undecided(_ELSEWHERE if len(targets) != 1 else "the places are used elsewhere too")
    statement, pooled, places = targets[0]
    line = code.line_of(statement)
    if line is None or len(line.body) != 1 or code.suite_of(line) is None:
        raise Undecided("the pooling does not stand alone in a plain block of statements")
    assert isinstance(statement.value, cst.Call)
    tensor = _pooling(code, statement.value, size)
    if not isinstance(tensor, cst.Name):
        raise Undecided(f"`{code.source(tensor)}` would be computed twice")
    imports: set[str] = set()
    windows = code.fresh_name(f"{places.value}_windows")
    text = "\n".join(
        [
            f"{windows} = {_windows(code, tensor.value, size, imports)}",
            f"{pooled.value} = {code.source(statement.value)}[0]",
            *_marked(places.value, windows, pooled.value),
        ]
    )
    shuffled = _shuffled(code, at.value, primary(code.source(values), values), size, imports)
    swaps = (Swap(code.code, line, text), in_place_of(code, call, shuffled))
    return Change(swaps, imports=tuple(sorted(imports)))


def _pair(statement: cst.Assign) -> list[tuple[cst.Name, cst.Name]]:
    """The two variables that a call's results are assigned to."""
    match statement:
        case cst.Assign(
            targets=[
                cst.AssignTarget(
                    target=cst.Tuple(
                        elements=[
                            cst.Element(value=cst.Name() as first),
                            cst.Element(value=cst.Name() as second),
                        ]
                    )
                )
            ],
            value=cst.Call(),
        ):
            return [(first, second)]
    return []


def _windows(code: TracedCode, tensor: str, size: int, imports: set[str]) -> str:
    """The elements of each window along a dimension of their own, before the plane's two."""
    unshuffle, needed = code.spelling("torch.nn.functional.pixel_unshuffle")
    imports.update(needed)
    return f"{unshuffle}({tensor}, {size}).unflatten(-3, (-1, {size * size}))"


def _marked(places: str, windows: str, pooled: str) -> list[str]:
    """The first of the greatest elements of each window."""
    return [
        f"{places} = {windows} == {pooled}.unsqueeze(-3)",
        f"{places} = {places} & ({places}.int().cumsum(-3) == 1)",
    ]


def _shuffled(code: TracedCode, places: str, values: str, size: int, imports: set[str]) -> str:
    where, one = code.spelling("torch.where")
    shuffle, other = code.spelling("torch.nn.functional.pixel_shuffle")
    imports.update((*one, *other))
    chosen = f"{where}({places}, {values}.unsqueeze(-3), 0.0)"
    return f"{shuffle}({chosen}.flatten(-4, -3), {size})"
