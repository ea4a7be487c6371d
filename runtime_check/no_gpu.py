"""Code that asks for a GPU by name, on a machine that has none: it gets the CPU instead."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from trtlint.runtime_check.load import import_torch

_MAKERS = (
    "arange as_tensor empty empty_like eye full full_like linspace ones ones_like rand rand_like "
    "randint randn randn_like randperm tensor zeros zeros_like"
).split()
_METHODS = "new_empty new_full new_ones new_tensor new_zeros to".split()


def stand_in() -> None:
    """Answer every request for a GPU with the CPU, for the rest of this process.

    Functions are replaced, rather than a mode entered, since the exporters trace through functions.
    """
    torch = import_torch()
    tensor, module = torch.Tensor, torch.nn.Module
    tensor.cuda = lambda self, *_, **__: self
    module.cuda = lambda self, *_, **__: self
    for owner, names in ((torch, _MAKERS), (tensor, _METHODS), (module, ("to",))):
        for name in names:
            setattr(owner, name, _on_cpu(getattr(owner, name), torch.device))


def _on_cpu(function: Callable[..., Any], device: Any) -> Callable[..., Any]:
    def cpu(value: Any) -> Any:
        if isinstance(value, str) and value.partition(":")[0] == "cuda":
            return "cpu"
        return device("cpu") if isinstance(value, device) and value.type == "cuda" else value

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "device" in kwargs:
            kwargs["device"] = cpu(kwargs["device"])
        return function(*map(cpu, args), **kwargs)

    return call
