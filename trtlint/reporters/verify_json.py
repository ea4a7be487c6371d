"""A verification as JSON, version 1."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trtlint.errors import TrtlintError
    from trtlint.runtime_check.result import (
        Case,
        Failure,
        LevelResult,
        OutputComparison,
        VerifyResult,
    )


def render(result: VerifyResult) -> str:
    """The result as indented JSON."""
    return json.dumps(as_json(result), indent=2, allow_nan=False)


def render_all(results: Sequence[VerifyResult]) -> str:
    """Several results, as when the configuration lists the models."""
    document = {
        "version": 1,
        "models": [as_json(result) for result in results],
        "passed": all(result.passed for result in results),
    }
    return json.dumps(document, indent=2, allow_nan=False)


def render_error(model: str, error: TrtlintError) -> str:
    """What is said where the run itself failed: no levels, and why."""
    entry = {"kind": error.kind, "message": error.message, "hint": error.hint}
    return json.dumps(
        {
            "version": 1,
            "model": model,
            "levels": {},
            "failures": [],
            "lines": [],
            "errors": [entry],
            "passed": False,
        },
        indent=2,
        allow_nan=False,
    )


def as_json(result: VerifyResult) -> dict[str, Any]:
    """The result as JSON values. Infinite and undefined numbers are null."""
    backend = result.backend
    return {
        "version": 1,
        "model": result.model,
        "route": result.route,
        "exporter": result.exporter,
        "inputs": [
            {"name": entry.name, "shape": list(entry.shape), "dtype": entry.dtype}
            for entry in result.inputs
        ],
        "backend": backend
        and {
            "name": backend.name,
            "version": backend.version,
            "device": backend.device,
            "compute_capability": backend.compute_capability,
        },
        "levels": {name: _level(level) for name, level in result.levels.items()},
        "failures": [_failure(failure) for failure in result.failures],
        "lines": [
            {
                "path": cost.at.path,
                "line": cost.at.line,
                "source": cost.at.source,
                "layers": cost.layers,
                "costly": dict(cost.costly),
            }
            for cost in result.lines
        ],
        "notes": list(result.notes),
        "errors": [],
        "passed": result.passed,
    }


def _level(level: LevelResult) -> dict[str, Any]:
    entry: dict[str, Any] = {"status": level.status, "seconds": round(level.seconds, 4)}
    if level.reason:
        entry["reason"] = level.reason
    if level.cases:
        entry["cases"] = [_case(case) for case in level.cases]
    if level.build is not None:
        entry["layers"] = level.build.layers
        entry["layer_kinds"] = dict(level.build.layer_kinds)
        entry["unattributed_layers"] = level.build.unattributed
        entry["engine_bytes"] = level.build.engine_bytes
    return entry


def _case(case: Case) -> dict[str, Any]:
    return {
        "shapes": {name: list(shape) for name, shape in case.shapes.items()},
        "values": case.values,
        "outputs": [_output(output) for output in case.outputs],
    }


def _output(output: OutputComparison) -> dict[str, Any]:
    return {
        "name": output.name,
        "max_abs": _number(output.max_abs),
        "max_rel": _number(output.max_rel),
        "index": list(output.index),
        "equal": output.equal,
        "passed": output.passed,
        "message": output.message,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    at = failure.at
    return {
        "stage": failure.stage,
        "message": failure.message,
        "node": failure.node,
        "path": at.path if at else None,
        "line": at.line if at else None,
        "source": at.source if at else None,
        "rule": failure.rule,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
