"""Measure what the conversion routes do with probes: ``measure.py PROBES.jsonl RESULTS.jsonl``.

A probe is a JSON line with ``name``, ``operator``, ``source`` (a file that defines ``Model``) and
``inputs`` (such as ``2x4x8x8:float32``). Probes run in forked children, since exporters can take a
process down; a result is one appended JSON line, and probes with a result for every asked
route are skipped, so a run can be stopped and taken up again.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.util
import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from onnx_routes import export, measure_onnx, root_message
from probe import Probe
from registry import share_registry

Outcome = dict[str, Any]
Measure = Callable[[Probe, Path], Outcome]

ROUTES: dict[str, Measure] = {
    f"onnx_{exporter}{'_dynamic_batch' if dynamic else ''}": (
        lambda probe, folder, e=exporter, d=dynamic: measure_onnx(
            probe, exporter=e, dynamic=d, folder=folder
        )
    )
    for exporter in ("dynamo", "torchscript")
    for dynamic in (False, True)
}


_JOBS_A_CHILD = 16


@dataclass
class Job:
    """A probe's row, the routes still to be measured and the outcomes so far."""

    row: dict[str, Any]
    waiting: list[str]
    outcomes: dict[str, Any] = field(default_factory=dict)

    def finish(self, key: str, outcome: Any) -> None:
        """Take an outcome; an invalid probe has nothing more to wait for."""
        self.outcomes[key] = outcome
        self.waiting = [] if key == "invalid" else [r for r in self.waiting if r != key]


def main() -> None:
    """Measure what is not measured yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("probes", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--routes", default="onnx_dynamo,onnx_torchscript")
    parser.add_argument("--plugin", type=Path, help="a file with further routes in ROUTES")
    parser.add_argument("--timeout", type=float, default=90, help="seconds for each route")
    parser.add_argument("--shard", default="0/1", help="this part of how many")
    arguments = parser.parse_args()
    asked = arguments.routes.split(",")
    # Never in one process: what patches torch.Tensor leaves traces that the exporters trip on.
    groups = [[route for route in asked if route in ROUTES]]
    if arguments.plugin:
        ROUTES.update(_load(arguments.plugin).ROUTES)
    groups.append([route for route in asked if route not in groups[0]])
    torch.set_num_threads(1)
    share_registry()
    _warm_up()
    gc.freeze()  # a child that collects garbage would copy every page
    part, parts = (int(n) for n in arguments.shard.split("/"))
    done = _done(arguments.results)
    rows = [json.loads(line) for line in arguments.probes.read_text().splitlines()]
    jobs = [Job(row, []) for row in rows[part::parts] if not done.issuperset(_keys(row, asked))]
    for start in range(0, len(jobs), _JOBS_A_CHILD):
        chunk = jobs[start : start + _JOBS_A_CHILD]
        for group in groups:
            for job in chunk:
                if "invalid" not in job.outcomes:
                    job.waiting = [one for one in group if (job.row["name"], one) not in done]
            _measure(chunk, arguments.timeout)
        with arguments.results.open("a") as stream:
            for job in chunk:
                identity = {"name": job.row["name"], "operator": job.row["operator"]}
                stream.write(json.dumps({**identity, **job.outcomes}) + "\n")


def _keys(row: dict[str, Any], routes: list[str]) -> set[tuple[str, str]]:
    return {(row["name"], route) for route in routes}


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def _done(results: Path) -> set[tuple[str, str]]:
    if not results.exists():
        return set()
    rows = (json.loads(line) for line in results.read_text().splitlines())
    found = set()
    for row in rows:
        keys = ROUTES if "invalid" in row else row.keys() & ROUTES.keys()
        found |= {(row["name"], key) for key in keys}
    return found


def _warm_up() -> None:
    """Import in the parent what every child would import."""
    source = (
        "import torch\n"
        "class Model(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x + 1\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        for exporter in ("dynamo", "torchscript"):  # TensorRT must not be started before a fork
            probe = Probe("warm_up", "", source, ["2x4:float32"])
            export(probe, exporter, False, Path(folder) / "model.onnx")


def _measure(jobs: list[Job], timeout: float) -> None:
    """All jobs, forking again after a crash."""
    while any(job.waiting for job in jobs):
        before = sum(len(job.outcomes) for job in jobs)
        reason = _child(jobs, timeout)
        after = sum(len(job.outcomes) for job in jobs)
        if reason or after == before:
            job = next(job for job in jobs if job.waiting)
            job.outcomes[job.waiting.pop(0)] = {
                "verdict": "rejected",
                "stage": "crash",
                "detail": reason or "the child ended early",
            }


def _child(jobs: list[Job], timeout: float) -> str:
    """Run what waits in a fork and read its lines; the reason if it died."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _in_child(jobs, writer)
    os.close(writer)
    reason = ""
    pending = b""
    while True:
        ready, _, _ = select.select([reader], [], [], timeout)
        if not ready:
            os.kill(pid, signal.SIGKILL)
            reason = f"timeout after {timeout:.0f} s"
            break
        chunk = os.read(reader, 1 << 16)
        if not chunk:
            break
        pending += chunk
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            number, key, outcome = json.loads(line)
            jobs[number].finish(key, outcome)
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    if not reason and os.WIFSIGNALED(status):
        reason = f"CRASH {signal.Signals(os.WTERMSIG(status)).name}"
    return reason


def _in_child(jobs: list[Job], writer: int) -> None:
    """Never returns."""
    with contextlib.suppress(BaseException):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        for number, job in enumerate(jobs):
            if job.waiting:
                for key, outcome in _outcomes(job):
                    os.write(writer, json.dumps([number, key, outcome]).encode() + b"\n")
    os._exit(0)


def _outcomes(job: Job) -> Iterator[tuple[str, Any]]:
    row = job.row
    try:
        probe = Probe(row["name"], row["operator"], row["source"], row["inputs"])
        probe.run_eager()
    except Exception as error:
        yield "invalid", root_message(error)
        return
    with tempfile.TemporaryDirectory() as folder:
        for route in list(job.waiting):
            try:
                outcome = ROUTES[route](probe, Path(folder))
            except Exception as error:
                outcome = {"verdict": "unknown", "detail": root_message(error)}
            yield route, outcome


if __name__ == "__main__":
    main()
