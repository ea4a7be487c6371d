"""How fast `trtlint check` is, beside what no linter can avoid: reading and parsing the same files.

    python benchmarks/check_speed.py [PATH] [--repeat 3]

Peers, over the same files, in processes of their own, start-up included:

* ``ast.parse``: the floor of anything that reads Python with the standard library;
* ``compileall``: what Python itself does to import the files;
* ``libcst.parse_module``: the floor of anything that rewrites Python and keeps its formatting;
* ``trtlint check``, all rules, without anyone's settings.

Prints the best of the repeats and the ratio to ``ast.parse``. Measures; never asserts.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

PARSE = """
import sys
from pathlib import Path
{setup}
for name in Path(sys.argv[1]).read_text().splitlines():
    try:
        {parse}(Path(name).read_bytes())
    except (SyntaxError, ValueError, {error}):
        pass
"""
AST = PARSE.format(setup="import ast", parse="ast.parse", error="RecursionError")
LIBCST = PARSE.format(
    setup="import libcst", parse="libcst.parse_module", error="libcst.ParserSyntaxError"
)


def python_files(root: Path) -> list[Path]:
    """Every .py file below ``root``, links not followed."""
    if root.is_file():
        return [root]
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", ".venv", "__pycache__")]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return sorted(found)


def timed(command: list[str], cwd: Path) -> tuple[float, str]:
    """Wall seconds of one run, and its exit status, or ``crashed``."""
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    seconds = time.perf_counter() - start
    return seconds, "crashed" if b"Traceback (most" in done.stderr else str(done.returncode)


def measure(root: Path, repeat: int) -> None:
    """Run every peer ``repeat`` times, interleaved, and print the table."""
    files = python_files(root)
    if not files:
        sys.exit(f"{root}: no Python files")
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    print(f"{root}: {len(files)} files, {lines} lines")
    print(
        f"Python {platform.python_version()}, libcst {version('libcst')}, "
        f"trtlint {version('trtlint')}, {os.cpu_count()} cores, best of {repeat}\n"
    )
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        # A copy, so that nothing is left behind in the user's folder.
        copy, empty = scratch / "measured", scratch / "empty"
        empty.mkdir()
        copies = []
        for path in files:
            below = path.relative_to(root) if root.is_dir() else Path(path.name)
            to = copy / below
            to.parent.mkdir(parents=True, exist_ok=True)
            copies.append(Path(shutil.copyfile(path, to)))
        listing = scratch / "files.txt"
        listing.write_text("\n".join(map(str, copies)))
        python = sys.executable
        prefix = ["-X", f"pycache_prefix={scratch / 'bytecode'}"]
        peers: dict[str, list[str]] = {
            "ast.parse": [python, "-c", AST, str(listing)],
            "compileall": [python, *prefix, "-m", "compileall", "-qf", str(copy)],
            "libcst.parse_module": [python, "-c", LIBCST, str(listing)],
            "trtlint check": [python, "-m", "trtlint", "check", "--isolated", str(copy)],
        }
        best = dict.fromkeys(peers, float("inf"))
        status = dict.fromkeys(peers, "")
        for _ in range(repeat):
            for peer, command in peers.items():
                seconds, status[peer] = timed(command, empty)
                best[peer] = min(best[peer], seconds)
    floor = best["ast.parse"]
    print(f"{'':22}{'seconds':>9}{'x ast':>8}{'lines/s':>11}   exit")
    for peer, seconds in best.items():
        print(
            f"{peer:22}{seconds:9.2f}{seconds / floor:8.1f}{lines / seconds:11.0f}   {status[peer]}"
        )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).resolve().parent.parent
    parser.add_argument("path", nargs="?", type=Path, default=here / "examples")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    measure(arguments.path.resolve(), arguments.repeat)


if __name__ == "__main__":
    main()
