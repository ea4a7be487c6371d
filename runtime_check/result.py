"""What a verification says: frozen data, picklable, free of tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Status = Literal["passed", "failed", "skipped"]
LEVELS = ("eager", "export", "onnx", "build", "network", "engine")
RuleFor = Callable[[str, int], "str | None"]


@dataclass(frozen=True)
class SourceLine:
    """A line of the user's code; ``path`` is relative to the current folder where it can be."""

    path: str
    line: int
    source: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Failure:
    """One reason why the model does not convert or does not keep its numbers."""

    stage: str  # the level that failed
    message: str
    node: str | None = None  # the ONNX node, where known
    at: SourceLine | None = None
    rule: str | None = None  # the rule that would have warned


@dataclass(frozen=True)
class OutputComparison:
    """One output against eager. ``max_abs`` is infinite where NaN meets a number."""

    name: str
    passed: bool
    equal: bool  # the same bits, but NaN equals NaN and 0.0 equals -0.0
    max_abs: float = 0.0
    max_rel: float = 0.0  # over elements where eager is not zero
    index: tuple[int, ...] = ()  # of max_abs
    message: str = ""  # why it failed
    elements: int = 0
    at: SourceLine | None = None  # where the output is computed


@dataclass(frozen=True)
class Case:
    """One set of inputs, run eagerly and at another level."""

    shapes: Mapping[str, tuple[int, ...]]
    outputs: tuple[OutputComparison, ...] = ()
    values: Literal["given", "other"] = "given"  # whether those that the export saw


@dataclass(frozen=True)
class LineCost:
    """What TensorRT built for one source line."""

    at: SourceLine
    layers: int
    costly: Mapping[str, int] = field(default_factory=dict)  # by layer kind


@dataclass(frozen=True)
class BuildResult:
    """What the parser and the builder made of the graph.

    ``layer_kinds`` count the parsed network, before TensorRT folds constants and fuses.
    """

    backend: str
    layers: int = 0
    layer_kinds: Mapping[str, int] = field(default_factory=dict)
    parse_errors: tuple[Failure, ...] = ()
    build_errors: tuple[Failure, ...] = ()
    engine_bytes: int | None = None  # None: not built
    lines: tuple[LineCost, ...] = ()
    unattributed: int = 0  # layers that no source line can be charged with for certain
    seconds: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether neither the parser nor the builder objected."""
        return not self.parse_errors and not self.build_errors


@dataclass(frozen=True)
class LevelResult:
    """How one level went; ``reason`` says why it failed or was skipped."""

    status: Status
    seconds: float = 0.0
    reason: str = ""
    cases: tuple[Case, ...] = ()
    build: BuildResult | None = None


@dataclass(frozen=True)
class InputInfo:
    """One tensor that went in."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class BackendInfo:
    """Which TensorRT answered, and for which GPU it built."""

    name: str
    version: str
    compute_capability: str | None  # None: that of the GPU in the machine
    device: str = "none"


@dataclass(frozen=True)
class VerifyResult:
    """All levels of one model."""

    model: str
    exporter: str
    inputs: tuple[InputInfo, ...] = ()
    backend: BackendInfo | None = None
    levels: Mapping[str, LevelResult] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    lines: tuple[LineCost, ...] = ()
    notes: tuple[str, ...] = ()
    route: str = "onnx"

    @property
    def conclusive(self) -> bool:
        """Whether numbers were compared, or something failed. A build alone compares nothing."""
        statuses = [level.status for level in self.levels.values()]
        checked = any(
            name in self.levels and self.levels[name].status == "passed"
            for name in ("onnx", "network", "engine")
        )
        return checked or "failed" in statuses

    @property
    def passed(self) -> bool:
        """Whether no level failed and numbers were compared."""
        return (
            self.conclusive
            and not self.failures
            and all(level.status != "failed" for level in self.levels.values())
        )

    @property
    def exit_code(self) -> int:
        """0 where it passed, 1 where it failed, 2 where no numbers were compared."""
        return 0 if self.passed else 1 if self.conclusive else 2

    def with_rules(self, rule_for: RuleFor | None) -> VerifyResult:
        """The same result, each failure with the rule that ``rule_for(path, line)`` names."""
        if rule_for is None:
            return self
        failures = tuple(
            replace(failure, rule=rule_for(failure.at.path, failure.at.line))
            if failure.at is not None
            else failure
            for failure in self.failures
        )
        return replace(self, failures=failures)
