"""Write ``trtlint/conversion/operator_facts.py`` from measured probes: ``facts.py [RESULTS...]``.

An operator enters the table with what all of its measured probes agree on. Only outcomes that
are the operator's own count: an exporter that knows no translation of it, or a parser that does
not take the ONNX operator it becomes; if every probe fails, in whatever way, it is the operator
too. What hangs on an argument, a rank or a dtype is left to rules that look at those.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ROOT / "benchmarks" / "truth" / "operators.jsonl.gz"
TARGET = ROOT / "trtlint" / "conversion" / "operator_facts.py"
EXPORTERS = ("onnx_dynamo", "onnx_torchscript")
FINE, UNTRANSLATED, VARIES = "fine", "untranslated", "varies"
FAILED, REFUSED, OTHER = "failed", "refused", "other"  # on the way to one of these
_PREFIXES = ("torch.nn.functional.", "torch.Tensor.", "torch.")
_MISSING = ("No ONNX function found for", "UnsupportedOperatorError: Exporting the operator")
_REFUSED = re.compile(r"\[(\w+)\] (?:Assertion failed: )?(?:false|creator)")
_NAME = re.compile(r"(?!operator\.|nn\.utils|utils)[A-Za-z][\w.]*")
# What the parser says where it takes an operator, but not this form of it.
_FORMS = {
    "Unsupported reduction type": "ScatterElements[reduction]",
    "mode than 1 outputs for MaxPool": "MaxPool[indices]",
    "Dropout operator in training mode": "Dropout[training]",
}
# Operators that an exporter fails on in the middle, whatever their arguments.
_NEVER = frozenset(
    """unique_consecutive polygamma lstsq linalg.lstsq combinations corrcoef cov lobpcg
    special.polygamma diagonal_scatter hash_tensor is_nonzero as_subclass""".split()
)
# Not operators of a model: they ask, build or manage, or need what no exporter sees.
_SKIPPED = re.compile(
    r"(is_|sym_|sparse_|_|as_sub|dense_dim|storage|data_ptr|numpy|tolist|item|grad|retain|register"
    r"|result_type|broadcast_shapes|get_|set_|typename|share|backward|element_size|stride|nbytes"
    r"|to_sparse|ccol|crow|coalesce|values|indices|col_indices|row_indices|q_|int_repr|names|rename"
    r"|align_|refine|unflatten_names|cuda|xpu|mtia|ipu|cpu|pin_memory|module_load|dim_order|type$"
    r"|device|dtype|layout|output_nr|requires|new$|resize|range$|from_|as_tensor|chalf|equal$"
    r"|allclose|data$|apply|volatile|const_|to_dense|slice_inverse|nested|compile|autocast|no_grad)"
)

HEAD = '''"""What the two exporters of torch 2.13 make of torch's operators, as measured.

Written by benchmarks/operators/facts.py from executed probes; change that instead. A row holds for
the operators that it names: what the dynamo exporter makes of them, what the TorchScript exporter
(opset 17) does. ``fine``: ONNX that TensorRT-RTX 1.7 takes; ``untranslated``: the exporter has no
translation; ``varies``: it hangs on arguments, ranks or dtypes; else the ONNX operator that the
parser does not take. Of operators that are in no row nothing is known here.
"""

FACTS: tuple[tuple[str, str, str], ...] = (
'''


def outcome(result: Mapping[str, Any]) -> str:
    """What a route made of a probe, as far as it is the operator's own."""
    if result["verdict"] == "converts":
        return FINE
    detail = str(result.get("detail"))
    if result["verdict"] != "rejected":
        return OTHER
    if any(text in detail for text in _MISSING):
        return UNTRANSLATED
    if result.get("stage") == "export":
        return FAILED
    form = next((name for text, name in _FORMS.items() if text in detail), None)
    if form is not None:
        return form
    refused = _REFUSED.match(detail)
    return refused[1] if refused else REFUSED


def agreed(operator: str, outcomes: Sequence[str]) -> str:
    """What all probes of an operator say of one exporter."""
    if len(set(outcomes)) == 1 and outcomes[0] not in (FAILED, REFUSED, OTHER):
        return outcomes[0]
    if {FINE, OTHER} & set(outcomes):
        return VARIES
    if UNTRANSLATED in outcomes or operator in _NEVER:
        return UNTRANSLATED
    named = [name for name in outcomes if name not in (FAILED, REFUSED)]
    if named:
        return max(named, key=named.count)
    return UNTRANSLATED if REFUSED in outcomes and len(outcomes) > 1 else VARIES


def operator_key(qualified: str) -> str:
    """``cumsum`` for the function, the method and their in-place forms; ``linalg.inv``."""
    for prefix in _PREFIXES:
        if qualified.startswith(prefix):
            return qualified.removeprefix(prefix).rstrip("_")
    return qualified.rstrip("_")


def facts(results: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """By operator, the outcome of both exporters; what is known of neither is left out."""
    found: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for result in results:
        key = operator_key(result["operator"])
        if (
            _SKIPPED.match(key)
            or not _NAME.fullmatch(key)
            or any(route not in result for route in EXPORTERS)
        ):
            continue
        for outcomes, route in zip(found[key], EXPORTERS, strict=True):
            outcomes.append(outcome(result[route]))
    pairs = {
        key: (agreed(key, dynamo), agreed(key, script)) for key, (dynamo, script) in found.items()
    }
    return {key: pair for key, pair in sorted(pairs.items()) if set(pair) != {VARIES}}


def table(known: Mapping[str, tuple[str, str]]) -> str:
    """The module's text."""
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, pair in known.items():
        rows[pair].append(key)
    text = HEAD
    for (dynamo, script), keys in sorted(rows.items()):
        names = textwrap.wrap(" ".join(keys), 88, break_on_hyphens=False)
        lines = "\n".join(
            f'        "{line}{" " if line is not names[-1] else ""}"' for line in names
        )
        text += f'    (\n        "{dynamo}",\n        "{script}",\n{lines},\n    ),\n'
    return text + ")\n"


def main() -> None:
    """Read the results, write the table, print what is left out."""
    packed = [Path(name).read_bytes() for name in sys.argv[1:] or [MEASURED]]
    texts = [gzip.decompress(b) if b[:2] == b"\x1f\x8b" else b for b in packed]
    results = [json.loads(line) for text in texts for line in text.splitlines()]
    known = facts(results)
    TARGET.write_text(table(known), encoding="utf-8")
    measured = {operator_key(result["operator"]) for result in results}
    print(f"{len(known)} of {len(measured)} operators: {TARGET}")
    print("left out:", " ".join(sorted(measured - known.keys())))


if __name__ == "__main__":
    main()
