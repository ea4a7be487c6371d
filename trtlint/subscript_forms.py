"""Subscripts in the form that torch2trt converts: tuples of slices and integers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from trtlint.analysis.effects import is_pure
from trtlint.analysis.literals import ints_of
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Nothing
from trtlint.changes import Change
from trtlint.codegen import call, primary, sequence
from trtlint.composing import in_place_of

_MANY = 8  # slices that are still spelled out


def with_ellipsis(code: TracedCode, node: cst.Subscript) -> Change:
    """``x[i, ...]`` for ``x[i]``.

    Raises:
        Undecided: it is not known to be one integer or slice.
    """
    (element,) = node.slice
    inner = element.slice
    alone = isinstance(inner, cst.Index) and isinstance(code.value(inner.value), Int)
    known = isinstance(inner, cst.Slice) or alone
    if not known:
        raise Undecided(f"`{code.source(inner)}` is not known to be one integer")
    if isinstance(inner, cst.Slice) and _from_end(code, inner):
        raise Undecided("the converter miscounts a slice that begins at the end")
    text = f"{code.source(node.value)}[{code.source(inner)}, ...]"
    return Change((in_place_of(code, node, text),))


def _from_end(code: TracedCode, node: cst.Slice) -> bool:
    """Whether a slice may begin before the end, and run up to it."""
    lower = code.value(node.lower) if node.lower is not None else None
    from_front = lower is None or isinstance(lower, Nothing)
    if isinstance(lower, Int):
        from_front = lower.size.constant is not None and lower.size.constant >= 0
    return not from_front


def from_list(code: TracedCode, node: cst.Subscript) -> Change:
    """``cat`` along the dimension that a list of integers picks from.

    Raises:
        Undecided: the integers are not known, or other indices stand beside them.
    """
    at = [i for i, part in enumerate(node.slice) if not isinstance(part.slice, cst.Slice)]
    dots = [i for i in at if _is_ellipsis(node.slice[i])]
    at = [i for i in at if i not in dots]
    listed = node.slice[at[0]].slice if len(at) == 1 else None
    if not isinstance(listed, cst.Index) or not isinstance(listed.value, cst.List):
        raise Undecided("an index that is a tensor, or one beside others, has no form as slices")
    places = ints_of(code.value(listed.value))
    if not places or not is_pure(code, node.value):
        raise Undecided("the places are not known")
    parts = list(_runs(places))
    if len(parts) > _MANY:
        raise Undecided("so many slices would cost more than they are worth")
    axis = at[0] - len(node.slice) if dots and dots[0] < at[0] else at[0]
    tensor = primary(code.source(node.value), node.value)
    if not isinstance(node.value, cst.Name) and len(parts) > 1:
        raise Undecided(f"`{tensor}` is needed several times, and has no name")
    before = [code.source(part.slice) for part in node.slice[: at[0]]]
    behind = [code.source(part.slice) for part in node.slice[at[0] + 1 :]]
    behind = behind or ([] if before else ["..."])
    texts = [f"{tensor}[{', '.join([*before, part, *behind])}]" for part in parts]
    cat, imports = code.spelling("torch.cat")
    text = str(call(cat, sequence(texts), f"dim={axis}"))
    return Change((in_place_of(code, node, text),), imports=imports)


def _is_ellipsis(part: cst.SubscriptElement) -> bool:
    return isinstance(part.slice, cst.Index) and isinstance(part.slice.value, cst.Ellipsis)


def _runs(places: Sequence[int]) -> Iterator[str]:
    """Slices that pick these places; neighbours are one slice."""
    start = 0
    for i, place in enumerate(places):
        if i + 1 < len(places) and place >= 0 and places[i + 1] == place + 1:
            continue
        first = places[start]
        if first < -1:
            yield f"{first}:{first + 1}"
        else:
            yield "-1, None" if first < 0 else f"{first or ''}:{place + 1}"
        start = i + 1
