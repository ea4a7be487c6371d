"""Does `trtlint check` say of a module what TensorRT really did with it?

    python -m benchmarks.agreement [--route onnx_dynamo] [--truth FILE] [--list N]

`benchmarks/truth/matrix.jsonl` holds one small module a line, with what was measured on each route:
both ONNX exporters followed by TensorRT-RTX 1.7, at a fixed and at a varying batch size, and
torch2trt at 4e820ae; docs/truth.md says how. A module is *bad* if the route rejected it or got
other numbers. trtlint calls it bad if it reports an error for the route's target. Printed: the
precision and recall of "bad", overall agreement, and every disagreement. Exit status 1 says that a
route is below what is required of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

TRUTH = Path(__file__).parent / "truth" / "matrix.jsonl"
BAD = ("rejected", "wrong")


@dataclass(frozen=True)
class Route:
    """One column of the truth, and what is required of it."""

    name: str
    target: str
    dynamic: bool
    precision: float
    recall: float


ROUTES = (
    Route("onnx_dynamo", "tensorrt-rtx-1.7", False, 0.92, 0.88),
    Route("onnx_torchscript", "tensorrt-rtx-1.7+torchscript", False, 0.88, 0.82),
    Route("torch2trt", "torch2trt-0.5", False, 0.92, 0.90),
    Route("onnx_dynamo_dynamic_batch", "tensorrt-rtx-1.7", True, 0.85, 0.80),
    Route("onnx_torchscript_dynamic_batch", "tensorrt-rtx-1.7+torchscript", True, 0.85, 0.80),
    Route("torch2trt_dynamic_batch", "torch2trt-0.5", True, 0.85, 0.80),
)


@dataclass
class Outcome:
    """How the two sides compare on one route.

    Attributes:
        both, missed, false, neither: the four counts: bad on both sides, bad only as measured, bad
            only as reported, bad on none.
        disagreements: what to print of each.
    """

    route: Route
    both: int = 0
    missed: int = 0
    false: int = 0
    neither: int = 0
    disagreements: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """How many of the reported are bad."""
        return self.both / max(self.both + self.false, 1)

    @property
    def recall(self) -> float:
        """How many of the bad are reported."""
        return self.both / max(self.both + self.missed, 1)

    @property
    def agreement(self) -> float:
        """How many modules both sides judge alike."""
        total = self.both + self.missed + self.false + self.neither
        return (self.both + self.neither) / max(total, 1)

    @property
    def enough(self) -> bool:
        """Whether the route is as good as it must be."""
        return self.precision >= self.route.precision and self.recall >= self.route.recall


def records(path: Path) -> list[Mapping[str, Any]]:
    """The modules of a truth file, JSON lines or one JSON list."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def measured(record: Mapping[str, Any], route: Route) -> Mapping[str, Any] | None:
    """What the route did with the module; None if it was not measured."""
    found: Mapping[str, Any] | None = record.get(route.name)
    return found if found and found.get("verdict") in ("converts", *BAD) else None


def reported(record: Mapping[str, Any], route: Route) -> list[str]:
    """The rules that report an error for the route's target, with their lines."""
    from trtlint import catalogue, engine
    from trtlint.findings import Severity
    from trtlint.source import Source

    settings = engine.EngineSettings(
        catalogue.rule_names(), (route.target,), dynamic_batch=route.dynamic
    )
    (report,) = engine.check([Source(Path("net.py"), record["source"])], [], settings)
    return [
        f"{finding.rule}:{finding.span.line}"
        for finding in report.findings
        if finding.severity is Severity.ERROR
    ] + [f"trtlint itself: {error}" for error in report.errors]


def compare(route: Route, truth: Sequence[Mapping[str, Any]], workers: int) -> Outcome:
    """Check every module that was measured on the route."""
    outcome = Outcome(route)
    known = [(record, found) for record in truth if (found := measured(record, route))]
    with ProcessPoolExecutor(workers) as pool:
        answers = pool.map(
            partial(reported, route=route), [record for record, _ in known], chunksize=16
        )
        for (record, found), errors in zip(known, answers, strict=True):
            bad = found["verdict"] in BAD
            if bad and errors:
                outcome.both += 1
            elif bad:
                outcome.missed += 1
                outcome.disagreements.append(_line("missed", record, found, errors))
            elif errors:
                outcome.false += 1
                outcome.disagreements.append(_line("false alarm", record, found, errors))
            else:
                outcome.neither += 1
    return outcome


def _line(
    what: str, record: Mapping[str, Any], found: Mapping[str, Any], errors: Sequence[str]
) -> str:
    why = " ".join(str(found.get(key, "")) for key in ("stage", "kind", "detail")).split()
    told = ", ".join(errors) if errors else "; ".join(found.get("unsupported_methods", [])[:3])
    return (
        f"{what:<11} {record.get('category', '')}/{record['name']}: {found['verdict']} "
        f"{' '.join(why)[:110]} | {told[:90]}"
    )


def lines(outcome: Outcome, limit: int) -> Iterator[str]:
    """The report on one route."""
    route = outcome.route
    total = outcome.both + outcome.missed + outcome.false + outcome.neither
    yield f"\n{route.name} ({total} modules, target {route.target})"
    yield (
        f"  precision {outcome.precision:.3f} (required {route.precision:.2f})   "
        f"recall {outcome.recall:.3f} (required {route.recall:.2f})   "
        f"agreement {outcome.agreement:.3f}   {'enough' if outcome.enough else 'NOT ENOUGH'}"
    )
    yield (
        f"  bad on both sides {outcome.both}, missed {outcome.missed}, "
        f"false alarms {outcome.false}, fine on both sides {outcome.neither}"
    )
    for line in outcome.disagreements[:limit]:
        yield f"  {line}"
    if len(outcome.disagreements) > limit:
        yield f"  and {len(outcome.disagreements) - limit} more"
    rules = Counter(
        error.partition(":")[0]
        for line in outcome.disagreements
        if line.startswith("false")
        for error in line.rpartition("| ")[2].split(", ")
    )
    if rules:
        yield "  false alarms by rule: " + ", ".join(f"{r} {n}" for r, n in rules.most_common())


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print; 1 if a route is below what is required."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [route.name for route in ROUTES]
    parser.add_argument("--route", action="append", choices=names, help="only this one")
    parser.add_argument("--truth", type=Path, default=TRUTH, help="measured modules")
    parser.add_argument("--list", type=int, default=10_000, help="disagreements shown a route")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(argv)
    truth = records(options.truth)
    enough = True
    for route in ROUTES:
        if options.route and route.name not in options.route:
            continue
        outcome = compare(route, truth, options.jobs)
        enough &= outcome.enough
        for line in lines(outcome, options.list):
            print(line)
        sys.stdout.flush()
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
