"""What to verify and how: plain values, read from the command line without importing torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trtlint.errors import UsageError

EXPORTERS = ("dynamo", "torchscript")
BACKENDS = ("auto", "tensorrt-rtx", "tensorrt")
DTYPES = {
    "float16": "float16",
    "fp16": "float16",
    "half": "float16",
    "bfloat16": "bfloat16",
    "bf16": "bfloat16",
    "float32": "float32",
    "fp32": "float32",
    "float": "float32",
    "float64": "float64",
    "double": "float64",
    "int8": "int8",
    "uint8": "uint8",
    "int16": "int16",
    "int32": "int32",
    "int": "int32",
    "int64": "int64",
    "long": "int64",
    "bool": "bool",
}

_INPUT = re.compile(
    r"(?:(?P<name>[A-Za-z_]\w*)=)?(?P<shape>\d+(?:x\d+)*)(?::(?P<dtype>\w+))?(?::(?P<high>\d+))?"
)
_DIM = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<low>\d+):(?P<opt>\d+):(?P<high>\d+)")


@dataclass(frozen=True)
class ModelSpec:
    """``path.py:attribute`` or ``package.module:attribute``."""

    location: str
    attribute: str

    @property
    def is_file(self) -> bool:
        """Whether the location is a path and not a dotted module name."""
        return self.location.endswith(".py") or "/" in self.location or "\\" in self.location

    @classmethod
    def parse(cls, text: str, root: Path | None = None) -> ModelSpec:
        """Read a spec; a relative path starts at ``root``, or at the current folder.

        Raises:
            UsageError: there is no ``:attribute``, or the file does not exist.
        """
        location, _, attribute = text.rpartition(":")
        if not location or not all(part.isidentifier() for part in attribute.split(".")):
            raise UsageError(
                f"{text!r} names no model",
                "write path.py:Class or package.module:Class, such as net.py:Net",
            )
        spec = cls(location, attribute)
        if spec.is_file and not Path(root or "", location).is_file():
            raise UsageError(f"{location}: no such file", "the part before ':' is a path or module")
        return spec

    def __str__(self) -> str:
        return f"{self.location}:{self.attribute}"


@dataclass(frozen=True)
class InputSpec:
    """One input to make up: ``[NAME=]1x3x224x224[:dtype[:high]]``.

    Integers are drawn from 0 to ``high - 1``; without ``high``, from 0 and 1.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str = ""
    high: int = 2

    @classmethod
    def parse(cls, text: str) -> InputSpec:
        """Read the text of one ``--input``.

        Raises:
            UsageError: the text is no shape, or the dtype is unknown.
        """
        found = _INPUT.fullmatch(text.strip())
        if found is None:
            raise UsageError(
                f"--input {text!r} is no shape",
                "write 1x3x224x224, 2x5:int64, 2x5:int64:1000 (values below 1000) "
                "or image=1x3x224x224",
            )
        dtype = found["dtype"] or "float32"
        if dtype not in DTYPES:
            known = ", ".join(sorted(set(DTYPES.values())))
            raise UsageError(f"--input {text!r}: unknown dtype {dtype!r}", f"known: {known}")
        high = int(found["high"] or 2)
        if high < 1:
            raise UsageError(f"--input {text!r}: no integer lies below 0 and from 0", "")
        shape = tuple(int(size) for size in found["shape"].split("x"))
        return cls(shape, DTYPES[dtype], found["name"] or "", high)


@dataclass(frozen=True)
class DimSpec:
    """The dynamic axis 0 of every input: ``batch=1:4:8`` (smallest, usual, largest)."""

    name: str
    smallest: int
    usual: int
    largest: int

    @classmethod
    def parse(cls, text: str) -> DimSpec:
        """Read the text of ``--dim``.

        Raises:
            UsageError: not ``NAME=MIN:USUAL:MAX`` with 1 <= MIN <= USUAL <= MAX.
        """
        found = _DIM.fullmatch(text.strip())
        if found is not None:
            low, usual, high = int(found["low"]), int(found["opt"]), int(found["high"])
            if 1 <= low <= usual <= high:
                return cls(found["name"], low, usual, high)
        raise UsageError(
            f"--dim {text!r} is no range", "write batch=1:4:8: smallest, usual and largest size"
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes to check, the usual one first, each once."""
        return tuple(dict.fromkeys((self.usual, self.smallest, self.largest)))


@dataclass(frozen=True)
class VerifyOptions:
    """How a model is converted and compared.

    ``atol`` and ``rtol`` of None choose by the output's dtype, see ``compare.TOLERANCES``.
    """

    exporter: str = "dynamo"
    backend: str = "auto"
    compute_capability: str = "8.9"
    atol: float | None = None
    rtol: float | None = None
    seed: int = 0
    dim: DimSpec | None = None
    build: bool = True
    save_engine: Path | None = None

    def __post_init__(self) -> None:
        if self.exporter not in EXPORTERS:
            raise UsageError(
                f"unknown exporter {self.exporter!r}", f"known: {', '.join(EXPORTERS)}"
            )
        if self.backend not in BACKENDS:
            raise UsageError(f"unknown backend {self.backend!r}", f"known: {', '.join(BACKENDS)}")
        for name, value in (("atol", self.atol), ("rtol", self.rtol)):
            if value is not None and not 0 <= value < float("inf"):
                raise UsageError(f"{name} is {value}", "a tolerance is a finite number from 0")
        if not re.fullmatch(r"\d+\.\d", self.compute_capability):
            raise UsageError(
                f"compute capability {self.compute_capability!r} is not MAJOR.MINOR",
                "such as 8.9 (Ada), 8.6 (Ampere) or 12.0 (Blackwell)",
            )


@dataclass(frozen=True)
class Changes:
    """What a child process does otherwise than the files and the machine say.

    Attributes:
        texts: what is imported in place of the text of files, by their real paths.
        no_gpu: whether requests for a GPU are answered with the CPU.
    """

    texts: Mapping[str, bytes] = field(default_factory=dict)
    no_gpu: bool = False


@dataclass(frozen=True)
class Limits:
    """What the child process may use."""

    seconds: float = 300.0
    memory_gib: float | None = None
