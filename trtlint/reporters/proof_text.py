"""What was proven of each model, in a line."""

from __future__ import annotations

from collections.abc import Iterator

from trtlint.proofs import Conversion, Outcome, Proof
from trtlint.report import Report
from trtlint.reporters.style import PLAIN, Style, printable, shown


def proof_lines(report: Report, style: Style = PLAIN) -> list[str]:
    """What holds of each model, and what was rolled back."""
    return [line for proof in report.proofs for line in _lines(proof, style)]


def _lines(proof: Proof, style: Style) -> Iterator[str]:
    model = style("strong", printable(proof.model))
    if not proof.files:
        yield f"{model}: loads no file that a fix changes"
        return
    for part in proof.rolled_back:
        what = f"{', '.join(part.rules)} in {shown(part.path)}"
        yield f"{model}: {style('error', 'rolled back')} {printable(f'{what}: {part.reason}')}"
    if proof.outcome.shapes:
        rest = "what is left is " if proof.rolled_back else ""
        equal = style("good", _equality(proof.outcome))
        yield f"{model}: {rest}{equal}{_conversion(proof.outcome)}"
    for note in proof.outcome.notes:
        yield f"  note: {printable(note)}"


def _equality(outcome: Outcome) -> str:
    number = len(outcome.shapes)
    at = f"at {number} shape{'' if number == 1 else 's'}"
    return f"equal {at}" if not outcome.max_abs else f"within {outcome.max_abs:.2g} {at}"


def _conversion(outcome: Outcome) -> str:
    """How the conversion became better, or what it is."""
    old, new = outcome.old, outcome.new
    if old is None or new is None:
        return ""
    parts = [
        f"{level} {old.levels[level]} -> {status}"
        for level, status in new.levels.items()
        if old.levels.get(level, status) != status
    ]
    if new.layers is not None:
        before = f"{old.layers} -> " if old.layers is not None else ""
        parts.append(f"{before}{new.layers} layers")
    if old.layers is not None:
        parts += _costly(old, new)
    return "".join(f", {part}" for part in parts)


def _costly(old: Conversion, new: Conversion) -> Iterator[str]:
    for kind in dict.fromkeys((*old.costly, *new.costly)):
        before, after = old.costly.get(kind, 0), new.costly.get(kind, 0)
        if before != after:
            yield f"{kind} {before} -> {after}"
