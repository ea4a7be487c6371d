"""How many modules that a route rejects or gets wrong convert with equal numbers after `fix`?

    python -m benchmarks.matrix_after_fix [--route ROUTE] [--torch2trt CHECKOUT] [--results FILE]
                                          [--missing FILE] [--safe-only]

Every module of `truth/matrix.jsonl` that was measured as bad on a route is fixed in process for the
route's target, by the safe rewrites, and by the unsafe ones as well. Where the text changes,
`operators/measure.py` converts the old and the new text with the real TensorRT-RTX and compares
the numbers, in forked children with a time limit: `torch2trt` needs a checkout of torch2trt at
4e820ae. Results are appended to FILE by the text that was measured, so that a run can be taken up
again, and a later one measures only what is fixed otherwise.

A module *converts after the fix* if the route takes the new text and its numbers agree with eager
PyTorch, and the new text computes what the old one does. Required is 60 % of the modules whose
pattern has a rewrite by `truth/cards.json`: those that a card with ``"fix": "yes"`` lists, which
are the modules that meet the card's own condition. ``--missing`` writes what is left, by rule and
reason. Exit status 1 says that a route is below what is required.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.agreement import BAD, ROUTES, TRUTH, records

HERE = Path(__file__).parent
CARDS = HERE / "truth" / "cards.json"
MEASURED = ("onnx_dynamo", "onnx_torchscript", "torch2trt")
REQUIRED = 0.6
MODES = ("safe", "unsafe")


@dataclass(frozen=True)
class Fixed:
    """What `fix` made of a module.

    Attributes:
        text: the new text; None if nothing changed.
        left: rule and reason of each error that remains.
    """

    text: str | None
    left: tuple[tuple[str, str], ...]


@dataclass
class Module:
    """A module that a route rejects or gets wrong."""

    record: Mapping[str, Any]
    route: str
    cards: list[str]
    inputs: list[str]
    fixed: dict[str, Fixed] = field(default_factory=dict)  # by mode
    said: dict[str, str] = field(default_factory=dict)  # by mode: why it does not convert, or ""

    @property
    def name(self) -> str:
        """Its name in the matrix."""
        return str(self.record["name"])


def fixed(source: str, target: str, unsafe: bool) -> Fixed:
    """Fix one file by every rule for one target."""
    from trtlint import catalogue, engine
    from trtlint.findings import Severity
    from trtlint.source import Source

    settings = engine.EngineSettings(catalogue.rule_names(), (target,), unsafe=unsafe)
    (report,) = engine.fix([Source(Path("net.py"), source)], [], settings)
    left = {
        (f.rule, f.declined or (f"only by an {f.fix.safety.value} rewrite" if f.fix else ""))
        for f in report.findings
        if f.severity is Severity.ERROR and not f.fixed
    }
    return Fixed(report.new_text, tuple(sorted(left)))


def modules(route: str, modes: Sequence[str]) -> list[Module]:
    """The bad modules of a route, fixed."""
    cards: Mapping[str, Any] = json.loads(CARDS.read_text(encoding="utf-8"))
    of: dict[str, list[str]] = defaultdict(list)
    for card, said in cards.items():
        for name in said["modules"]:
            of[name].append(card)
    target = next(one.target for one in ROUTES if one.name == route)
    found = []
    for record in records(TRUTH):
        if record.get(route, {}).get("verdict") in BAD:
            cards_of = [card for card in of[record["name"]] if _for(card, route)]
            module = Module(record, route, cards_of, _inputs(record))
            module.fixed = {m: fixed(record["source"], target, m == "unsafe") for m in modes}
            found.append(module)
    return found


def _inputs(record: Mapping[str, Any]) -> list[str]:
    """The module's inputs; integers of both signs where it takes them."""
    given = list(record["inputs"])
    signed = [f"{one}[-3,4)" if one.endswith(("int32", "int64")) else one for one in given]
    if signed == given:
        return given
    try:
        _eager(record["source"], signed)
    except Exception:  # they are indices, sizes or lengths
        return given
    return signed


def _eager(source: str, inputs: list[str]) -> list[Any]:
    sys.path.insert(0, str(HERE / "operators"))
    import torch
    from probe import Probe
    from tensors import clone, draw_all, leaves

    probe = Probe("eager", "", source, inputs)
    torch.manual_seed(0)
    return leaves(probe.make()(*(clone(value) for value in draw_all(probe.inputs, seed=1))))


def _for(card: str, route: str) -> bool:
    """Whether the card is about the route: some are about what torch2trt alone does not take."""
    return route == "torch2trt" or card not in ("E23", "E24")


# -- measuring ------------------------------------------------------------------------------------


def key(text: str, inputs: Iterable[str]) -> str:
    """What a text is called in the results."""
    return hashlib.sha256("\n".join([text, *inputs]).encode()).hexdigest()[:16]


def measure(
    route: str, texts: Mapping[str, Mapping[str, Any]], results: Path, seconds: int
) -> None:
    """Convert what is not in the results yet, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        probes = Path(folder) / "probes.jsonl"
        rows = (json.dumps({"name": name, "operator": "", **row}) for name, row in texts.items())
        probes.write_text("\n".join(rows), encoding="utf-8")
        command = [sys.executable, str(HERE / "operators" / "measure.py"), str(probes)]
        command += [str(results), "--routes", route, "--timeout", str(seconds)]
        if route == "torch2trt":
            command += ["--plugin", str(HERE / "operators" / "torch2trt_route.py")]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def outcomes(results: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What was measured, by text and route."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    if results.exists():
        for row in map(json.loads, results.read_text(encoding="utf-8").splitlines()):
            for route in MEASURED:
                invalid = {"verdict": "cannot be run", "detail": row.get("invalid", "")}
                if route in row or "invalid" in row:
                    found[row["name"], route] = row.get(route, invalid)
    return found


def differs(module: Module, text: str) -> str:
    """How the new text's eager results differ from the old one's."""
    import torch

    old, new = (_eager(source, module.inputs) for source in (module.record["source"], text))
    for a, b in zip(old, new, strict=True):
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"{a.dtype} {list(a.shape)} became {b.dtype} {list(b.shape)}"
        if not torch.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True):
            return "other numbers than before"
    return ""


def judge(module: Module, mode: str, known: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """Why the module does not convert with equal numbers after the fix; empty if it does."""
    done = module.fixed[mode]
    if done.text is None:
        left = dict(done.left)
        return "; ".join(f"{r}: {why}" for r, why in left.items()) or "check reports no error"
    inputs = module.inputs
    before = known[key(module.record["source"], inputs), module.route]
    after = known[key(done.text, inputs), module.route]
    if after["verdict"] != "converts":
        return f"rewritten; then {after['verdict']}: {after.get('detail', '')}"[:200]
    if before["verdict"] == "converts":
        return "converts before the fix as measured here"
    return f"rewritten; then {said}" if (said := differs(module, done.text)) else ""


# -- reporting ------------------------------------------------------------------------------------


def table(route: str, found: Sequence[Module], modes: Sequence[str]) -> Iterator[str]:
    """The counts of one route."""
    yield f"\n{route}: {len(found)} modules are rejected or wrong"
    asked = [m for m in found if m.cards]
    yield f"{'':38}{'all':>12}{f'of {len(asked)} with a rewrite by the cards':>40}"
    for mode in modes:
        good = [m for m in found if not m.said[mode]]
        counted = sum(bool(m.cards) for m in good)
        share = counted / max(len(asked), 1)
        changed = sum(m.fixed[mode].text is not None for m in found)
        yield f"  rewritten, {mode:<25}{changed:>12}"
        told = f"  convert with equal numbers, {mode:<8}"
        yield f"{told}{len(good):>12}{counted:>32}{share:>8.0%}"
    for m in asked:
        if m.said[modes[-1]]:
            yield f"  {'/'.join(m.cards):<8} {m.name}: {m.said[modes[-1]][:150]}"


def missing(found: Mapping[str, Sequence[Module]], mode: str) -> Iterator[str]:
    """What is left, by rule and reason."""
    yield "# Modules that a route rejects or gets wrong, and that do not convert after the fix\n"
    yield "An asterisk: its pattern has a rewrite by the cards. Several rules may name a module.\n"
    for route, some in found.items():
        left: dict[tuple[str, str], list[str]] = defaultdict(list)
        for m in some:
            star = "*" if m.cards else ""
            if m.said[mode] and m.fixed[mode].text is not None:
                left["(rewritten)", m.said[mode]].append(star + m.name)
            elif m.said[mode]:
                for rule, why in m.fixed[mode].left or [("(check reports no error)", "")]:
                    left[rule, why].append(star + m.name)
        yield f"## {route}: {sum(bool(m.said[mode]) for m in some)} of {len(some)}\n"
        for (rule, why), names in sorted(left.items(), key=lambda item: -len(item[1])):
            yield f"- **{rule}** ({len(names)}) {why}: {', '.join(names)}"
        yield ""


def main(argv: Sequence[str] | None = None) -> int:
    """Fix, convert, print; 1 if a route is below what is required."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--route", action="append", choices=MEASURED, help="only this one")
    parser.add_argument("--torch2trt", type=Path, help="a checkout of torch2trt at 4e820ae")
    parser.add_argument("--results", type=Path, default=Path("matrix_after_fix.jsonl"))
    parser.add_argument("--missing", type=Path, help="write what is left, by rule, there")
    parser.add_argument("--safe-only", action="store_true", help="leave the unsafe rewrites out")
    parser.add_argument("--seconds", type=int, default=90, help="for one conversion")
    options = parser.parse_args(argv)
    routes = options.route or MEASURED
    if "torch2trt" in routes:
        if options.torch2trt is None:
            parser.error("--torch2trt CHECKOUT is needed for that route")
        os.environ["TORCH2TRT"] = str(options.torch2trt.resolve())
    modes = MODES[:1] if options.safe_only else MODES
    found = {route: modules(route, modes) for route in routes}
    enough = True
    for route, some in found.items():
        texts: dict[str, dict[str, Any]] = {}
        for module in some:
            changed = {done.text for done in module.fixed.values() if done.text is not None}
            for text in sorted(changed | ({module.record["source"]} if changed else set())):
                row = {"source": text, "inputs": module.inputs}
                texts[key(text, module.inputs)] = row
        measure(route, texts, options.results, options.seconds)
        known = outcomes(options.results)
        for module in some:
            module.said = {mode: judge(module, mode, known) for mode in modes}
        for line in table(route, some, modes):
            print(line)
        sys.stdout.flush()
        asked = [m for m in some if m.cards]
        good = sum(not m.said[modes[-1]] for m in asked)
        enough &= good >= REQUIRED * len(asked)
    if options.missing:
        options.missing.write_text("\n".join(missing(found, modes[-1])), encoding="utf-8")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
