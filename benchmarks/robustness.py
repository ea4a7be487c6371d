"""Whether `trtlint check` gets through code that nobody wrote for it, and how long each file takes.

    python benchmarks/robustness.py FOLDER_OR_PACKAGE ... [--every-function] [--seeds 3] [--slow 5]

Every `.py` file below the folders is checked, package by package, each package in a process of its
own. With ``--every-function`` all functions count as traced code, not only those that a ``forward``
reaches, so that the analysis meets all of Python; edits of every fix are made too. With ``--seeds
N`` the JSON report of each folder is made under N values of ``PYTHONHASHSEED`` and compared.

Printed: files, seconds, files that are not valid Python, the slowest files, and every crash: an
exception, a rule or rewrite that raises, a package that takes too long, a report that differs.
Exit status 1 says that there was a crash, or a file slower than ``--slow`` seconds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SKIPPED = {"__pycache__", ".git"}
Record = dict[str, Any]


def main() -> int:
    """Check everything, print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--every-function", action="store_true")
    parser.add_argument("--seeds", type=int, default=0, metavar="N")
    parser.add_argument("--slow", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--limit", type=float, default=1800.0, metavar="SECONDS", help="a package")
    parser.add_argument("--piece", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.piece:
        for record in check(*pieces_from(sys.stdin.read()), options.every_function):
            print(json.dumps(record), flush=True)
        return 0
    crashes: list[str] = []
    records: list[Record] = []
    started = time.perf_counter()
    folders = [find(given) for given in options.folders]
    for folder in folders:
        for root, files in pieces(folder):
            found, crash = run_piece(root, files, options)
            records += found
            crashes += crash
        crashes += unstable(folder, options.seeds) if options.seeds else []
    crashes += [f"{r['path']}:{r['line']}: {r['crash']}" for r in records if r.get("crash")]
    return report(records, crashes, time.perf_counter() - started, options.slow)


def find(given: str) -> Path:
    """The folder, or that of the package of that name."""
    if Path(given).exists():
        return Path(given).resolve()
    spec = importlib.util.find_spec(given)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{given} is neither a folder nor an installed package")
    return Path(spec.origin).parent


def pieces(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The files of each package in the folder, and those that lie in it directly."""
    direct = [p for p in sorted(folder.glob("*.py")) if p.is_file()]
    if (folder / "__init__.py").exists():
        yield folder, sorted(files_below(folder))
        return
    if direct:
        yield folder, direct
    for inner in sorted(p for p in folder.iterdir() if p.is_dir() and p.name not in SKIPPED):
        files = sorted(files_below(inner))
        if files:
            yield inner, files


def files_below(folder: Path) -> Iterator[Path]:
    """Every Python file, hidden folders left out."""
    for inside, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        yield from (Path(inside, name) for name in names if name.endswith(".py"))


def pieces_from(text: str) -> tuple[Path, list[Path]]:
    """What the parent process wrote."""
    task = json.loads(text)
    return Path(task["root"]), [Path(path) for path in task["files"]]


def run_piece(
    root: Path, files: Sequence[Path], options: argparse.Namespace
) -> tuple[list[Record], list[str]]:
    """Check one package in a process of its own."""
    command = [sys.executable, __file__, "--piece", str(root)]
    if options.every_function:
        command.append("--every-function")
    task = json.dumps({"root": str(root), "files": [str(path) for path in files]})
    started = time.perf_counter()
    crash: list[str] = []
    try:
        done = subprocess.run(
            command, input=task, capture_output=True, text=True, timeout=options.limit, check=False
        )
        output = done.stdout
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [""])[-1]
            crash.append(f"{root}: exit status {done.returncode}: {last}")
    except subprocess.TimeoutExpired as error:
        output = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        crash.append(f"{root}: not done after {options.limit:g} seconds")
    lines = [line for line in output.splitlines() if line.endswith("}")]
    records: list[Record] = [json.loads(line) for line in lines]
    spent = time.perf_counter() - started
    print(f"{spent:8.1f} s {len(files):6} files  {root}", file=sys.stderr, flush=True)
    return records, crash


def check(root: Path, files: Sequence[Path], every_function: bool) -> Iterator[Record]:
    """Check the files as one project; what is said of each, and how long it took."""
    from trtlint import inspection
    from trtlint.analysis.indexed import Indexed, index_or_error
    from trtlint.analysis.project import Project, module_names, package_of
    from trtlint.catalogue import rule_names
    from trtlint.errors import UnreadableSource
    from trtlint.source import Source
    from trtlint.targets import DEFAULT_TARGETS

    if every_function:
        inspection.find_traced = all_functions  # type: ignore[assignment]
    seconds: dict[Path, float] = {}
    sources: list[Source] = []
    indexed = {}
    names = module_names(files)
    for path in files:
        started = time.perf_counter()
        try:
            source = Source.read(path)
            sources.append(source)
            package = package_of(path, names[path])
            indexed[path] = index_or_error(path, source.text, package)
        except UnreadableSource as error:
            yield {"path": str(path), "seconds": 0, "skipped": str(error)}
        except Exception:
            yield {"path": str(path), "seconds": 0, "line": 0, "crash": traceback.format_exc()}
            sources = [s for s in sources if s.path != path]
        seconds[path] = time.perf_counter() - started
    settings = inspection.EngineSettings(
        rules=tuple(rule_names()),
        targets=DEFAULT_TARGETS,
        dynamic_batch=True,
        unsafe=True,
        with_edits=True,
        root=root,
    )
    texts = inspection.texts_of(sources, ())
    run = inspection.Inspection(Project(texts, indexed=Indexed.of(indexed)), settings)
    for source in sources:
        started = time.perf_counter()
        record: Record = {"path": str(source.path)}
        try:
            report = run.report(source.path)
            run.forget(source.path)
            record |= said_of(report)
        except Exception:
            record |= {"line": 0, "crash": traceback.format_exc()}
        yield record | {"seconds": seconds[source.path] + time.perf_counter() - started}


def said_of(report: Any) -> Record:
    """The parts of a file's report that matter here."""
    from trtlint.errors import AuthorError, UnparsableSource

    record: Record = {"findings": len(report.findings), "traced": report.traced_functions}
    for error in report.errors:
        if isinstance(error, AuthorError):
            cause = "".join(traceback.format_exception(error.__cause__)) if error.__cause__ else ""
            record |= {"line": error.line, "crash": f"{error.message}\n{cause}"}
        elif isinstance(error, UnparsableSource) and not (error.line and error.column):
            record |= {"line": error.line, "crash": f"no line and column: {error.message}"}
        else:
            record["skipped"] = f"{error.line}:{error.column}: {error.message}"
    return record


def all_functions(project: Any, *_: object) -> dict[str, Any]:
    """Every function of the project, as if some ``forward`` reached it."""
    from trtlint.analysis.project import Symbol
    from trtlint.analysis.traced import TracedFunction, owner_of

    found: dict[str, Any] = {}
    for path, index in project.files.items():
        for name in index.functions:
            symbol = Symbol("function", name, path)
            owner = owner_of(project, symbol)
            found[symbol.key] = TracedFunction(symbol, owner, [owner] if owner else [])
    return found


def unstable(folder: Path, seeds: int) -> list[str]:
    """Whether the report depends on the order of sets and dictionaries' hashes."""
    reports = set()
    for seed in range(seeds):
        command = [sys.executable, "-m", "trtlint", "check", str(folder), "--no-cache"]
        done = subprocess.run(
            [*command, "--output-format", "json"],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = json.loads(done.stdout)
        said["summary"].pop("seconds", None)
        reports.add(json.dumps(said))
    return [f"{folder}: the report differs with PYTHONHASHSEED"] if len(reports) > 1 else []


def report(records: Sequence[Record], crashes: Sequence[str], spent: float, slow: float) -> int:
    """Print it all; the exit status."""
    skipped = [r for r in records if "skipped" in r]
    total = Counter(
        {key: sum(r.get(key, 0) for r in records) for key in ("traced", "findings", "seconds")}
    )
    print(f"{len(records)} files, {total['traced']} traced functions, {total['findings']} findings")
    print(f"{spent:.1f} seconds, {total['seconds']:.1f} of them in the files themselves")
    print(f"{len(skipped)} files or functions cannot be checked:")
    for record in skipped[:40]:
        print(f"  {record['path']}: {record['skipped']}")
    print("slowest files:")
    ordered = sorted(records, key=lambda r: -float(r["seconds"]))
    for record in ordered[:10]:
        print(f"  {record['seconds']:7.2f} s  {record['path']}")
    late = [r for r in records if r["seconds"] > slow]
    print(f"{len(late)} files slower than {slow:g} seconds, {len(crashes)} crashes")
    for crash in crashes:
        print(f"  {crash}")
    return 1 if crashes or late else 0


if __name__ == "__main__":
    sys.exit(main())
