"""How fast `trtlint check` is beside TorchFix and Fixit, cold, warm and after an edit.

    python benchmarks/speed.py [--timm FOLDER] [--transformers FOLDER] [--work FOLDER] [--repeat 3]

Runs, one after the other on this machine, each in an environment of its own and start-up included:

* trtlint, TorchFix (all its rules) and Fixit (the rules it comes with) over timm, nothing kept;
* trtlint again where nothing changed, and where one file was touched, got a comment or a function;
* trtlint over transformers' ``models/``, to see how cost grows with code;
* ``trtlint --version`` beside ``python -c "import click, rich"``.

Without folders, the wheels are downloaded with pip and unpacked as text; environments and trees
are made in ``--work`` and found there again. Printed are medians: wall and CPU seconds of all
processes of a run, the most memory that they held together (where ``/proc`` tells, shared pages
counted once), and how many times as much the peers take. Measures; never asserts.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = {"TorchFix": "torchfix", "Fixit": "fixit"}
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
SAMPLE = 0.05  # seconds between two looks at the memory
FILES = 5  # how many files are edited, each by itself
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """What one run took."""

    wall: float
    cpu: float
    memory: float  # MiB
    status: int
    output: bytes


def run(command: Sequence[str | Path], cwd: Path, **more: str) -> Run:
    """Run a command to its end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages come compiled
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak = [0.0]
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peak, done))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        watch.join()
        output.seek(0)
        largest = usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
        return Run(
            wall,
            usage.ru_utime + usage.ru_stime,
            max(peak[0], largest),
            process.returncode,
            output.read(),
        )


def _watch(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(SAMPLE):
        peak[0] = max(peak[0], sum(_memory(one) for one in _family(pid)))


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:  # noqa: PERF203
            continue
    return found


def _memory(pid: int) -> float:
    """MiB that a process holds, pages it shares with others by its share."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def environment(work: Path, package: str) -> Path:
    """The folder of programs of an environment that holds the package."""
    folder = work / f"env-{package}"
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / package).exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", package], check=True)
    return programs


def tree(work: Path, package: str) -> Path:
    """The sources of a package, from its wheel."""
    folder = work / "trees" / package
    if not (folder / package).is_dir():
        wheels = work / "wheels"
        download = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
        subprocess.run([*download, "-d", wheels, package], check=True)
        (wheel,) = wheels.glob(f"{package}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder / package


def median(runs: Sequence[Run]) -> Run:
    """The run in the middle by wall time, with the median of each figure."""
    middle = sorted(runs, key=lambda one: one.wall)[len(runs) // 2]
    wall, cpu, memory = (
        statistics.median(getattr(one, name) for one in runs) for name in ("wall", "cpu", "memory")
    )
    return Run(wall, cpu, memory, middle.status, middle.output)


def show(name: str, found: Run, base: Run | None = None) -> None:
    """One row."""
    times = ""
    if base is not None:
        parts = (found.wall / base.wall, found.cpu / base.cpu, found.memory / base.memory)
        times = "   {:6.1f} x {:6.1f} x {:6.1f} x".format(*parts)
    print(f"{name:44}{found.wall:9.2f}{found.cpu:9.2f}{found.memory:8.0f}{times}", flush=True)
    if b"Traceback (most recent" in found.output:
        print(f"  it crashed:\n{found.output.decode(errors='replace')[-1000:]}")


def counted(folder: Path) -> str:
    """How much source there is."""
    files = list(folder.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    return f"{len(files)} files, {lines:,} lines"


def edits(folder: Path) -> list[tuple[str, Callable[[Path], None]]]:
    """What is done to a file before a run."""

    def add(text: str) -> Callable[[Path], None]:
        def append(path: Path) -> None:
            with open(path, "a", encoding="utf-8") as file:
                file.write(text)

        return append

    return [
        ("one file touched", lambda path: os.utime(path)),
        ("one file with a comment more", add("# a comment\n")),
        ("one file with a function more", add("\n\ndef speed_probe(x):\n    return x\n")),
    ]


def measure(timm: Path, transformers: Path, work: Path, repeat: int) -> None:
    """Run everything and print the tables."""
    print(f"Python {sys.version.split()[0]}, {CORES} cores, load {os.getloadavg()[0]:.1f}")
    print(f"timm: {counted(timm)}\ntransformers' models: {counted(transformers)}\n")
    copy = work / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(timm, copy / "timm")
    check = [sys.executable, "-m", "trtlint", "check", "--isolated"]
    peers = {name: environment(work, package) for name, package in PEERS.items()}
    commands: dict[str, list[str | Path]] = {
        "trtlint, nothing kept": [*check, "--no-cache", copy],
        "TorchFix": [peers["TorchFix"] / "torchfix", "--select", "ALL", "-j", str(CORES), copy],
        "Fixit": [peers["Fixit"] / "fixit", "lint", copy],
    }
    print(f"{'':44}{'wall s':>9}{'CPU s':>9}{'MiB':>8}   times trtlint's wall, CPU, memory")
    found: dict[str, list[Run]] = {name: [] for name in commands}
    mine, *others = commands
    for _ in range(repeat):
        found[mine].append(run(commands[mine], work))
        for name in others:  # machines are slower at times: before and after each
            found[name].append(run(commands[name], work))
            found[mine].append(run(commands[mine], work))
    cold = median(found["trtlint, nothing kept"])
    for name, runs in found.items():
        show(name, median(runs), cold)
    kept = {"TRTLINT_CACHE_DIR": str(work / "cache")}
    shutil.rmtree(work / "cache", ignore_errors=True)
    show("trtlint, results kept for the first time", run([*check, copy], work, **kept))
    show("trtlint, nothing changed", median([run([*check, copy], work, **kept) for _ in "12345"]))
    files = sorted(path for path in copy.rglob("*.py") if "def forward" in path.read_text())
    chosen = random.Random(0).sample(files, min(FILES, len(files)))
    for name, edit in edits(copy):
        runs = []
        for path in chosen:
            edit(path)
            runs.append(run([*check, copy], work, **kept))
        show(f"trtlint, {name}", median(runs))
        print(f"{'  the slowest of ' + str(len(chosen)):44}{max(one.wall for one in runs):9.2f}")
    large = median([run([*check, "--no-cache", transformers], work) for _ in range(repeat)])
    show("trtlint, transformers' models, nothing kept", large, cold)
    bare = [sys.executable, "-c", "import click, rich"]
    version = [sys.executable, "-m", "trtlint", "--version"]
    pairs = [(run(version, work), run(bare, work)) for _ in range(11)]
    floor = median([pair[1] for pair in pairs])
    show('python -c "import click, rich"', floor)
    show("trtlint --version", median([pair[0] for pair in pairs]), floor)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timm", type=Path, help="the folder of timm's sources")
    parser.add_argument("--transformers", type=Path, help="the folder of transformers' `models`")
    parser.add_argument("--work", type=Path, help="where environments and trees are made and kept")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = (arguments.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        timm = arguments.timm or tree(work, "timm")
        models = arguments.transformers or tree(work, "transformers") / "models"
        measure(timm.resolve(), models.resolve(), work, arguments.repeat)


if __name__ == "__main__":
    main()
