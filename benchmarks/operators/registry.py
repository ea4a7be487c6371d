"""Make the dynamo exporter read its operator registry once, not once an export.

Parsing the sources of some 500 translation functions is two thirds of a small model's export. No
export changes the registry unless a custom translation table is given, and here none is.
"""

from __future__ import annotations

import functools

from torch.onnx._internal.exporter._registration import ONNXRegistry


def share_registry() -> None:
    """Keep each registry that is made; forked children inherit it."""
    make = functools.lru_cache(maxsize=None)(ONNXRegistry.from_torchlib)

    def from_torchlib(cls: type[ONNXRegistry], opset_version: int | None = None) -> ONNXRegistry:
        return make() if opset_version is None else make(opset_version=opset_version)

    ONNXRegistry.from_torchlib = classmethod(from_torchlib)  # type: ignore[assignment,method-assign]
