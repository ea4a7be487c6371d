"""pool-options: dilated maxima as those of shifted slices."""

from __future__ import annotations

from collections.abc import Iterator

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    Undecided,
    Value,
    flag_of,
    ints_of,
    is_none,
)
from trtlint.rules.pool_options import PoolOptions

_MANY = 5  # elements of a window that are still listed


class PoolOptionsToSlices(Rewrite[OperatorMatch]):
    """Take the greatest of shifted slices, along one dimension after the other.

    Why safe: a maximum picks an element, and the greatest of the rows' greatest is the greatest of
    all; padding is with minus infinity, as PyTorch pads, and not-a-number wins in both.
    """

    rule = PoolOptions
    title = "take the maximum of shifted slices"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For ``max_pool`` with a dilation, as a function or a layer."""
        use = found.use
        if found.variant != "dilation":
            given = "what it returns besides the maximum or divides by is not to be had"
            return Decline(given, beside=found.variant in ("indices", "unpool"))
        if flag_of(use.option("ceil_mode", 5, layer_at=5)) is not False:
            return Decline("windows that reach over the edge are not cut out")
        if flag_of(use.option("return_indices", 6, layer_at=4)) is not False:
            return Decline("the places of the maxima are asked for")
        dimensions = next(int(letter) for letter in use.name if letter.isdigit())
        kernel = _each(use.option("kernel_size", 1, layer_at=0), dimensions)
        stride = _each(use.option("stride", 2, layer_at=1), dimensions, kernel)
        padding = _each(use.option("padding", 3, layer_at=2), dimensions, (0,) * dimensions)
        dilation = _each(use.option("dilation", 4, layer_at=3), dimensions)
        new = Composer.called(code, use)
        tensor = new.tensor("input")
        floats = tensor.dtype is not None and tensor.dtype.floating
        if any(padding) and not floats:
            return Decline("integers have no minus infinity, and the dtype is not known")
        if max(kernel) == 1:
            return Decline("of windows of one element it would be a view")
        if max(kernel) > _MANY:
            return Decline("a window has too many elements to list them")
        if any(padding):
            amounts = ", ".join(f"{p}, {p}" for p in reversed(padding))
            pad = new.torch("torch.nn.functional.pad")
            padded = f'{pad}({new.source("input")}, ({amounts}), value=float("-inf"))'
            name = new.let("padded", padded)
        else:
            name = new.often("input")
        larger, text = new.torch("torch.maximum"), name
        for axis in range(dimensions):
            if kernel[axis] == stride[axis] == 1:
                continue
            if text != name:
                name = new.let(("rows", "planes")[axis - 1], text)
            behind = ", :" * (dimensions - axis - 1)
            text = ""
            for bounds in _shifts(kernel[axis], dilation[axis], stride[axis]):
                part = f"{name}[..., {bounds}{behind}]"
                text = f"{larger}({text}, {part})" if text else part
        return new.change(text)


def _shifts(kernel: int, dilation: int, stride: int) -> Iterator[str]:
    """The bounds of the first elements of all windows, of the second ones and so on."""
    for i in range(kernel):
        low, high = i * dilation, (kernel - 1 - i) * dilation
        step = f":{stride}" if stride > 1 else ""
        yield f"{low or ''}:{-high if high else ''}{step}"


def _each(
    value: Value | None, dimensions: int, default: tuple[int, ...] | None = None
) -> tuple[int, ...]:
    """A number for each dimension.

    Raises:
        Undecided: it is not known.
    """
    if is_none(value) and default is not None:
        return default
    known = ints_of(value)
    if not known or len(known) not in (1, dimensions):
        raise Undecided("an argument of the pooling is not known")
    return known * dimensions if len(known) == 1 else known
