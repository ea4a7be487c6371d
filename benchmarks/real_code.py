"""What `trtlint check` and `trtlint fix` make of code that nobody wrote for them.

    python benchmarks/real_code.py PATH_OR_PACKAGE [--target torch2trt-0.5] [--diff FILE]
    python benchmarks/real_code.py timm --maker timm:create_model --model resnet18 --model tnt_s

The folder, or the installed package of that name, is copied to a temporary folder; `check` and then
`fix` run on the copy. Printed: findings and fixes by rule, the most frequent reasons for declining,
errors of trtlint itself, files that no longer compile, files that a second `fix` changes again, and
seconds.

With ``--maker MODULE:FUNCTION``, each ``FUNCTION(NAME)`` is built and run twice, from the original
and from the fixed copy, in processes of their own: same seed, same weights, eval mode, same inputs.
Outputs must be equal bit for bit and ``state_dict`` must have the same keys and shapes. Exit status
1 says that something differed, crashed or no longer compiles. Nothing here runs in CI.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Runs in a process of its own, with the folder of one side in front of sys.path.
CHILD = """
import importlib, json, sys
task = json.loads(sys.argv[1])
sys.path.insert(0, task["path"])
for name in task["imports"]:
    importlib.import_module(name)
import torch
torch.set_num_threads(1)
module, _, function = task["maker"].partition(":")
make = getattr(importlib.import_module(module), function)

def flat(value):
    if isinstance(value, torch.Tensor):
        return [value.detach()]
    if isinstance(value, dict):
        return [leaf for key in sorted(value, key=str) for leaf in flat(value[key])]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(item)]
    return []

for name in task["models"]:
    result = {}
    try:
        torch.manual_seed(0)
        model = make(name, **task["options"]).eval()
        result["state"] = [(key, list(t.shape)) for key, t in model.state_dict().items()]
        runs = []
        for shape in task["inputs"]:
            torch.manual_seed(1)
            given = torch.randn(shape)
            torch.manual_seed(2)
            with torch.no_grad():
                try:
                    runs.append(flat(model(given)))
                except Exception as error:
                    runs.append(f"{type(error).__name__}: {error}")
        result["runs"] = runs
    except Exception as error:
        result["error"] = f"{type(error).__name__}: {error}"
    torch.save(result, f"{task['out']}/{name.replace('/', '_')}.pt")
"""


def find(what: str) -> Path:
    """The folder, or that of the installed package of that name."""
    if Path(what).exists():
        return Path(what).resolve()
    spec = importlib.util.find_spec(what)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{what!r} is neither a folder nor an installed package")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def trtlint(command: str, path: Path, options: Sequence[str]) -> tuple[dict[str, Any], float]:
    """The JSON report of one run, and its wall seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "trtlint", command, "--isolated", "--output-format", "json",
         *options, path.name],
        cwd=path.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    try:
        return json.loads(done.stdout), seconds
    except json.JSONDecodeError:
        raise SystemExit(f"trtlint {command} broke down:\n{done.stderr[-3000:]}") from None


def texts(root: Path) -> dict[str, bytes]:
    """Every Python file below ``root``."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.py"))}


def show(title: str, counts: Mapping[str, int], most: int = 12) -> None:
    """A table of counts, the largest first."""
    print(title)
    for name, count in Counter(counts).most_common(most):
        print(f"  {count:6}  {name}")


def uncompilable(files: Mapping[str, bytes]) -> list[str]:
    """The files that Python does not compile."""
    return [line for name, text in files.items() if (line := _complaint(name, text))]


def _complaint(name: str, text: bytes) -> str:
    try:
        compile(text, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return f"{name}: {error}"
    return ""


def unified(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> str:
    """All changes as one diff."""
    parts: list[str] = []
    for name in old:
        before, after = (
            side[name].decode("utf-8", "replace").splitlines(keepends=True) for side in (old, new)
        )
        parts += difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", n=4)
    return "".join(parts)


def outputs(where: Path, args: argparse.Namespace, out: Path) -> None:
    """Run every model of one side."""
    out.mkdir()
    task = {
        "path": str(where),
        "imports": args.imports,
        "maker": args.maker,
        "options": json.loads(args.options),
        "models": args.model,
        "inputs": [[int(n) for n in shape.split("x")] for shape in args.input],
        "out": str(out),
    }
    subprocess.run([sys.executable, "-c", CHILD, json.dumps(task)], cwd=out, check=False)


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """How two results of one model differ; None if they do not."""
    import torch

    if old.get("error") != new.get("error"):
        return f"{old.get('error')} before, {new.get('error')} after"
    if old.get("state") != new.get("state"):
        return "state_dict differs"
    for number, (before, after) in enumerate(
        zip(old.get("runs", ()), new.get("runs", ()), strict=True)
    ):
        if isinstance(before, str):
            continue  # the original did not take this input
        if isinstance(after, str):
            return f"input {number}: raises {after}"
        if len(before) != len(after):
            return f"input {number}: {len(before)} outputs before, {len(after)} after"
        for i, (a, b) in enumerate(zip(before, after, strict=True)):
            if a.dtype != b.dtype or a.shape != b.shape:
                return (
                    f"input {number}, output {i}: {a.dtype} {list(a.shape)} before, "
                    f"{b.dtype} {list(b.shape)} after"
                )
            if not torch.equal(a.nan_to_num(), b.nan_to_num()):
                worst = (a.double() - b.double()).abs().max().item()
                return f"input {number}, output {i}: differs by up to {worst:.3g}"
    return None


def compare(original: Path, fixed: Path, args: argparse.Namespace, work: Path) -> int:
    """Run every model on both sides; the number of those that differ."""
    import torch

    sides = [work / "outputs-before", work / "outputs-after"]
    for where, out in zip((original, fixed), sides, strict=True):
        outputs(where, args, out)
    wrong = ran = 0
    for name in args.model:
        old, new = (
            torch.load(path) if path.exists() else {"error": "the process ended"}
            for path in (side / f"{name.replace('/', '_')}.pt" for side in sides)
        )
        said = difference(old, new)
        wrong += said is not None
        worked = "error" not in old and any(not isinstance(run, str) for run in old["runs"])
        ran += worked
        if said is not None:
            print(f"  DIFFERS  {name}: {said}")
        elif not worked:
            print(f"  cannot be run  {name}: {old.get('error') or old['runs'][0]}"[:300])
        elif args.verbose:
            print(f"  equal  {name}")
    print(f"{ran} models ran, {wrong} differ")
    return wrong


def main() -> int:
    """Check, fix and compare; print what happened."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n", maxsplit=1)[0])
    parser.add_argument("what", help="a folder, or the name of an installed package")
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--rule", action="append", default=[])
    parser.add_argument("--diff", type=Path, help="write the changes there")
    parser.add_argument("--once", action="store_true", help="leave out the second fix")
    parser.add_argument("--maker", help="MODULE:FUNCTION that makes a model from its name")
    parser.add_argument("--model", action="append", default=[], help="a name for the maker")
    parser.add_argument("--options", default="{}", help="keyword arguments for the maker, as JSON")
    parser.add_argument("--input", action="append", default=[], help="a shape, such as 1x3x64x64")
    parser.add_argument(
        "--import", action="append", default=[], dest="imports", help="import this first"
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    args.input = args.input or ["1x3x64x64", "2x3x64x64"]
    original = find(args.what)
    options = [f"--{key}={value}" for key in ("target", "rule") for value in getattr(args, key)]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        fixed = work / "fixed" / original.name
        shutil.copytree(original, fixed, ignore=shutil.ignore_patterns("*.pyc", "*.so"))
        before = texts(fixed)
        checked, seconds = trtlint("check", fixed, options)
        summary = checked["summary"]
        print(
            f"check: {summary['files']} files, {summary['traced_functions']} traced functions, "
            f"{summary['findings']} findings, {len(checked['errors'])} errors, {seconds:.1f} s"
        )
        show("findings", summary["by_rule"])
        report, seconds = trtlint("fix", fixed, options)
        after = texts(fixed)
        changed = {name: text for name, text in after.items() if text != before[name]}
        errors = [*checked["errors"], *report["errors"]]
        done = Counter(f["rule"] for f in report["findings"] if f.get("fixed"))
        print(f"fix: {sum(done.values())} fixes, {len(changed)} files changed, {seconds:.1f} s")
        show("fixed", done)
        show("declined", Counter(f["declined"] for f in report["findings"] if f.get("declined")))
        broken = uncompilable(changed)
        for line in broken:
            print(f"NO LONGER COMPILES  {line}")
        for error in errors:
            print(f"ERROR  {error['path']}:{error['line']}: {error['kind']}: {error['message']}")
        again: list[str] = []
        if not args.once:
            trtlint("fix", fixed, options)
            again = [name for name, text in texts(fixed).items() if text != after[name]]
            for name in again:
                print(f"CHANGED AGAIN  {name}")
            for name in again:
                (fixed / name).write_bytes(after[name])
        if args.diff is not None:
            args.diff.write_text(unified(before, after), encoding="utf-8")
        wrong = compare(original.parent, fixed.parent, args, work) if args.maker else 0
    return 1 if wrong or broken or again or errors else 0


if __name__ == "__main__":
    sys.exit(main())
