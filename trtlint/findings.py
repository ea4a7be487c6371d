"""What a check reports: frozen data without tree nodes, so that worker processes can return it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path


class Severity(str, Enum):
    """How much a finding matters for the selected targets."""

    ERROR = "error"  # rejected or wrong on a selected target
    WARNING = "warning"  # costly on a selected target
    ADVICE = "advice"  # only another known target minds


class Safety(str, Enum):
    """How far a rewrite may be trusted."""

    SAFE = "safe"  # same numbers, same aliasing that anyone can observe
    UNSAFE = "unsafe"  # needs --unsafe; the docstring says why
    MANUAL = "manual"  # shown, never applied


class VerdictKind(str, Enum):
    """What a target does with a pattern."""

    REJECTED = "rejected"  # conversion fails
    WRONG = "wrong"  # converts, numbers differ
    COSTLY = "costly"  # converts, at a named price
    FINE = "fine"
    UNKNOWN = "unknown"  # nobody measured it; not the same as fine

    @property
    def minds(self) -> bool:
        """Whether a target with this verdict objects to the pattern."""
        return self in (VerdictKind.REJECTED, VerdictKind.WRONG, VerdictKind.COSTLY)


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of source: 1-based lines and columns, the end column exclusive, as in editors."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Edit:
    """Replace ``span`` by ``text``."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """A rewrite that can be applied: all ``edits`` together or none."""

    safety: Safety
    title: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One occurrence of a pattern that a known target minds."""

    rule: str
    family: str
    severity: Severity
    path: Path
    span: Span
    symbol: str  # the function it stands in, such as "IWT.forward"
    message: str
    hint: str
    verdicts: Mapping[str, VerdictKind]  # by target name, all known targets
    fix: Fix | None = None
    declined: str | None = None  # why there is no fix
    fixed: bool = False

    @property
    def sort_key(self) -> tuple[str, Span, str]:
        """Order in reports: by file, then position, then rule."""
        return (str(self.path), self.span, self.rule)

    def with_fixed(self) -> Finding:
        """The same finding, marked as repaired."""
        return replace(self, fixed=True)


@dataclass(frozen=True)
class FileReport:
    """All that is said of one file."""

    path: Path
    findings: tuple[Finding, ...] = ()
    errors: tuple[Exception, ...] = ()  # TrtlintError, kept as raised
    traced_functions: int = 0
    old_text: str | None = None  # set by a fix run where the text changed
    new_text: str | None = None
    notes: tuple[str, ...] = field(default=())
