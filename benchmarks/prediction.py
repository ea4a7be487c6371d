"""Does `trtlint check` foresee what `trtlint verify` says of real models?

    python benchmarks/prediction.py measure [--only NAME] [--seconds 300]
    python benchmarks/prediction.py compare [--list]

`measure` builds one small model of each architecture in `truth/architectures.json` (timm and
transformers, random weights, tiny configurations), notes which functions of the package its eval
forward runs, and verifies it: exported by the dynamo exporter, compared in ONNX Runtime, parsed and
built by TensorRT-RTX. Each model has a process of its own; results are appended to
`truth/models.jsonl`, and models that are there already are left out.

`compare` runs `check` over the sources of the packages and calls a model bad if an error stands in
one of the functions that it runs. Printed: the confusion table, and every model on which the two
sides disagree, with the errors and the failure; `truth/explained.json` says why.

Needs timm, torchvision and transformers beside torch; torchvision's compiled operators may be
missing.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "truth"
ARCHITECTURES, MODELS = HERE / "architectures.json", HERE / "models.jsonl"
EXPLAINED = HERE / "explained.json"
TARGET = "tensorrt-rtx-1.7"
# What makes a transformers configuration small, under the names that configurations use.
TINY: Mapping[str, Any] = {
    "hidden_size": 32, "d_model": 32, "n_embd": 32, "dim": 32, "embed_dim": 32,
    "num_hidden_layers": 2, "n_layer": 2, "n_layers": 2, "num_layers": 2, "encoder_layers": 2,
    "decoder_layers": 2, "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4,
    "encoder_attention_heads": 4, "decoder_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 8, "intermediate_size": 64, "ffn_dim": 64, "hidden_dim": 64,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "vocab_size": 99, "image_size": 32,
    "patch_size": 8, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "max_position_embeddings": 64, "n_positions": 64, "embedding_size": 32,
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measure or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    measure_ = commands.add_parser("measure")
    measure_.add_argument("--only", action="append", help="models of these names")
    measure_.add_argument("--seconds", type=float, default=300.0, help="for one model")
    compare_ = commands.add_parser("compare")
    compare_.add_argument("--list", action="store_true", help="every model, agreeing or not")
    one = commands.add_parser("one")
    one.add_argument("spec")
    options = parser.parse_args(argv)
    if options.command == "measure":
        return measure(options.only, options.seconds)
    if options.command == "one":
        print(json.dumps(examine(json.loads(options.spec))))
        return 0
    return compare(options.list)


# -- measure --------------------------------------------------------------------------------------


def measure(only: Sequence[str] | None, seconds: float) -> int:
    """Examine each architecture in a process of its own."""
    known = {record["name"] for record in _records()}
    for spec in json.loads(ARCHITECTURES.read_text(encoding="utf-8")):
        if (only and spec["name"] not in only) or (not only and spec["name"] in known):
            continue
        started = time.monotonic()
        command = [sys.executable, __file__, "one", json.dumps(spec)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
            lines = done.stdout.splitlines()
            record = json.loads(lines[-1]) if done.returncode == 0 and lines else None
            reason = f"exit status {done.returncode}: {done.stderr.strip()[-300:]}"
        except subprocess.TimeoutExpired:
            record, reason = None, f"more than {seconds:.0f} s"
        if record is None:
            print(f"{spec['name']}: not measured, {reason}", flush=True)
            continue
        with MODELS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        took = time.monotonic() - started
        told = f"{record['outcome']} {record['detail'][:100]}"
        print(f"{spec['name']}: {told} {took:.0f} s", flush=True)
    return 0


def examine(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of one model, and which functions of its package its forward runs."""
    with contextlib.suppress(ImportError):
        importlib.import_module("torchvision_cpu")  # lets torchvision load beside CPU torch
    import torch

    from trtlint.runtime_check.api import VerifyOptions, verify

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = build(spec)
    inputs = example(spec)
    package = spec["package"]
    with torch.no_grad():
        functions = executed(model, inputs, package)
    result = verify(model, inputs, options=VerifyOptions())
    failures = [
        {
            "stage": f.stage,
            "message": f.message[:300],
            "at": f"{'/'.join(Path(f.at.path).parts[-3:])}:{f.at.line}" if f.at else "",
        }
        for f in result.failures
    ]
    return {
        "name": spec["name"],
        "package": package,
        "outcome": "passed" if result.passed else "failed",
        "detail": f"{failures[0]['stage']}: {failures[0]['message']}" if failures else "",
        "failures": failures,
        "functions": functions,
    }


def build(spec: Mapping[str, Any]) -> Any:
    """The model, in eval mode."""
    import torch

    if spec["package"] == "timm":
        import timm

        return timm.create_model(spec["name"], **spec.get("arguments", {})).eval()
    import transformers

    config = transformers.AutoConfig.for_model(spec["name"])
    for part in (config, *(p for p in vars(config).values() if hasattr(p, "to_dict"))):
        for name, value in {**TINY, **spec.get("arguments", {})}.items():
            if hasattr(part, name):
                setattr(part, name, value)
    config.use_cache = False
    inner = transformers.AutoModel.from_config(config).eval()

    class First(torch.nn.Module):
        """The first output of the model, so that what is compared is the model's own code."""

        def __init__(self) -> None:
            super().__init__()
            self.model = inner

        def forward(self, x: Any) -> Any:
            return self.model(x, return_dict=False)[0]

    return First().eval()


def example(spec: Mapping[str, Any]) -> Any:
    """Inputs of batch 2."""
    import torch

    shape = spec["input"]
    if spec.get("kind", "float") == "ids":
        return (torch.randint(3, 90, shape),)
    return (torch.randn(shape),)


def executed(model: Any, inputs: Any, package: str) -> list[str]:
    """``path:first line`` of every function of the package that one forward runs."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    seen: set[tuple[str, int]] = set()

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call":
            seen.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    sys.setprofile(note)
    try:
        model(*inputs)
    finally:
        sys.setprofile(None)
    found = []
    for name, line in seen:
        with contextlib.suppress(ValueError):
            found.append(f"{Path(name).relative_to(root).as_posix()}:{line}")
    return sorted(found)


# -- compare --------------------------------------------------------------------------------------


def compare(everything: bool) -> int:
    """The confusion table, and why the two sides disagree."""
    records = _records()
    explained: Mapping[str, str] = {}
    if EXPLAINED.exists():
        explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    table: Counter[tuple[str, str, str]] = Counter()
    shown: list[str] = []
    for package in sorted({record["package"] for record in records}):
        errors = dict(_errors(package, [r for r in records if r["package"] == package]))
        for record in records:
            if record["package"] != package:
                continue
            told = errors[record["name"]]
            said, real = "errors" if told else "no error", record["outcome"]
            table[package, said, real] += 1
            agree = bool(told) == (real == "failed")
            if everything or not agree:
                shown.append(f"{package} {record['name']}: check says {said}, verify {real}")
                shown += [f"    check: {line}" for line in told[:3]]
                shown += [f"    verify: {record['detail'][:160]}"] if record["detail"] else []
                if not agree:
                    shown.append(f"    why: {explained.get(record['name'], 'NOT EXPLAINED')}")
    for package in sorted({key[0] for key in table}):
        print(f"{package:<16}{'verify passed':>16}{'verify failed':>16}")
        for said in ("no error", "errors"):
            row = [table[package, said, real] for real in ("passed", "failed")]
            print(f"  {said:<14}{row[0]:>16}{row[1]:>16}")
    print("\n".join(shown))
    return 0


def _errors(package: str, records: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """For each model, the errors in the functions that it runs."""
    from trtlint import catalogue
    from trtlint.analysis.project import Project
    from trtlint.candidates import EngineSettings
    from trtlint.findings import Finding, Severity
    from trtlint.inspection import Inspection
    from trtlint.source import Source

    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    wanted = {f.rpartition(":")[0] for record in records for f in record["functions"]}
    sources = [Source.read(path) for path in sorted(root.rglob("*.py"))]
    project = Project({source.path: source.text for source in sources})
    run = Inspection(project, EngineSettings(catalogue.rule_names(), (TARGET,)))
    by_function: dict[str, list[Finding]] = {}
    for source in sources:
        name = source.path.relative_to(root).as_posix()
        if name not in wanted:
            continue
        for finding in run.report(source.path).findings:
            facts = project.files[source.path].functions.get(finding.symbol)
            if finding.severity is Severity.ERROR and facts is not None:
                for line in {facts.first_line, facts.def_line}:
                    by_function.setdefault(f"{name}:{line}", []).append(finding)
        run.forget(source.path)
    for record in records:
        found = [f for one in record["functions"] for f in by_function.get(one, ())]
        lines = {
            f"{f.path.relative_to(root)}:{f.span.line} {f.rule}: {f.message[:90]}" for f in found
        }
        yield record["name"], sorted(lines)


def _records() -> list[dict[str, Any]]:
    if not MODELS.exists():
        return []
    return [json.loads(line) for line in MODELS.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
