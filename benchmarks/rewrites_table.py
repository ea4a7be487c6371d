"""Every rewrite, and what it saves: layers, costly layers and ONNX nodes before and after.

    python benchmarks/rewrites_table.py [--rule RULE] [--jobs 2] [--results FILE]

For each pair of fixtures (`tests/fixtures/RULE/NAME.before.py` and `.after.py`): which rewrites
take one to the other, how safe they are, and what the real TensorRT-RTX parses of both through each
ONNX exporter. Layers are those of the parsed network, before TensorRT folds and fuses;
`runtime_check/provenance.py` says which kinds are costly. Fixtures for torch2trt alone are listed
without numbers: nothing that ONNX leads to changes there. Measurements are kept in FILE by the
texts that were measured.

Then the cards of `truth/cards.json` that say "yes" and "exact": which rewrites each has, or why it
has none, in its own words or in those of `trtlint/why_not.json`. Exit status 1 says that one has
neither.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
CARDS = ROOT / "benchmarks" / "truth" / "cards.json"
EXPORTERS = ("dynamo", "torchscript")
Row = dict[str, Any]


def applied(file: Any) -> list[str]:
    """The rewrites that the fix of a fixture applies, with how safe they are."""
    from trtlint import catalogue

    found: dict[str, None] = {}
    for finding in file.fix().findings:
        if finding.fixed:
            rows = catalogue.find_rule(finding.rule).rewrites
            names = [row.name for row in rows if row.title == finding.fix.title]
            name = names[0] if names else finding.fix.title
            found[f"{name} ({finding.fix.safety.value})"] = None
    return list(found)


def measured(path: str, exporter: str) -> Row:
    """Layers, costly layers and nodes of one file through one exporter, or why there are none."""
    _import_path()
    import onnx
    from fixture_runs import _subject
    from fixture_support import FixtureFile

    from trtlint.errors import TrtlintError
    from trtlint.runtime_check.build import build_graph
    from trtlint.runtime_check.export import export
    from trtlint.runtime_check.provenance import COSTLY
    from trtlint.runtime_check.tensorrt_adapter import find_tensorrt
    from trtlint.runtime_check.tensors import bind_inputs
    from trtlint.runtime_check.user_code import UserCode

    file = FixtureFile(Path(path), Path(path).stem.partition(".")[2])
    model, inputs, options = _subject(file, exporter)
    bound = bind_inputs(model, inputs)
    if options.dim is not None:
        bound = bound.at_size(options.dim.usual, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        try:
            graph = export(
                model,
                bound.clone(),
                exporter=exporter,
                dim=options.dim,
                folder=Path(folder),
                user_code=UserCode.around(path),
            )
        except TrtlintError:
            return {"refused": "no export"}
        proto = onnx.load(str(graph.path), load_external_data=False)
        built = build_graph(graph, find_tensorrt(), compute_capability="8.9", dim=options.dim)
    kinds = {kind: n for kind, n in built.layer_kinds.items() if kind in COSTLY}
    row: Row = {"nodes": _nodes(proto.graph), "layers": built.layers, "costly": kinds}
    if not built.accepted:
        row["refused"] = "rejected"
    return row


def _nodes(graph: Any) -> int:
    """Nodes, those of branches and loop bodies among them."""
    inner = (attribute.g for node in graph.node for attribute in node.attribute)
    return len(graph.node) + sum(_nodes(one) for one in inner if one.node)


def _import_path() -> None:
    for folder in (ROOT, ROOT / "tests"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def _task(path: str) -> tuple[str, Row]:
    import warnings

    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    return path, {exporter: _guarded(path, exporter) for exporter in EXPORTERS}


def _guarded(path: str, exporter: str) -> Row:
    """The same in a child: an exporter may take its process down."""
    process = multiprocessing.get_context("fork")
    receive, send = process.Pipe(duplex=False)
    child = process.Process(target=lambda: send.send(measured(path, exporter)))
    child.start()
    send.close()
    try:
        row: Row = receive.recv()
    except EOFError:
        row = {"refused": "crashed"}
    child.join()
    return row


def key(path: Path) -> str:
    """What a fixture's measurements are kept under."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def measure(paths: Sequence[Path], results: Path, jobs: int) -> dict[str, Row]:
    """The measurements of all files, by text; what is known already is not measured again."""
    known: dict[str, Row] = {}
    if results.exists():
        known = dict(map(json.loads, results.read_text(encoding="utf-8").splitlines()))
    waiting = [str(path) for path in paths if key(path) not in known]
    with ProcessPoolExecutor(jobs) as pool, results.open("a", encoding="utf-8") as stream:
        for path, row in pool.map(_task, waiting):
            known[key(Path(path))] = row
            stream.write(json.dumps([key(Path(path)), row]) + "\n")
            stream.flush()
    return known


def cells(before: Row, after: Row) -> str:
    """Layers, costly layers and nodes of one exporter."""

    def side(row: Row) -> tuple[str, str, str]:
        nodes = str(row.get("nodes", "-"))
        if "refused" in row:
            return row["refused"], "", nodes
        costly = sum(row["costly"].values())
        return str(row["layers"]), str(costly), nodes

    pairs = zip(side(before), side(after), strict=True)
    layers, costly, nodes = (f"{a} -> {b}" if a or b else "" for a, b in pairs)
    return f"{layers:>22}{costly:>12}{nodes:>14}"


def table(options: argparse.Namespace) -> Iterator[str]:
    """A line a pair of fixtures."""
    from fixture_support import of_kind

    pairs = [one for one in of_kind("after") if options.rule in (None, one.rule)]
    onnx = [one for one in pairs if _through_onnx(one.files["before"])]
    files = [one.files[kind].path for one in onnx for kind in ("before", "after")]
    known = measure(files, options.results, options.jobs)
    head = f"{'layers':>22}{'costly':>12}{'ONNX nodes':>14}"
    yield f"{'fixture':<44}{'rewrite':<48}{'dynamo:':>10}{head[10:]}{'torchscript:':>14}{head[14:]}"
    total: Counter[str] = Counter()
    for one in pairs:
        rewrites = applied(one.files["before"]) or ["none"]
        line = f"{one.id:<44}{rewrites[0]:<48}"
        if one in onnx:
            before, after = (known[key(one.files[kind].path)] for kind in ("before", "after"))
            line += "".join(cells(before[e], after[e]) for e in EXPORTERS)
            total.update(_sums(before, after))
        else:
            line += f"   {', '.join(one.files['before'].targets)}"
        yield line.rstrip()
        yield from (f"{'':<44}{name}" for name in rewrites[1:])
    yield "\nall pairs that TensorRT takes before and after:"
    for exporter in EXPORTERS:
        parts = (
            f"{what} {total[f'{exporter} {what} before']} -> {total[f'{exporter} {what} after']}"
            for what in ("layers", "costly", "nodes")
        )
        both, repaired = total[f"{exporter} pairs"], total[f"{exporter} repaired"]
        yield f"  {exporter}: {both} pairs, {', '.join(parts)}; {repaired} more were refused before"


def _sums(before: Row, after: Row) -> Iterator[str]:
    for e in EXPORTERS:
        if "refused" in before[e] or "refused" in after[e]:
            if "refused" not in after[e]:
                yield f"{e} repaired"
            continue
        yield f"{e} pairs"
        for side, row in (("before", before[e]), ("after", after[e])):
            yield from [f"{e} layers {side}"] * row["layers"]
            yield from [f"{e} nodes {side}"] * row["nodes"]
            yield from [f"{e} costly {side}"] * sum(row["costly"].values())


def _through_onnx(file: Any) -> bool:
    return any(name.startswith("tensorrt") for name in file.targets)


def cards() -> Iterator[tuple[bool, str]]:
    """Each card that says "yes" and "exact", with whether it has a rewrite or a reason."""
    from trtlint import catalogue

    known = {type(rewrite).__name__ for group in catalogue.rewrites().values() for rewrite in group}
    said: Mapping[str, Any] = json.loads(CARDS.read_text(encoding="utf-8"))
    for card, row in said.items():
        if row["fix"] != "yes" or not row["exact"]:
            continue
        rule, _, what = row["why_not"].partition(": ")
        reason = catalogue.find_rule(rule).why_not.get(what, "") if rule else row["reason"]
        unknown = set(row["rewrites"]) - known
        if unknown:
            yield False, f"{card} {row['name']}: there is no rewrite {', '.join(sorted(unknown))}"
        elif row["rewrites"]:
            yield True, f"{card} {row['name']}: {', '.join(row['rewrites'])}"
        elif reason:
            yield True, f"{card} {row['name']}: none, because {reason}"
        else:
            yield False, f"{card} {row['name']}: NEITHER A REWRITE NOR A REASON"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if a card has neither a rewrite nor a reason."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rule", help="only the fixtures of this rule")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path("rewrites_table.jsonl"))
    parser.add_argument("--cards", action="store_true", help="only the cards")
    options = parser.parse_args(argv)
    _import_path()
    if not options.cards:
        for line in table(options):
            print(line, flush=True)
    print("\ncards that say yes and exact")
    missing = 0
    for fine, line in cards():
        missing += not fine
        print(f"  {line}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
