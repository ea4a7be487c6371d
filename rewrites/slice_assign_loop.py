"""slice-assign: a loop that writes one index at a time, as a list of steps and a stack."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Insert,
    Rebuilder,
    Rewrite,
    Safety,
    SizeTexts,
    StepLoop,
    Swap,
    TracedCode,
    Undecided,
    Values,
    call,
    decompose,
    laid_out,
    layout,
    loop_obstacle,
    obstacle,
    step_loop,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToStack(Rewrite[SliceAssignment]):
    """Collect what each iteration writes in a list, and stack the list behind the loop.

    Why safe: the loop's range is the whole of the axis, every path through its body writes one
    whole step, and nothing reads the tensor before the loop is over.
    """

    rule = SliceAssign
    title = "collect the steps and stack them"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 5

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For loops over ``range(n)`` that index one axis with their variable."""
        steps = step_loop(code, found.write)
        if steps is None:
            return Decline("the write does not stand in a loop", beside=True)
        return _rebuilt(code, steps)


def _rebuilt(code: TracedCode, found: StepLoop) -> Change:
    region = found.region
    made = region.base.creation
    assert region.base.shape is not None
    ignore = frozenset({found.axis})
    name = code.fresh_name(f"{region.name}_steps")
    swaps = [Swap(code.code, found.creation, f"{name} = []")]
    imports: set[str] = set()
    reasons = [obstacle(code, step) for step in (found.before_loop(), *found.steps)]
    reasons.append(loop_obstacle(code, found.loop, region.writes))
    for reason in filter(None, reasons):
        raise Undecided(reason)
    for step in found.steps:
        index = {found.axis: code.source(found.loop.target)}
        sizes = SizeTexts(code, step.last, step.writes, region.name)
        values = Values(code, step.writes, region.base, sizes, alive=False, ignore=index)
        build = Rebuilder(values, made.fill if made is not None else None)
        piece = decompose(region.base.shape, step.writes, ignore)
        append = call(f"{name}.append", build.text(piece))
        imports |= build.imports
        indent = code.code.span(step.last).column - 1
        swaps += [Swap(code.code, write.line, "") for write in step.writes[:-1]]
        swaps.append(Swap(code.code, step.last, layout("", append, indent)))
    stack, needed = code.spelling("torch.stack")
    whole = layout(region.name, laid_out(code, region, call(stack, name, f"dim={found.axis}")), 0)
    after = Insert(code.code, found.loop, whole)
    return Change(tuple(swaps), (after,), imports=tuple(sorted(imports | set(needed))))
