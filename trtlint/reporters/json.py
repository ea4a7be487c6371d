"""The report for machines, version 1: names stay as they are, fields may be added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trtlint import __version__
from trtlint.errors import SourceError, TrtlintError
from trtlint.findings import Finding, Fix, VerdictKind
from trtlint.proofs import Conversion, Proof
from trtlint.report import Action, Report
from trtlint.reporters.style import shown

VERSION = 1


def render(report: Report) -> str:
    """The report as one JSON document with a final newline, also where the run failed."""
    return json.dumps(to_json(report), indent=2, ensure_ascii=True) + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain data.

    Lines and columns are 1-based, the end column is exclusive. The counts in ``summary`` are of
    findings that remain; ``fixed`` counts the repaired ones, which are listed as well.
    """
    return {
        "version": VERSION,
        "tool": {"name": "trtlint", "version": __version__},
        "targets": list(report.targets),
        "findings": [_finding(finding, report.action) for finding in report.findings],
        "errors": [error_to_json(error) for error in report.errors],
        "notes": [{"path": shown(path), "message": note} for path, note in report.notes],
        "warnings": list(report.warnings),
        **({"proofs": list(map(_proof, report.proofs))} if report.proofs else {}),
        "summary": {
            "files": len(report.files),
            "traced_functions": report.traced_functions,
            "findings": len(report.remaining),
            "by_rule": report.by_rule,
            "by_severity": {key.value: count for key, count in report.by_severity.items()},
            "fixed": len(report.fixed),
            "seconds": round(report.seconds, 3),
        },
    }


def error_to_json(error: Exception) -> dict[str, Any]:
    """An error as plain data; what does not apply is null."""
    if not isinstance(error, TrtlintError):
        message = f"{type(error).__name__}: {error}"
        return _error(None, 0, 0, "internal-error", message, "please report this bug in trtlint")
    path = getattr(error, "path", None)
    line, column = (error.line, error.column) if isinstance(error, SourceError) else (0, 0)
    return _error(path, line, column, error.kind, error.message, error.hint)


def _error(
    path: Path | None, line: int, column: int, kind: str, message: str, hint: str
) -> dict[str, Any]:
    return {
        "path": None if path is None else shown(path),
        "line": line or None,
        "column": column or None,
        "kind": kind,
        "message": message,
        "hint": hint,
    }


def _finding(finding: Finding, action: Action) -> dict[str, Any]:
    data: dict[str, Any] = {
        "rule": finding.rule,
        "family": finding.family,
        "severity": finding.severity.value,
        "path": shown(finding.path),
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "symbol": finding.symbol,
        "message": finding.message,
        "hint": finding.hint,
        "verdicts": {
            target: kind.value
            for target, kind in finding.verdicts.items()
            if kind is not VerdictKind.UNKNOWN
        },
        "fix": None if finding.fix is None else _fix(finding.fix),
        "declined": finding.declined,
    }
    if action is not Action.CHECK:
        data["fixed"] = finding.fixed
    return data


def _proof(proof: Proof) -> dict[str, Any]:
    outcome = proof.outcome
    return {
        "model": proof.model,
        "status": proof.status,
        "files": [shown(path) for path in proof.files],
        "shapes": list(outcome.shapes),
        "max_abs": outcome.max_abs,
        "old": None if outcome.old is None else _conversion(outcome.old),
        "new": None if outcome.new is None else _conversion(outcome.new),
        "rolled_back": [
            {"path": shown(part.path), "rules": list(part.rules), "reason": part.reason}
            for part in proof.rolled_back
        ],
        "notes": list(outcome.notes),
    }


def _conversion(conversion: Conversion) -> dict[str, Any]:
    return {
        "levels": dict(conversion.levels),
        "layers": conversion.layers,
        "costly": dict(conversion.costly),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "safety": fix.safety.value,
        "title": fix.title,
        "edits": [
            {
                "line": edit.span.line,
                "column": edit.span.column,
                "end_line": edit.span.end_line,
                "end_column": edit.span.end_column,
                "text": edit.text,
            }
            for edit in fix.edits
        ],
    }
