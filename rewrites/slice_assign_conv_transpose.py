"""slice-assign: strided writes that interleave, as transposed convolutions."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rebuilder,
    Rewrite,
    Safety,
    SumText,
    Swap,
    TracedCode,
    call,
    has_strides,
    interleaving,
    layout,
    region_to_rebuild,
    removable,
    size_sources,
)
from trtlint.rules.slice_assign import SliceAssign, SliceAssignment


class SliceAssignToConvTranspose(Rewrite[SliceAssignment]):
    """Spread each value with a transposed convolution by 1, pad it into place, and add them up.

    For torch2trt, which converts neither ``pixel_shuffle`` nor item assignment. Channels are folded
    into the batch, so that one 1x1 kernel of ones serves any number of them and the checkpoint
    gains no weights.

    Why safe: each element of the sum is one value times 1 plus zeros. (A negative zero becomes a
    positive one, which compares equal.)
    """

    rule = SliceAssign
    title = "interleave with conv_transpose2d and pad"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch2trt", "torch-tensorrt"})
    order = 20

    def rewrite(self, found: SliceAssignment, code: TracedCode) -> Change | Decline:
        """For writes like ``h[:, :, 0::2, 1::2] = x`` that cover a four-dimensional ``h``."""
        region = region_to_rebuild(code, found.write)
        woven = interleaving(region)
        if isinstance(woven, str):
            return Decline(woven, beside=not has_strides(region))
        if region.base.rank != 4 or woven.axes != (2, 3):
            return Decline("only the last two of four dimensions are spread by conv_transpose2d")
        if region.base.dtype is None or not region.base.dtype.floating:
            return Decline("convolutions take floating-point tensors only")
        sizes = size_sources(code, region)
        if sizes is None:
            return Decline("the sizes of the tensor have no names here")
        build = Rebuilder(code, region.writes, region.base)
        down, right = woven.periods
        names = [
            code.fresh_name(f"{region.name}_{i}{j}") for i in range(down) for j in range(right)
        ]
        values = dict(
            zip(
                map(id, woven.writes),
                zip(names, map(build.value, woven.writes), strict=True),
                strict=True,
            )
        )
        indent = code.code.span(region.last).column - 1
        lines = {key: layout(name, value, indent) for key, (name, value) in values.items()}
        ones = code.fresh_name("ones")
        spread, pad = (build.torch(f"torch.nn.functional.{f}") for f in ("conv_transpose2d", "pad"))
        stride = str(down) if down == right else f"({down}, {right})"
        parts = []
        for k, name in enumerate(names):
            i, j = divmod(k, right)
            folded = f"{name}.reshape(-1, 1, *{name}.shape[2:])"
            amounts = f"({j}, {right - 1 - j}, {i}, {down - 1 - i})"
            parts.append(call(pad, call(spread, folded, ones, f"stride={stride}"), amounts))
        whole = SumText(tuple(parts), f".reshape({', '.join(sizes)})")
        swaps = [Swap(code.code, w.line, lines[id(w)]) for w in region.writes[:-1]]
        if removable(code, region) and region.creation is not None:
            swaps.insert(0, Swap(code.code, region.creation, ""))
        last = [
            lines[id(region.writes[-1])],
            f"{ones} = {names[0]}.new_ones(1, 1, 1, 1)",
            layout(region.name, whole, indent),
        ]
        swaps.append(Swap(code.code, region.last, "\n".join(last)))
        return Change(tuple(swaps), imports=tuple(sorted(build.imports)))
