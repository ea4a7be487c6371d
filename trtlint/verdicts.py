"""What each target does with a pattern, and how that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trtlint.findings import Severity, VerdictKind
from trtlint.targets import matching, target_names


@dataclass(frozen=True)
class Verdict:
    """What one target does with a pattern.

    Attributes:
        kind: for inputs of the exported shape.
        executed: whether trtlint's own tests run the fixtures through the real library and see it.
        evidence: the measurement, or the source it is cited from.
        layers: TensorRT layer kinds that the pattern costs and its rewrite does not.
        dynamic: the verdict where the batch size varies, if it is another one.
    """

    kind: VerdictKind
    executed: bool
    evidence: str
    layers: tuple[str, ...] = ()
    dynamic: VerdictKind | None = None

    def when(self, dynamic_batch: bool) -> VerdictKind:
        """The verdict for a fixed or a varying batch size."""
        return self.dynamic if dynamic_batch and self.dynamic is not None else self.kind


def executed(
    kind: str, evidence: str, *, layers: Sequence[str] = (), dynamic: str | None = None
) -> Verdict:
    """A verdict that the fixtures' tests see the real library give."""
    return Verdict(
        VerdictKind(kind),
        True,
        evidence,
        tuple(layers),
        VerdictKind(dynamic) if dynamic else None,
    )


def cited(
    kind: str, evidence: str, *, layers: Sequence[str] = (), dynamic: str | None = None
) -> Verdict:
    """A verdict that others measured; ``evidence`` names them."""
    return Verdict(
        VerdictKind(kind),
        False,
        evidence,
        tuple(layers),
        VerdictKind(dynamic) if dynamic else None,
    )


def expand(table: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """The verdict of each target that a table speaks of; of two rows the later one holds."""
    found = {name: verdict for key, verdict in table.items() for name in matching(key)}
    return {name: found[name] for name in target_names() if name in found}


def severity(kinds: Mapping[str, VerdictKind], selected: Sequence[str]) -> Severity:
    """How much a pattern matters, from the verdicts of the selected targets."""
    found = {kinds.get(target, VerdictKind.UNKNOWN) for target in selected}
    if found & {VerdictKind.REJECTED, VerdictKind.WRONG}:
        return Severity.ERROR
    if VerdictKind.COSTLY in found:
        return Severity.WARNING
    return Severity.ADVICE
