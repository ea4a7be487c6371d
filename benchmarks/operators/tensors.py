"""Inputs of a probe, and whether two sets of outputs are equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

EXAMPLE_BATCH = 2
_INTEGERS = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
_LITERALS = {"None": None, "True": True, "False": False}
_LOOSE = {torch.float16, torch.bfloat16}


@dataclass(frozen=True)
class Input:
    """One argument of ``forward``: a tensor to be drawn, or a literal.

    Integers are drawn from ``[low, high)``: small by default, so that they are valid indices.
    """

    shape: tuple[int, ...] | None
    dtype: torch.dtype | None
    literal: Any = None
    low: int = 0
    high: int = 3

    @classmethod
    def parse(cls, text: str) -> Input:
        """Read ``2x4x8x8:float32``, ``:int64`` (rank 0), ``5:int64[0,7)``, or a literal."""
        shape, colon, rest = text.partition(":")
        name, bracket, limits = rest.partition("[")
        dtype = getattr(torch, name, None) if colon else None
        if not isinstance(dtype, torch.dtype):
            return cls(None, None, _LITERALS[text] if text in _LITERALS else _number(text))
        low, high = (int(v) for v in limits.rstrip(")").split(",")) if bracket else (0, 3)
        return cls(tuple(int(n) for n in shape.split("x") if n), dtype, None, low, high)

    @property
    def has_batch(self) -> bool:
        """Whether axis 0 is the batch: by convention it has the example's batch size."""
        return bool(self.shape) and self.shape is not None and self.shape[0] == EXAMPLE_BATCH

    def draw(self, generator: torch.Generator, batch: int) -> Any:
        """A value of this input for the given batch size."""
        if self.shape is None or self.dtype is None:
            return self.literal
        shape = (batch, *self.shape[1:]) if self.has_batch else self.shape
        if self.dtype == torch.bool:
            return torch.randint(0, 2, shape, generator=generator).bool()
        if self.dtype in _INTEGERS:
            drawn = torch.randint(self.low, self.high, shape, generator=generator)
            return drawn.to(self.dtype)
        if self.dtype.is_complex:
            parts = torch.randn((*shape, 2), generator=generator)
            return torch.view_as_complex(parts).to(self.dtype)
        return torch.randn(shape, generator=generator).to(self.dtype)


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text)


def draw_all(inputs: list[Input], seed: int, batch: int = EXAMPLE_BATCH) -> tuple[Any, ...]:
    """Values of all inputs."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(one.draw(generator, batch) for one in inputs)


def clone(value: Any) -> Any:
    """A copy that shares no storage, for models that write into their inputs."""
    return value.clone() if isinstance(value, torch.Tensor) else value


def leaves(value: Any) -> list[torch.Tensor]:
    """The tensors of a nested output, in order; numbers become tensors as an exporter's do."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, bool | int | float):
        return [torch.tensor(value)]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in leaves(one)]
    if hasattr(value, "__dataclass_fields__"):
        return [
            leaf for name in value.__dataclass_fields__ for leaf in leaves(getattr(value, name))
        ]
    return []


def difference(
    expected: list[torch.Tensor], found: list[torch.Tensor], *, values: bool = True
) -> str:
    """What differs, or an empty text; with ``values`` false only numbers and shapes of outputs."""
    if len(expected) != len(found):
        return f"{len(found)} outputs, eager has {len(expected)}"
    for number, (want, have) in enumerate(zip(expected, found, strict=True)):
        if want.is_complex() and not have.is_complex():
            want = torch.view_as_real(want)
        if tuple(want.shape) != tuple(have.shape):
            return f"out{number} shape {list(have.shape)} != eager {list(want.shape)}"
        if values and (text := _values(want.detach(), have.detach())):
            return f"out{number} {text}"
    return ""


def _values(want: torch.Tensor, have: torch.Tensor) -> str:
    relative, absolute = (1e-2, 1e-2) if {want.dtype, have.dtype} & _LOOSE else (1e-3, 1e-4)
    a = want.to(torch.complex128 if want.is_complex() else torch.float64)
    b = have.to(torch.complex128 if have.is_complex() else torch.float64)
    unequal = int((a.isnan() != b.isnan()).sum())
    if unequal:
        return f"nan mismatch ({unequal} el)"
    close = torch.isclose(b, a, rtol=relative, atol=absolute, equal_nan=True)
    bad = int((~close).sum())
    return f"{bad}/{a.numel()} differ" if bad else ""
