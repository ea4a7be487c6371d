"""A probe: one complete module file with its inputs."""

from __future__ import annotations

import inspect
import linecache
from dataclasses import dataclass, field
from typing import Any

import torch
from tensors import Input, clone, draw_all, leaves


@dataclass
class Probe:
    """A module source that defines ``Model``, and what ``forward`` takes."""

    name: str
    operator: str
    source: str
    input_specs: list[str]
    inputs: list[Input] = field(init=False)
    random: bool = field(init=False, default=False)
    _class: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.inputs = [Input.parse(text) for text in self.input_specs]

    def make(self) -> torch.nn.Module:
        """A fresh instance in eval mode, always with the same parameters."""
        if self._class is None:
            filename = f"<probe {self.name}>"
            lines = self.source.splitlines(keepends=True)
            linecache.cache[filename] = (len(self.source), None, lines, filename)
            namespace: dict[str, Any] = {"__name__": "probe_module"}
            exec(compile(self.source, filename, "exec"), namespace)
            self._class = namespace["Model"]
        torch.manual_seed(0)
        module: torch.nn.Module = self._class()
        for name, parameter in module.named_parameters():
            if "bias" in name and parameter.numel():
                torch.nn.init.normal_(parameter.data)  # zero biases would hide a dropped bias
        return module.eval()

    def parameters(self) -> list[str]:
        """The names of ``forward``'s parameters."""
        return list(inspect.signature(self.make().forward).parameters)

    def run_eager(self) -> list[torch.Tensor]:
        """The reference outputs; notes whether they are random.

        Raises:
            Exception: whatever the probe raises in eager PyTorch, where it is no valid probe.
        """
        values = draw_all(self.inputs, seed=1)
        results = []
        for seed in (1, 2):
            module = self.make()
            torch.manual_seed(seed)
            results.append(leaves(module(*(clone(value) for value in values))))
        first, second = results
        self.random = any(
            a.shape == b.shape and not torch.equal(a.nan_to_num(), b.nan_to_num())
            for a, b in zip(first, second, strict=True)
            if not a.is_complex() and not a.is_quantized
        )
        return first
