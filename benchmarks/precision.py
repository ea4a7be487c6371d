"""Are trtlint's findings true? A random sample of them on timm, torchvision and transformers.

    python benchmarks/precision.py sample [--site FOLDER] [--size 300]
    python benchmarks/precision.py score

Every finding under default targets has a place in one random order, drawn from a hash of its
location, so that the sample hardly moves when a rule does. `sample` checks the three packages and
writes the first findings of that order to `truth/sample.jsonl`, each with the source around it, and
keeps the labels of those that were there before. A label is `true` or `false` with a reason,
written by somebody who has read the code: is it traced code, is it the pattern, and is what the
finding says of the selected targets right? `score` prints the share of true ones overall and by
rule, what is not labelled yet, and the rates per thousand lines of traced code. Exit status 1 says
that less than 97 % are true, or less than 90 % of a rule with five samples or more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from packages import VERSIONS, Census, Found, check, locate

TRUTH = Path(__file__).parent / "truth"
SAMPLE, RATES = TRUTH / "sample.jsonl", TRUTH / "rates.json"
SEED = "2026-11"
OVERALL, BY_RULE, ENOUGH = 0.97, 0.90, 5


def order(found: Found) -> str:
    """The place of a finding in the random order."""
    return hashlib.sha256(f"{SEED} {found.key}".encode()).hexdigest()


def sample(sites: Sequence[Path], size: int) -> int:
    """Draw the sample, keeping labels."""
    folders = {package: locate(package, sites) for package in VERSIONS}
    censuses = [check(package, folder) for package, folder in folders.items()]
    everything = sorted((one for census in censuses for one in census.found), key=order)
    labels = {record["key"]: record for record in _records()}
    with SAMPLE.open("w", encoding="utf-8") as file:
        for found in everything[:size]:
            old = labels.get(found.key, {})
            record = {
                "key": found.key,
                **asdict(found),
                "source": excerpt(folders[found.package] / found.path, found.line),
                "label": old.get("label"),
                "reason": old.get("reason", ""),
            }
            file.write(json.dumps(record) + "\n")
    RATES.write_text(json.dumps([rates(census) for census in censuses], indent=1) + "\n")
    return score()


def excerpt(path: Path, line: int) -> str:
    """The line and its neighbours."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[max(line - 4, 0) : line + 3])


def rates(census: Census) -> dict[str, Any]:
    """How often each severity stands in a thousand lines of traced code."""
    severities = Counter(found.severity for found in census.found)
    thousand = max(census.lines, 1) / 1000
    return {
        "package": f"{census.package} {VERSIONS[census.package]}",
        "traced functions": census.functions,
        "functions without error or warning": census.clean,
        "traced lines": census.lines,
        **{
            f"{name}s per 1000 lines": round(severities[name] / thousand, 2)
            for name in ("error", "warning")
        },
        "advice per 1000 lines": round(severities["advice"] / thousand, 2),
        "findings by rule": dict(Counter(found.rule for found in census.found).most_common()),
    }


def score() -> int:
    """How many of the sample are true."""
    records = _records()
    labelled = [record for record in records if record["label"] in ("true", "false")]
    rules: dict[str, list[bool]] = {}
    for record in labelled:
        rules.setdefault(record["rule"], []).append(record["label"] == "true")
    true = sum(sum(found) for found in rules.values())
    for line in json.loads(RATES.read_text()) if RATES.exists() else []:
        print(json.dumps({k: v for k, v in line.items() if k != "findings by rule"}))
    share = true / max(len(labelled), 1)
    print(f"{true} of {len(labelled)} labelled findings are true: {share:.3f} (required {OVERALL})")
    bad = share < OVERALL or len(labelled) < len(records)
    for rule, found in sorted(rules.items()):
        part = sum(found) / len(found)
        low = len(found) >= ENOUGH and part < BY_RULE
        bad |= low
        print(
            f"  {rule:<32}{sum(found):>4} of {len(found):<4}{part:.2f}{'  TOO LOW' if low else ''}"
        )
    for record in labelled:
        if record["label"] == "false":
            print(f"  false: {record['key']}: {record['reason']}")
    if len(labelled) < len(records):
        print(f"{len(records) - len(labelled)} findings of the sample have no label yet")
    return int(bad)


def _records() -> list[dict[str, Any]]:
    if not SAMPLE.exists():
        return []
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


def main(argv: Sequence[str] | None = None) -> int:
    """Sample or score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("command", choices=("sample", "score"))
    parser.add_argument("--site", type=Path, action="append", default=[], help="unpacked wheels")
    parser.add_argument("--size", type=int, default=300)
    options = parser.parse_args(argv)
    if options.command == "score":
        return score()
    return sample(options.site, options.size)


if __name__ == "__main__":
    sys.exit(main())
