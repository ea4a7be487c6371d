"""tensor-creation: tensors sized by an input follow that input."""

from __future__ import annotations

from trtlint.api import (
    Change,
    Decline,
    Rewrite,
    Safety,
    Swap,
    Tensor,
    TracedCode,
    dtype_source,
    is_pure,
    joinable_dtypes,
)
from trtlint.rules.tensor_creation import Creation, TensorCreation

_SIZED = {"torch.zeros": "new_zeros", "torch.ones": "new_ones", "torch.empty": "new_empty"}


class TensorCreationToNew(Rewrite[Creation]):
    """Make ``torch.zeros(b, c).cuda()`` follow a tensor at hand: ``x.new_zeros(b, c)``.

    Why safe: shape and content are the same; the dtype is spelled out unless the tensor is known to
    have it; the device becomes the tensor's, which is where the result meets it. (``zeros_like``
    would copy the tensor's memory format as well, and is not used.)
    """

    rule = TensorCreation
    title = "create it like a tensor at hand"
    safety = Safety.SAFE
    order = 20

    def rewrite(self, found: Creation, code: TracedCode) -> Change | Decline:
        """For ``zeros``, ``ones``, ``empty`` and ``full`` whose sizes come from an input."""
        if found.variant not in ("sized", "device"):
            return Decline("its size does not follow an input", beside=True)
        if found.function not in _SIZED and found.function != "torch.full":
            return Decline(f"`{found.function}` has no form that follows a tensor")
        keywords = {arg.keyword.value for arg in found.call.args if arg.keyword is not None}
        if not keywords <= {"size", "fill_value", "dtype", "device"}:
            return Decline("it has options that the other form would drop")
        if found.hard_device is None and "device" in keywords:
            return Decline("it is put on a device of its own")
        if not is_pure(code, found.whole):
            return Decline("its arguments may have effects")
        if found.result.dtype is None:
            return Decline("its dtype is not known")
        model = _model(found, code)
        if model is None:
            return Decline("no tensor at hand has the sizes it uses")
        name, tensor = model
        args = [
            (f"{arg.keyword.value}=" if arg.keyword else "") + code.source(arg.value)
            for arg in found.call.args
            if arg.keyword is None or arg.keyword.value in ("size", "fill_value")
        ]
        if any(arg.star for arg in found.call.args):
            return Decline("its sizes are unpacked from a sequence")
        options = _dtype_option(found, tensor, code)
        if options is None:
            return Decline("its dtype has no name here")
        method = _SIZED.get(found.function, "new_full")
        text = f"{name}.{method}({', '.join([*args, *options])})"
        return Change((Swap(code.code, found.whole, text),))


def _model(found: Creation, code: TracedCode) -> tuple[str, Tensor] | None:
    """A local tensor whose sizes the creation uses."""
    line = code.line_of(found.call)
    if line is None or found.made.shape is None:
        return None
    wanted = {a.name for size in found.made.shape.dims for a in size.atoms()}
    if found.made.shape.rest is not None:
        wanted.add(found.made.shape.rest.tensor)
    best: tuple[int, str, Tensor] | None = None
    for name, value in code.before(line).items():
        if not isinstance(value, Tensor) or value.shape is None or value.device is None:
            continue
        if value.device in ("cuda", "cpu") or value.device.startswith("cuda:"):
            continue
        own = {a.name for s in (*value.shape.dims, *value.shape.last) for a in s.atoms()}
        if value.shape.rest is not None:
            own.add(value.shape.rest.tensor)
        score = 2 * (value.shape == found.made.shape) + joinable_dtypes(
            value.dtype, found.result.dtype
        )
        if wanted & own and (best is None or score > best[0]):
            best = (score, name, value)
    return best[1:] if best is not None else None


def _dtype_option(found: Creation, tensor: Tensor, code: TracedCode) -> list[str] | None:
    """``dtype=...`` unless the tensor has that dtype; None if it cannot be spelled."""
    if joinable_dtypes(tensor.dtype, found.result.dtype):
        return []
    given = [a for a in found.call.args if a.keyword is not None and a.keyword.value == "dtype"]
    if given and found.whole is found.call:
        return [f"dtype={code.source(given[0].value)}"]
    spelled = dtype_source(found.result.dtype)
    if spelled is None or code.project.may_change_default_dtype(code.code.path):
        return None
    return [f"dtype={code.spelling(spelled)[0]}"]
