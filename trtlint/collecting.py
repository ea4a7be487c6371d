"""A loop that writes one index at a time, as a list of steps that is stacked behind it."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from trtlint.analysis.cells import decompose, merged, untouched
from trtlint.analysis.effects import is_fresh, is_pure, loop_obstacle
from trtlint.analysis.moving import obstacle, settled
from trtlint.analysis.selectors import Run, Selection
from trtlint.analysis.step_loops import StepLoop, index_source, needs_old
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Tensor
from trtlint.analysis.write_regions import Region
from trtlint.analysis.writes import SliceWrite
from trtlint.changes import Change, Insert, Swap
from trtlint.codegen import Text, call, layout, primary, tailed
from trtlint.rebuilding import Rebuilder
from trtlint.regions import laid_out
from trtlint.size_texts import SizeTexts
from trtlint.written_values import Values


def collected(
    code: TracedCode, found: StepLoop, *, only_converted: bool = False, alike: bool = False
) -> Change:
    """Append each step to a list, and build the tensor from it after the loop.

    A step that the loop may change after it is appended is copied, as the write did.

    Args:
        code: the function.
        found: the loop.
        only_converted: whether to keep to what torch2trt converts.
        alike: whether floating tensors are taken to be of one dtype then.

    Raises:
        Undecided: computing a step has effects, or its value does not fit.
    """
    changes = loop_obstacle(code, found.loop, found.region.writes)
    reasons = [obstacle(code, step) for step in (found.before_loop(), *found.steps)]
    if not all(is_pure(code, write.value) for write in found.region.writes):
        reasons.append(changes)
    for reason in filter(None, reasons):
        raise Undecided(reason)
    if any(settled(code, step) for step in found.steps):
        raise Undecided("statements between the writes may change what is written")
    region, failed = found.region, None
    made = region.base.creation if region.creation is not None else None
    gone = made is not None and region.creation is not None and is_pure(code, region.creation)
    kept = {"only_converted": only_converted, "alike": alike}
    for alive in (False, True) if gone else (True,):
        try:
            return _collected(code, found, alive, copied=changes is not None, **kept)
        except Undecided as error:  # noqa: PERF203
            failed = failed or error
    assert failed is not None
    raise failed


def _collected(
    code: TracedCode,
    found: StepLoop,
    alive: bool,
    *,
    copied: bool,
    only_converted: bool,
    alike: bool,
) -> Change:
    region = found.region
    assert region.base.shape is not None
    made = region.base.creation
    fill = made.fill if made is not None and not alive else None
    name = code.fresh_name(f"{region.name}_steps")
    first = f"{name} = []"
    swaps: list[Swap] = []
    inserts: list[Insert] = []
    if alive:
        inserts.append(Insert(code.code, found.start, first))
    else:
        swaps.append(Swap(code.code, found.start, first))
    imports: set[str] = set()
    for step in found.steps:
        if any(map(needs_old, step.writes)) and not alive:
            raise Undecided("what the tensor held is needed")
        sizes = SizeTexts(code, step.last, step.writes, "" if alive else region.name)
        index = {found.axis: index_source(code, step.writes[-1], found.axis)}
        values = Values(
            code,
            step.writes,
            region.base,
            sizes,
            alive=alive,
            ignore=index,
            only_converted=only_converted,
            alike=alike,
        )
        build = Rebuilder(values, fill)
        ignore = frozenset({found.axis})
        piece = merged(decompose(region.base.shape, step.writes, ignore))
        text = build.text(piece)
        if copied and not all(w.augmented or is_fresh(code, w.stored, w.line) for w in step.writes):
            if isinstance(text, str):
                text = primary(text, cst.parse_expression(text))
            text = tailed(text, ".clone()")
        append = call(f"{name}.append", text)
        imports |= build.imports
        indent = code.code.span(step.last).column - 1
        swaps += [Swap(code.code, write.line, "") for write in step.writes[:-1]]
        swaps.append(Swap(code.code, step.last, layout("", append, indent)))
    stack, needed = code.spelling("torch.stack")
    steps = f"{name}[::-1]" if found.backwards else name
    whole: Text = call(stack, steps, f"dim={found.axis}")
    if found.reached is not None and only_converted:
        raise Undecided("torch2trt takes no empty constant, where the loop reaches all there is")
    if found.reached is not None:
        whole = _among(code, found, whole, fill, alive, imports, only_converted)
    whole = whole if alive else laid_out(code, region, whole)
    if not found.certain:
        whole = tailed(whole, f" if {name} else {_without_steps(code, found, alive)}")
    inserts.append(Insert(code.code, found.loop, layout(region.name, whole, 0)))
    imports |= set(needed)
    return Change(tuple(swaps), tuple(inserts), imports=tuple(sorted(imports)))


def _without_steps(code: TracedCode, found: StepLoop, alive: bool) -> str:
    """What the tensor is where the loop does not run: nothing can be stacked then.

    Raises:
        Undecided: that cannot be said behind the loop.
    """
    if alive:
        return found.region.name
    assert found.region.creation is not None
    (made,) = found.region.creation.body
    assert isinstance(made, cst.Assign)
    used = {node.value for node in variables(made.value)}
    if used & code.code.bound_names(found.loop):
        raise Undecided("the loop may not run at all")
    return code.source(made.value)


def _among(
    code: TracedCode,
    found: StepLoop,
    stacked: Text,
    fill: float | None,
    alive: bool,
    imports: set[str],
    only_converted: bool,
) -> Text:
    """The stacked steps within what the loop does not reach: one write of all of them."""
    base, reached = found.region.base, found.reached
    assert base.shape is not None
    assert reached is not None
    slot = base.shape.with_dim(found.axis, reached.size)
    if slot is None:
        raise Undecided("the size of the tensor is not known")
    run = Run(found.axis, reached.start, reached.stop, reached.step, reached.size)
    value = cst.parse_expression(str(stacked))
    stored = Tensor(slot, dtype=base.dtype, device=base.device)
    write = found.region.writes[-1]
    whole: SliceWrite = replace(
        write, value=value, stored=stored, operator="", selection=Selection((run,), slot)
    )
    piece = merged(decompose(base.shape, [whole]))
    if untouched(piece) and fill is None and not alive:
        raise Undecided("a part that no write reaches holds what the memory held")
    region = Region(found.region.name, (whole,), None, base)
    bound = code.code.bound_names(found.loop)
    sizes = SizeTexts(code, found.loop, (), "" if alive else region.name, bound)
    values = Values(code, region.writes, base, sizes, alive=alive, only_converted=only_converted)
    build = Rebuilder(values, fill)
    text = build.text(piece)
    imports |= build.imports
    return text


__all__ = ["collected"]
