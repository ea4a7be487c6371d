"""slice-assign: strided writes that interleave, as stack and pixel_shuffle."""

from __future__ import annotations

from trtlint.api import (
    CallText,
    Change,
    Decline,
    Rebuilder,
    Rewrite,
    Safety,
    Text,
    TracedCode,
    call,
    change,
    has_strides,
    interleaving,
    region_to_rebuild,
    removable,
    sequence,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToInterleave(Rewrite[SliceAssignment]):
    """Stack what is written at each offset, and let a reshape interleave it.

    Why safe: every element of the tensor is written exactly once, by a value of the shape of its
    slice, so what the tensor held before does not matter, and stacking moves the same numbers.
    """

    rule = SliceAssign
    title = "interleave with torch.stack"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For writes like ``h[:, :, 0::2, 1::2] = x`` that cover ``h``."""
        region = region_to_rebuild(code, found.write)
        woven = interleaving(region)
        if isinstance(woven, str):
            return Decline(woven, beside=not has_strides(region))
        build = Rebuilder(code, region.writes, region.base)
        values = [build.value(write) for write in woven.writes]
        rank = region.base.rank
        square = len(set(woven.periods)) == 1 and len(woven.periods) == 2
        text: Text
        if rank == 4 and woven.axes == (2, 3) and square:
            stacked = call(
                build.torch("torch.stack"), sequence(values), "dim=2", tail=".flatten(1, 2)"
            )
            shuffle = build.torch("torch.nn.functional.pixel_shuffle")
            text = call(shuffle, stacked, str(woven.periods[0]))
        else:
            text = _weave(build, list(values), woven.axes, woven.periods)
        return change(code, region, text, build.imports, drop=removable(code, region))


def _weave(
    build: Rebuilder, values: list[Text], axes: tuple[int, ...], periods: tuple[int, ...]
) -> CallText:
    """Interleave along the last axis first, then along the one before it."""
    stack = build.torch("torch.stack")
    for axis, period in zip(reversed(axes), reversed(periods), strict=True):
        inner, flat = (axis + 1, f".flatten({axis}, {axis + 1})") if axis >= 0 else (
            axis, f".flatten({axis - 1}, {axis})"
        )  # fmt: skip
        if axis == -1:
            flat = ".flatten(-2)"
        groups = [values[i : i + period] for i in range(0, len(values), period)]
        values = [call(stack, sequence(group), f"dim={inner}", tail=flat) for group in groups]
    (woven,) = values
    assert isinstance(woven, CallText)
    return woven
