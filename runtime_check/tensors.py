"""Inputs as forward takes them, and nested values as flat lists of named tensors."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trtlint.errors import UsageError
from trtlint.runtime_check.load import import_torch
from trtlint.runtime_check.options import InputSpec
from trtlint.runtime_check.result import InputInfo


@dataclass(frozen=True)
class ModelInputs:
    """Arguments of forward, by position as far as its signature allows."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # of args

    def clone(self) -> ModelInputs:
        """The same numbers in new storage, for models that write into their inputs."""
        return self.map(lambda tensor: tensor.detach().clone())

    def map(self, change: Callable[[Any], Any]) -> ModelInputs:
        """Every tensor replaced by ``change(tensor)``, the structure kept."""
        return ModelInputs(
            tuple(map_tensors(arg, change) for arg in self.args),
            {name: map_tensors(value, change) for name, value in self.kwargs.items()},
            self.names,
        )

    def named(self) -> list[tuple[str, Any]]:
        """All tensors with their names, in the order in which the exporters flatten them."""
        found: list[tuple[str, Any]] = []
        for name, value in (*zip(self.names, self.args, strict=True), *self.kwargs.items()):
            found += flatten(value, name)
        return found

    def info(self) -> tuple[InputInfo, ...]:
        """Names, shapes and dtypes."""
        return tuple(
            InputInfo(name, tuple(tensor.shape), dtype_name(tensor))
            for name, tensor in self.named()
        )

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape by name."""
        return {name: tuple(tensor.shape) for name, tensor in self.named()}

    def at_size(self, size: int, seed: int) -> ModelInputs:
        """The inputs with ``size`` along axis 0.

        Added rows hold the values of the given ones in another order, so that a graph that mixes
        rows up cannot pass by rows being alike.
        """
        torch = import_torch()
        generator = torch.Generator().manual_seed(seed)

        def resize(tensor: Any) -> Any:
            if tensor.ndim == 0 or tensor.shape[0] == size or tensor.shape[0] == 0:
                return tensor.detach().clone()
            count = tensor.shape[0]
            rows = tensor.detach()[torch.arange(size) % count].clone()
            for row in range(count, size):
                rows[row] = _shuffled(rows[row], generator)
            return rows

        return self.map(resize)

    def scaled(self, numerator: int, denominator: int) -> ModelInputs:
        """The inputs with other sizes along the axes that a model may take at any size.

        Those are all from axis 2 on, heights and widths or lengths, and axis 1 of what has no
        others and holds no floats: token numbers. Values repeat or are cut off.
        """
        torch = import_torch()

        def resize(tensor: Any) -> Any:
            first = 1 if tensor.ndim == 2 and not tensor.is_floating_point() else 2
            for axis in range(first, tensor.ndim):
                size = tensor.shape[axis]
                wanted = max(size * numerator // denominator, 1)
                tensor = tensor.index_select(axis, torch.arange(wanted) % max(size, 1))
            return tensor.detach().clone()

        return self.map(resize)

    def with_other_values(self, seed: int) -> ModelInputs:
        """Inputs of the same shapes and of a like range, on which a value-dependent branch of the
        model may go the other way and a value that an export froze shows.

        Values are shuffled; floats of both signs are negated as well, others mirrored within
        their range.
        """
        torch = import_torch()
        generator = torch.Generator().manual_seed(seed + 1)

        def change(tensor: Any) -> Any:
            tensor = _shuffled(tensor.detach(), generator)
            if tensor.numel() == 0 or not tensor.is_floating_point():
                return tensor
            low, high = tensor.min(), tensor.max()
            if low == high:
                return tensor * 0.75
            return -tensor if low < 0 < high else low + high - tensor

        return self.map(change)


def _shuffled(tensor: Any, generator: Any) -> Any:
    torch = import_torch()
    order = torch.randperm(tensor.numel(), generator=generator)
    return tensor.flatten()[order].view(tensor.shape)


def bind_inputs(module: Any, inputs: Any) -> ModelInputs:
    """Arrange a tensor, a sequence or a mapping as the arguments of ``module.forward``.

    Raises:
        UsageError: forward has no such argument, or takes another number of them.
    """
    torch = import_torch()
    if isinstance(inputs, ModelInputs):
        return inputs
    if isinstance(inputs, torch.Tensor):
        inputs = (inputs,)
    args = () if isinstance(inputs, Mapping) else tuple(inputs)
    kwargs = dict(inputs) if isinstance(inputs, Mapping) else {}
    return _bind(module, args, kwargs)


def make_inputs(module: Any, specs: Sequence[InputSpec], seed: int) -> ModelInputs:
    """Seeded tensors for the ``--input`` flags: normal floats, small integers.

    Raises:
        UsageError: a name is unknown to forward, or unnamed flags follow named ones.
    """
    torch = import_torch()
    generator = torch.Generator().manual_seed(seed)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for spec in specs:
        dtype = getattr(torch, spec.dtype)
        if dtype.is_floating_point:
            tensor = torch.randn(spec.shape, generator=generator).to(dtype)
        else:
            tensor = torch.randint(0, spec.high, spec.shape, generator=generator).to(dtype)
        if spec.name:
            kwargs[spec.name] = tensor
        elif kwargs:
            raise UsageError("an --input without a name follows one with a name")
        else:
            args.append(tensor)
    return _bind(module, tuple(args), kwargs)


def _bind(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ModelInputs:
    signature = inspect.signature(module.forward)
    open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    unknown = [] if open_ended else [name for name in kwargs if name not in signature.parameters]
    if unknown:
        raise UsageError(
            f"{type(module).__name__}.forward has no argument {', '.join(map(repr, unknown))}",
            f"it takes {', '.join(signature.parameters) or 'none'}",
        )
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(
            f"the inputs do not fit {type(module).__name__}.forward{signature}: {error}",
            "give one --input for each argument of forward, in order or as NAME=SHAPE",
        ) from None
    names: list[str] = []
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            names += [f"{name}_{i}" for i in range(len(value))]
        elif kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
            names.append(name)
    names = names[: len(bound.args)]
    return ModelInputs(bound.args, bound.kwargs, tuple(names))


def flatten(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """The tensors in a nested value, named by where they stand: ``logits``, ``1``, ``pair.0``."""
    torch = import_torch()
    if isinstance(value, torch.Tensor):
        return [(name or "output", value)]
    found: list[tuple[str, Any]] = []
    for key, part in _children(value):
        found += flatten(part, f"{name}.{key}" if name else str(key))
    return found


def map_tensors(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same nested value with every tensor replaced."""
    torch = import_torch()
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {key: map_tensors(part, change) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(part, change) for part in value))
    if isinstance(value, (list, tuple)):
        return type(value)(map_tensors(part, change) for part in value)
    return value


def structure(value: Any) -> str:
    """Everything about a nested value but its tensors: containers, keys, numbers, texts."""
    torch = import_torch()
    if isinstance(value, torch.Tensor):
        return "tensor"
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return repr(value)
    parts = ", ".join(f"{key}: {structure(part)}" for key, part in _children(value))
    return f"{type(value).__name__}({parts})"


def other_leaves(value: Any) -> list[str]:
    """Names of the types of leaves that are neither tensors nor None."""
    torch = import_torch()
    if value is None or isinstance(value, torch.Tensor):
        return []
    children = list(_children(value))
    if children or isinstance(value, (Mapping, list, tuple)):
        return [kind for _, part in children for kind in other_leaves(part)]
    return [type(value).__name__]


def dtype_name(tensor: Any) -> str:
    """``float32`` of ``torch.float32``."""
    return str(tensor.dtype).removeprefix("torch.")


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key), part
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(value._fields, value, strict=True)
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield str(i), part
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for entry in dataclasses.fields(value):
            yield entry.name, getattr(value, entry.name)
