"""Probes from torch's own operator catalogue: the sample inputs of ``op_db`` (needs expecttest).

Tensors of a sample become inputs, everything else a literal. Samples whose arguments are of the
same kinds differ in sizes only, so one of them is kept.
"""

from __future__ import annotations

import itertools
import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from source import render
from torch.testing._internal.common_methods_invocations import op_db

SAMPLES = 3
_MODULES = ("nn.functional.", "linalg.", "fft.", "special.", "signal.windows.")


def main() -> None:
    """Write JSON rows to standard output."""
    warnings.simplefilter("ignore")
    for info in op_db:
        try:
            rows = list(_rows(info))
        except Exception as error:  # not every catalogue entry has CPU samples
            sys.stderr.write(f"{info.name}: {error}\n")
            continue
        sys.stdout.writelines(json.dumps(row) + "\n" for row in rows)


def _rows(info: Any) -> Iterator[dict[str, Any]]:
    name: str = info.name
    operator = f"torch.{name}"
    is_function = ("." not in name or name.startswith(_MODULES)) and _resolves(operator)
    is_method = "." not in name and hasattr(torch.Tensor, name) and info.method_variant is not None
    seen: set[str] = set()
    samples = info.sample_inputs("cpu", torch.float32, requires_grad=False)
    for sample in itertools.islice(samples, 60):
        specs: list[str] = []
        parts = [_text(sample.input, specs)]
        parts += [_text(one, specs) for one in sample.args]
        parts += [f"{key}={_text(value, specs)}" for key, value in sample.kwargs.items()]
        if any("?" in part for part in parts) or not specs:
            continue
        kinds = repr(parts) + repr([spec.count("x") for spec in specs])
        if kinds in seen:
            continue
        seen.add(kinds)
        calls = [(operator, f"{operator}({', '.join(parts)})")] if is_function else []
        if is_method and isinstance(sample.input, torch.Tensor):
            method = f"{parts[0]}.{name}({', '.join(parts[1:])})"
            calls.append((f"torch.Tensor.{name}", method))
        for qualified, call in calls:
            label = f"{info.name}.{info.variant_test_name}" if info.variant_test_name else info.name
            yield {
                "name": f"op_db:{label}#{len(seen)}{'m' if 'Tensor' in qualified else ''}",
                "operator": qualified,
                "source": render([], [f"return {call}"], [f"a{i}" for i in range(len(specs))]),
                "inputs": specs,
            }
        if len(seen) == SAMPLES:
            return


def _resolves(qualified: str) -> bool:
    value: Any = torch
    for part in qualified.split(".")[1:]:
        value = getattr(value, part, None)
    return callable(value)


def _text(value: Any, specs: list[str]) -> str:
    """The argument as source; ``?`` stands in what cannot be written."""
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.numel() == 0 or value.is_quantized:
            return "?"
        spec = f"{'x'.join(map(str, value.shape))}:{str(value.dtype).removeprefix('torch.')}"
        if not value.is_floating_point() and not value.is_complex() and value.dtype != torch.bool:
            spec += f"[{int(value.min())},{int(value.max()) + 1})"
        specs.append(spec)
        return f"a{len(specs) - 1}"
    if isinstance(value, list | tuple):
        inner = ", ".join(_text(one, specs) for one in value)
        return (
            f"[{inner}]"
            if isinstance(value, list)
            else f"({inner}{',' if len(value) == 1 else ''})"
        )
    if value is None or isinstance(value, bool | int | str | torch.dtype):
        return repr(value)
    if isinstance(value, float):
        return f'float("{value}")' if value != value or abs(value) == float("inf") else repr(value)
    return "?"


if __name__ == "__main__":
    main()
