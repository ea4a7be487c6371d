"""Targets: a route from PyTorch to TensorRT at a version.

An ``onnx`` target means torch.onnx's dynamo exporter, unless ``+torchscript`` is appended.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from trtlint.errors import UsageError


@dataclass(frozen=True)
class Target:
    """A route at a version, and how its verdicts came to be known."""

    name: str
    route: str  # "onnx" or "torch2trt"
    summary: str


TARGETS: tuple[Target, ...] = (
    Target(
        "tensorrt-rtx-1.7",
        "onnx",
        "TensorRT-RTX 1.7 through torch.onnx (dynamo); verdicts executed by trtlint's own tests",
    ),
    Target("tensorrt-11.4", "onnx", "TensorRT 11.4 through torch.onnx (dynamo); verdicts cited"),
    Target("tensorrt-8.6", "onnx", "TensorRT 8.6 through torch.onnx (dynamo); verdicts cited"),
    Target("torch2trt-0.5", "torch2trt", "NVIDIA-AI-IOT/torch2trt 0.5 at 4e820ae; verdicts cited"),
    Target(
        "torch2trt-0.1",
        "torch2trt",
        "torch2trt 0.1 with TensorRT 6 and 7, as practitioners described it; verdicts cited",
    ),
)
DEFAULT_TARGETS: tuple[str, ...] = ("tensorrt-rtx-1.7", "tensorrt-11.4")

_BY_NAME = {target.name: target for target in TARGETS}


def find_target(name: str) -> Target:
    """The target of that name.

    Raises:
        UsageError: no such target; the hint names the nearest ones.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        near = difflib.get_close_matches(name, _BY_NAME, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"unknown target {name!r}", f"{hint}`trtlint targets` lists the known ones"
        ) from None


def target_names() -> tuple[str, ...]:
    """Names of all known targets, in the order they are shown."""
    return tuple(_BY_NAME)
