"""What a proof says: the old code of a model against the new one, run and converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Texts = Mapping[str, bytes]  # what stands in files, by their real paths


@dataclass(frozen=True)
class Conversion:
    """What came of converting one version of a model."""

    levels: Mapping[str, str] = field(default_factory=dict)  # "passed", "failed" or "skipped"
    layers: int | None = None  # None: TensorRT parsed no network
    costly: Mapping[str, int] = field(default_factory=dict)  # by kind, of the parsed network


@dataclass(frozen=True)
class Outcome:
    """What came of comparing one new version of a model with the old one.

    Attributes:
        reason: why the new one may not take the place of the old one; empty where it may.
        shapes: the sets of input shapes that both ran on.
        max_abs: the largest difference, where some is allowed.
        old: None where it did not come to converting.
        new: likewise.
        notes: what one should know besides.
    """

    reason: str = ""
    shapes: tuple[str, ...] = ()
    max_abs: float = 0.0
    old: Conversion | None = None
    new: Conversion | None = None
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the new version may be written."""
        return not self.reason


@dataclass(frozen=True)
class RolledBack:
    """Rewrites that a proof did not bear out, in one file."""

    path: Path
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Proof:
    """One model, with what of its files is to be written."""

    model: str
    files: tuple[Path, ...] = ()  # changed files that it loads
    outcome: Outcome = Outcome()  # of what is left after all roll-backs
    rolled_back: tuple[RolledBack, ...] = ()

    @property
    def status(self) -> str:
        """``unchanged``: none of its files was to be changed, ``equal``, or ``rolled-back``."""
        if not self.files:
            return "unchanged"
        return "rolled-back" if self.rolled_back else "equal"


class Prover(Protocol):
    """Runs and converts models; knows nothing of rules and rewrites."""

    @property
    def models(self) -> Sequence[str]:
        """The models, as the user names them."""

    def start(self, old: Texts, targets: Sequence[str]) -> None:
        """Take note of the old texts of all files that may change, and of what for."""

    def loads(self, model: str) -> frozenset[str]:
        """Which of these files the model loads.

        Raises:
            TrtlintError: the model does not run in its old form.
        """

    def judge(self, model: str, new: Texts, *, exact: bool) -> Outcome:
        """Compare the model with ``new`` texts with its old form.

        Args:
            model: one of ``models``.
            new: the new texts; all other files are as they are.
            exact: whether outputs must be equal bit for bit, or within the usual tolerances.
        """
