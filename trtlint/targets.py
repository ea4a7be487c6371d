"""Targets: a route from PyTorch to TensorRT at a version.

An ``onnx`` target means torch.onnx's dynamo exporter, unless ``+torchscript`` is appended. A table
of verdicts names targets one by one or by range: ``tensorrt``, ``tensorrt<8.2``,
``tensorrt>=8.5``, ``tensorrt>=8.2,<10.0``, ``torch2trt``; with ``+dynamo`` or ``+torchscript`` it
holds for that exporter only, without for both.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from functools import cache

from trtlint.errors import UsageError

Version = tuple[int, ...]
DYNAMO, TORCHSCRIPT = "dynamo", "torchscript"
_ANY_MINOR = 99  # how ``9.x`` compares: newer than every 9.y that a range may name


@dataclass(frozen=True)
class Target:
    """A route at a version, and how its verdicts came to be known.

    Attributes:
        name: as users write it: ``tensorrt-8.6+torchscript``.
        library: ``tensorrt``, ``tensorrt-rtx``, ``torch2trt`` or ``torch-tensorrt``.
        version: of the library; ``x`` for any.
        route: ``onnx``, ``torch2trt`` or ``torch-tensorrt``.
        exporter: of the ``onnx`` route, ``dynamo`` or ``torchscript``; empty on the others.
        summary: one line for ``trtlint targets``.
    """

    name: str
    library: str
    version: str
    route: str
    summary: str
    exporter: str = ""

    @property
    def number(self) -> Version:
        """The version as it compares."""
        return parse_version(self.version)


def parse_version(text: str) -> Version:
    """``8.6`` as ``(8, 6)``; ``9.x`` comes after every 9.y."""
    return tuple(_ANY_MINOR if part == "x" else int(part) for part in text.split("."))


_TENSORRT = (
    "7.0 8.0 8.2 8.4 8.5 8.6 9.x".split()
    + [f"10.{minor}" for minor in range(17)]
    + [f"11.{minor}" for minor in range(5)]
)


def _all_targets() -> tuple[Target, ...]:
    plain = [
        Target(
            "tensorrt-rtx-1.7",
            "tensorrt-rtx",
            "1.7",
            "onnx",
            "TensorRT-RTX 1.7 through torch.onnx; verdicts executed by trtlint's own tests",
            DYNAMO,
        )
    ]
    plain += [
        Target(
            f"tensorrt-{version}",
            "tensorrt",
            version,
            "onnx",
            f"TensorRT {version} through torch.onnx; verdicts cited",
            DYNAMO,
        )
        for version in reversed(_TENSORRT)
    ]
    script = [replace(t, name=f"{t.name}+torchscript", exporter=TORCHSCRIPT) for t in plain]
    others = [
        Target(
            "torch-tensorrt-2.x",
            "torch-tensorrt",
            "2.x",
            "torch-tensorrt",
            "Torch-TensorRT 2 (dynamo); what it has no converter for runs in PyTorch; cited",
        ),
        Target(
            "torch2trt-0.5",
            "torch2trt",
            "0.5",
            "torch2trt",
            "NVIDIA-AI-IOT/torch2trt 0.5 at 4e820ae; verdicts cited",
        ),
        Target(
            "torch2trt-0.1",
            "torch2trt",
            "0.1",
            "torch2trt",
            "torch2trt 0.1 with TensorRT 6 and 7, as practitioners described it; verdicts cited",
        ),
    ]
    return (*plain, *script, *others)


TARGETS: tuple[Target, ...] = _all_targets()
DEFAULT_TARGETS: tuple[str, ...] = ("tensorrt-11.4", "torch-tensorrt-2.x")
# One of each library: the columns where a table has no room for all.
TYPICAL_TARGETS: tuple[str, ...] = (
    "tensorrt-rtx-1.7",
    "tensorrt-11.4",
    "tensorrt-8.6",
    "torch-tensorrt-2.x",
    "torch2trt-0.5",
)

_BY_NAME = {target.name: target for target in TARGETS}
_RANGE = re.compile(
    r"(?P<library>tensorrt-rtx|tensorrt|torch2trt|torch-tensorrt)"
    r"(?P<exact>-[0-9x.]+)?"
    r"(?P<bounds>(?:,?(?:>=|<)[0-9.]+)*)"
    r"(?:\+(?P<exporter>dynamo|torchscript))?"
)


def find_target(name: str) -> Target:
    """The target of that name.

    ``+dynamo`` may be written out; a version that only ``x`` covers stands for that: ``9.3`` for
    ``9.x``.

    Raises:
        UsageError: no such target; the hint names the nearest ones.
    """
    wanted = name.removesuffix("+dynamo")
    family = re.sub(r"\.\d+(?=$|\+)", ".x", wanted)
    found = _BY_NAME.get(wanted) or _BY_NAME.get(family)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise UsageError(
        f"unknown target {name!r}", f"{hint}`trtlint targets` lists the known ones"
    ) from None


def target_names() -> tuple[str, ...]:
    """Names of all known targets, in the order they are shown."""
    return tuple(_BY_NAME)


@cache
def matching(pattern: str) -> frozenset[str]:
    """Names of the targets that a key of a verdict table stands for.

    Raises:
        ValueError: the key is not of the form the module describes, or names no target.
    """
    match = _RANGE.fullmatch(pattern)
    if match is None:
        raise ValueError(f"not a target or a range of targets: {pattern!r}")
    exact, exporter = (match["exact"] or "").removeprefix("-"), match["exporter"]
    bounds = re.findall(r"(>=|<)([0-9.]+)", match["bounds"])
    found = frozenset(
        target.name
        for target in TARGETS
        if target.library == match["library"]
        and (not exact or target.version == exact)
        and (exporter is None or target.exporter == exporter)
        and all((target.number >= parse_version(bound)) == (sign == ">=") for sign, bound in bounds)
    )
    if not found:
        raise ValueError(f"no known target is meant by {pattern!r}")
    return found


def compact(names: frozenset[str] | set[str]) -> tuple[str, ...]:
    """Names of targets in few words: neighbouring versions of one library as a range."""
    shown: list[str] = []
    for exporter in (DYNAMO, TORCHSCRIPT):
        suffix = "" if exporter == DYNAMO else "+torchscript"
        line = [t for t in reversed(TARGETS) if t.library == "tensorrt" and t.exporter == exporter]
        run: list[Target] = []
        runs: list[list[Target]] = []
        for target in line:
            if target.name in names:
                run.append(target)
            elif run:
                runs.append(run)
                run = []
        runs += [run] if run else []
        for part in runs:
            first, last = part[0].version, part[-1].version
            between = first if len(part) == 1 else f"{first} to {last}"
            shown.append(f"tensorrt{'-' if len(part) == 1 else ' '}{between}{suffix}")
    rest = [t.name for t in TARGETS if t.library != "tensorrt" and t.name in names]
    return (*shown, *rest)
