"""Run the model itself: the reference for every other level."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from trtlint.runtime_check.load import guarded, import_torch
from trtlint.runtime_check.tensors import ModelInputs, flatten
from trtlint.runtime_check.user_code import UserCode


def run_eager(
    module: Any, inputs: ModelInputs, seed: int, user_code: UserCode
) -> list[tuple[str, Any]]:
    """The outputs as named tensors.

    Raises:
        LoadFailed: forward raised; the message names the user's line.
    """
    return flatten(call_module(module, inputs, seed, user_code))


def call_module(module: Any, inputs: ModelInputs, seed: int, user_code: UserCode) -> Any:
    """What forward returns, without gradients, seeded, on copies of the inputs.

    Buffers that forward writes into are put back, so that every run and the export start alike.
    """
    torch = import_torch()
    fresh = inputs.clone()
    with (
        torch.no_grad(),
        torch.random.fork_rng(devices=[]),  # the caller's generator stays
        kept_buffers(module),
    ):
        torch.manual_seed(seed)
        return guarded(
            lambda: module(*fresh.args, **fresh.kwargs),
            user_code,
            f"{type(module).__name__} fails on its inputs",
        )


@contextlib.contextmanager
def kept_buffers(module: Any) -> Iterator[None]:
    """Put back afterwards what was written into buffers."""
    kept = [
        (part, name, buffer, buffer.clone())
        for part in module.modules()
        for name, buffer in part._buffers.items()
        if buffer is not None
    ]
    try:
        yield
    finally:
        for part, name, buffer, values in kept:
            part._buffers[name] = buffer.copy_(values)


def differ(left: list[tuple[str, Any]], right: list[tuple[str, Any]]) -> bool:
    """Whether two runs gave other numbers; NaN equals NaN."""
    return any(
        a.shape != b.shape or not bool(((a == b) | ((a != a) & (b != b))).all())
        for (_, a), (_, b) in zip(left, right, strict=False)
    )
