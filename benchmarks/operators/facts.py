"""Write ``trtlint/conversion/operator_facts.py`` from measured probes: ``facts.py RESULTS...``.

An operator enters the table with what all of its measured probes agree on. Only outcomes that are
the operator's own count: an exporter that knows no translation of it, or a parser that does not
take the ONNX operator it becomes. What hangs on an argument, a rank or a dtype is left to rules
that look at those, and an operator whose probes differ is left out.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[2] / "trtlint" / "conversion" / "operator_facts.py"
EXPORTERS = ("onnx_dynamo", "onnx_torchscript")
FINE, UNTRANSLATED, OTHER = "fine", "untranslated", "other"
_PREFIXES = ("torch.nn.functional.", "torch.Tensor.", "torch.")
_MISSING = ("No ONNX function found for", "UnsupportedOperatorError: Exporting the operator")
_REFUSED = re.compile(r"\[(\w+)\] (?:Assertion failed: )?(?:false|creator)")
# What the parser says where it takes an operator, but not this form of it.
_FORMS = {
    "Unsupported reduction type": "ScatterElements[reduction]",
    "mode than 1 outputs for MaxPool": "MaxPool[indices]",
    "Dropout operator in training mode": "Dropout[training]",
}
# Not operators of a model: they ask, build or manage, or need what no exporter sees.
_SKIPPED = re.compile(
    r"(is_|sym_|sparse_|_|as_sub|dense_dim|storage|data_ptr|numpy|tolist|item|grad|retain|register"
    r"|result_type|broadcast_shapes|get_|set_|typename|share|backward|element_size|stride|nbytes"
    r"|to_sparse|ccol|crow|coalesce|values|indices|col_indices|row_indices|q_|int_repr|names|rename"
    r"|align_|refine|unflatten_names|cuda|xpu|mtia|ipu|cpu|pin_memory|module_load|dim_order|type$"
    r"|device|dtype|layout|output_nr|requires|new$|resize|range$|from_|as_tensor|chalf|equal$"
    r"|allclose|data$|apply|hash)"
)

HEAD = '''"""What the two exporters of torch 2.13 make of torch's operators, as measured.

Written by benchmarks/operators/facts.py from executed probes; change that instead. A row holds for
the operators that it names: what the dynamo exporter makes of them, what the TorchScript exporter
(opset 17) does. ``fine``: ONNX that TensorRT-RTX 1.7 takes; ``untranslated``: the exporter has no
translation; else the ONNX operator that the parser does not take. Operators that are in no row are
unknown here, or hang on arguments that their own rules look at.
"""

FACTS: tuple[tuple[str, str, str], ...] = (
'''


def outcome(result: Mapping[str, Any]) -> str:
    """What a route made of a probe, as far as it is the operator's own."""
    if result["verdict"] == "converts":
        return FINE
    detail = str(result.get("detail"))
    if result["verdict"] == "rejected":
        if any(text in detail for text in _MISSING):
            return UNTRANSLATED
        form = next((name for text, name in _FORMS.items() if text in detail), None)
        if form is not None:
            return form
        refused = _REFUSED.match(detail)
        if refused:
            return refused[1]
    return OTHER


def operator_key(qualified: str) -> str:
    """``cumsum`` for the function, the method and their in-place forms; ``linalg.inv``."""
    for prefix in _PREFIXES:
        if qualified.startswith(prefix):
            return qualified.removeprefix(prefix).rstrip("_")
    return qualified.rstrip("_")


def facts(results: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """By operator, the outcome of both exporters that all of its probes agree on."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for result in results:
        key = operator_key(result["operator"])
        if _SKIPPED.match(key) or any(route not in result for route in EXPORTERS):
            continue
        dynamo, script = (outcome(result[route]) for route in EXPORTERS)
        found[key].add((dynamo, script))
    agreed = {key: next(iter(pairs)) for key, pairs in found.items() if len(pairs) == 1}
    return {key: pair for key, pair in sorted(agreed.items()) if OTHER not in pair}


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
    texts = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    results = [json.loads(line) for text in texts for line in text.splitlines()]
    known = facts(results)
    TARGET.write_text(table(known), encoding="utf-8")
    measured = {operator_key(result["operator"]) for result in results}
    print(f"{len(known)} of {len(measured)} operators: {TARGET}")
    print("left out:", " ".join(sorted(measured - known.keys())))


if __name__ == "__main__":
    main()
