"""What `trtlint fix` makes of code that nobody wrote for it.

    python benchmarks/real_code.py timm transformers --architectures
    python benchmarks/real_code.py PATH_OR_PACKAGE... [--target torch2trt-0.5] [--diff FILE]
    python benchmarks/real_code.py timm --maker timm:create_model --model resnet18 --model tnt_s

Each folder, or the installed package of that name, is copied to a temporary folder; `fix`, safe
rewrites only, runs on the copies. Printed: findings and fixes by rule, every reason for declining,
and seconds. What must not happen, and is counted:

- a changed file that Python no longer compiles; a module, changed or not, that can no longer be
  imported or lacks a name that it had;
- a statement that was not rewritten and yet stands there with other bytes, or in another place
  relative to its neighbours; a comment that is lost;
- a second `fix` that changes something again; an error of trtlint itself;
- a model whose outputs, or the keys and shapes of its ``state_dict``, are not what they were.

With ``--architectures`` the models are those of `truth/architectures.json`, tiny configurations
with random weights; with ``--maker MODULE:FUNCTION`` those that ``FUNCTION(NAME)`` makes. Both
sides run in processes of their own: same seed, same weights, eval mode, same inputs, and outputs
are equal bit for bit. Exit status 1 says that something of the above happened. Nothing here runs
in CI.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def find(what: str) -> Path:
    """The folder, or that of the installed package of that name."""
    if Path(what).exists():
        return Path(what).resolve()
    spec = importlib.util.find_spec(what)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{what!r} is neither a folder nor an installed package")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def fix(folder: Path, options: Sequence[str], parts: Sequence[str]) -> tuple[dict[str, Any], float]:
    """The JSON report of one run over a folder, and its wall seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "trtlint", "fix", "--isolated",
         "--output-format", "json", *options, *(parts or ["."])],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    try:
        return json.loads(done.stdout), seconds
    except json.JSONDecodeError:
        raise SystemExit(f"trtlint fix broke down:\n{done.stderr[-3000:]}") from None


def texts(root: Path) -> dict[str, bytes]:
    """Every Python file below ``root``."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.py"))}


def show(title: str, counts: Mapping[str, int]) -> None:
    """A table of counts, the largest first."""
    print(f"{title}: {sum(counts.values())}")
    for name, count in Counter(counts).most_common():
        print(f"  {count:6}  {name}")


def general(reason: str) -> str:
    """A reason without the code that it is about."""
    return re.sub(r"`[^`]*`", "`...`", " ".join(reason.split()))


def unified(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> str:
    """All changes as one diff."""
    parts: list[str] = []
    for name in old:
        before, after = (
            side[name].decode("utf-8", "replace").splitlines(keepends=True) for side in (old, new)
        )
        parts += difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", n=4)
    return "".join(parts)


# -- what a fix may not touch ---------------------------------------------------------------------


def complaints(name: str, old: bytes, new: bytes) -> Iterator[str]:
    """What is wrong with one changed file."""
    try:
        compile(new, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        yield f"NO LONGER COMPILES  {name}: {error}"
        return
    lost = _comments(old) - _comments(new)
    if lost:
        yield f"COMMENT LOST  {name}: {next(iter(lost))}"
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    mine, theirs = _statements(old), _statements(new)
    pairs = difflib.SequenceMatcher(
        None, [s[0] for s in mine], [s[0] for s in theirs], autojunk=False
    )
    for i, j, length in pairs.get_matching_blocks():
        for k in range(length):  # with what stands between it and the one before
            (_, first, last), (_, other_first, other_last) = mine[i + k], theirs[j + k]
            if k:
                first, other_first = mine[i + k - 1][2], theirs[j + k - 1][2]
            if before[first:last] != after[other_first:other_last]:
                yield f"OTHER BYTES  {name}:{first + 1}: {before[first:last]}"
                return


def _comments(text: bytes) -> Counter[str]:
    tokens = tokenize.tokenize(io.BytesIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _statements(text: bytes) -> list[tuple[str, int, int]]:
    """Simple statements and the heads of compound ones: what each says, first and last line."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        last = node.end_lineno or node.lineno
        head = ast.unparse(node)
        if isinstance(body, list) and body:
            head = head.partition("\n")[0]
            last = node.lineno  # what follows a head belongs to its first statement
        found.append((head, node.lineno - 1, last))
    return sorted(found, key=lambda statement: statement[1:])


# -- models ---------------------------------------------------------------------------------------


def models(args: argparse.Namespace, packages: Sequence[str]) -> list[dict[str, Any]]:
    """The models that are run."""
    if not args.architectures:
        return [{"name": name} for name in args.model]
    known = json.loads((HERE / "truth" / "architectures.json").read_text(encoding="utf-8"))
    wanted = [spec for spec in known if spec["package"] in packages]
    return [spec for spec in wanted if not args.model or spec["name"] in args.model]


def run(where: Path, task: Mapping[str, Any], out: Path) -> None:
    """Import the modules and run the models of one side."""
    out.mkdir()
    quiet = subprocess.DEVNULL  # what modules say or ask when they are imported is of no interest
    file = out / "task.json"
    file.write_text(json.dumps({**task, "path": str(where), "out": str(out)}), encoding="utf-8")
    command = [sys.executable, str(HERE / "real_models.py"), str(file)]
    subprocess.run(command, cwd=out, check=False, stdin=quiet, stdout=quiet, stderr=quiet)


def compare(sides: Sequence[Path], chosen: Sequence[Any], args: argparse.Namespace) -> int:
    """Import every module and run every model on both sides; how much differs."""
    import torch
    from real_models import difference

    names = [".".join(Path(name).with_suffix("").parts) for name in texts(sides[0])]
    names = [name.removesuffix(".__init__") for name in names if "__main__" not in name]
    task = {
        "imports": [*args.imports, *names],
        "models": chosen,
        "maker": args.maker,
        "options": json.loads(args.options),
        "inputs": [[int(n) for n in shape.split("x")] for shape in args.input],
    }
    start = time.perf_counter()
    outs = [side.parent / f"outputs-{i}" for i, side in enumerate(sides)]
    for side, out in zip(sides, outs, strict=True):
        run(side, task, out)
    seen = [json.loads((out / "imports.json").read_text(encoding="utf-8")) for out in outs]
    fine = [name for name in names if not seen[0][name]["error"]]
    bad = 0
    for name in fine:
        error = seen[1][name]["error"]
        lost = {*seen[0][name]["names"]} - {*seen[1][name]["names"]}
        if error:
            print(f"CAN NO LONGER BE IMPORTED  {name}: {error}")
        elif lost:
            print(f"NAMES LOST  {name}: {', '.join(sorted(lost))}")
        bad += bool(error or lost)
    print(
        f"{len(names)} modules; {len(fine)} could be imported before, {len(fine) - bad} as well now"
    )
    wrong = ran = 0
    for number, model in enumerate(chosen):
        old, new = (
            torch.load(path) if path.exists() else {"error": "the process ended"}
            for path in (out / f"{number}.pt" for out in outs)
        )
        said = difference(old, new)
        wrong += bool(said)
        worked = "error" not in old and any(not isinstance(one, str) for one in old["runs"])
        ran += worked
        if said:
            print(f"  DIFFERS  {model['name']}: {said}")
        elif not worked:
            print(f"  cannot be run  {model['name']}: {old.get('error') or old['runs'][0]}"[:200])
        elif args.verbose:
            print(f"  equal  {model['name']}")
    seconds = time.perf_counter() - start
    print(f"{ran} models ran, {wrong} differ; imports and models took {seconds:.1f} s")
    return wrong + bad


# -- the whole ------------------------------------------------------------------------------------


def main() -> int:
    """Fix and compare; print what happened."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n", maxsplit=1)[0])
    parser.add_argument("what", nargs="+", help="a folder, or the name of an installed package")
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--rule", action="append", default=[])
    parser.add_argument("--diff", type=Path, help="write the changes there")
    parser.add_argument("--part", action="append", default=[], help="fix only this, of the copy")
    parser.add_argument("--once", action="store_true", help="leave out the second fix")
    parser.add_argument(
        "--no-cache", action="store_true", help="the second fix starts from nothing"
    )
    parser.add_argument("--architectures", action="store_true", help="run the prediction's models")
    parser.add_argument("--maker", default="", help="MODULE:FUNCTION that makes a model")
    parser.add_argument("--model", action="append", default=[], help="only models of these names")
    parser.add_argument("--options", default="{}", help="keyword arguments for the maker, as JSON")
    parser.add_argument("--input", action="append", default=[], help="a shape, such as 1x3x64x64")
    parser.add_argument(
        "--import", action="append", default=[], dest="imports", help="import this first"
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    args.input = args.input or ["1x3x64x64", "2x3x64x64"]
    originals = [find(what) for what in args.what]
    options = [f"--{key}={value}" for key in ("target", "rule") for value in getattr(args, key)]
    with tempfile.TemporaryDirectory() as folder:
        old, fixed = Path(folder) / "old", Path(folder) / "fixed"
        for side in (old, fixed):
            for original in originals:
                ignored = shutil.ignore_patterns("*.pyc", "__pycache__", "*.so")
                shutil.copytree(original, side / original.name, ignore=ignored)
        cache = ["--no-cache"] if args.no_cache else [f"--cache-dir={Path(folder) / 'cache'}"]
        problems = examine(fixed, [*cache, *options], args)
        chosen = models(args, [original.name for original in originals])
        problems += compare((old, fixed), chosen, args)
    print(f"{problems} problems")
    return 1 if problems else 0


def examine(fixed: Path, options: Sequence[str], args: argparse.Namespace) -> int:
    """Fix the copy, twice; how much is wrong with it."""
    before = texts(fixed)
    report, seconds = fix(fixed, options, args.part)
    after, summary, findings = texts(fixed), report["summary"], report["findings"]
    changed = [name for name, text in after.items() if text != before[name]]
    print(
        f"fix: {summary['files']} files, {summary['traced_functions']} traced functions, "
        f"{len(findings)} findings, {len(report['errors'])} errors; "
        f"{len(changed)} files changed, {seconds:.1f} s"
    )
    show("findings", Counter(f["rule"] for f in findings))
    show("fixed", Counter(f["rule"] for f in findings if f.get("fixed")))
    left = [f for f in findings if not f.get("fixed")]
    reasons = (f["declined"] or f"only by an {f['fix']['safety']} rewrite" for f in left)
    show(
        "declined",
        Counter(f"{f['rule']}: {general(why)}" for f, why in zip(left, reasons, strict=True)),
    )
    said = [line for name in changed for line in complaints(name, before[name], after[name])]
    said += [
        f"ERROR  {error['path']}:{error['line']}: {error['kind']}: {error['message']}"
        for error in report["errors"]
    ]
    if not args.once:
        _, seconds = fix(fixed, options, args.part)
        print(f"second fix: {seconds:.1f} s")
        again = [name for name, text in texts(fixed).items() if text != after[name]]
        said += [f"CHANGED AGAIN  {name}" for name in again]
        for name in again:
            (fixed / name).write_bytes(after[name])
    for line in said:
        print(line)
    if args.diff is not None:
        args.diff.write_text(unified(before, after), encoding="utf-8")
    return len(said)


if __name__ == "__main__":
    sys.exit(main())
