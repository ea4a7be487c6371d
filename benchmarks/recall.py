"""Does trtlint find what people find? Lines of real code that were picked by reading.

    python benchmarks/recall.py [--site FOLDER]

`truth/picked.jsonl` holds lines of timm, torchvision and transformers on which somebody who read or
searched the sources, without trtlint, found a pattern that a target minds: the package, the file,
the line, what it is, and the rules of which any may report it. Printed: how many are reported under
all targets, by rule, and each that is not. Exit status 1 says that less than 95 % are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from packages import check, locate

PICKED = Path(__file__).parent / "truth" / "picked.jsonl"
REQUIRED = 0.95


def main(argv: Sequence[str] | None = None) -> int:
    """Check the packages and look for every picked line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--site", type=Path, action="append", default=[], help="unpacked wheels")
    options = parser.parse_args(argv)
    from trtlint.targets import target_names

    picked = [json.loads(line) for line in PICKED.read_text(encoding="utf-8").splitlines()]
    reported: dict[tuple[str, str, int], set[str]] = {}
    for package in sorted({one["package"] for one in picked}):
        folder = locate(package, options.site)
        files = {one["path"] for one in picked if one["package"] == package}
        for found in check(package, folder, target_names(), files).found:
            reported.setdefault((package, found.path, found.line), set()).add(found.rule)
    hits: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    missed = []
    for one in picked:
        wanted = set(one["rules"])
        found = reported.get((one["package"], one["path"], one["line"]), set())
        totals[one["rules"][0]] += 1
        if wanted & found:
            hits[one["rules"][0]] += 1
        else:
            place = f"{one['package']}/{one['path']}:{one['line']}"
            missed.append(
                f"  missed: {place} {one['what']} ({', '.join(sorted(found)) or 'silent'})"
            )
    share = sum(hits.values()) / max(len(picked), 1)
    print(f"{sum(hits.values())} of {len(picked)} picked lines are reported: {share:.3f}")
    for rule, total in sorted(totals.items()):
        print(f"  {rule:<32}{hits[rule]:>4} of {total}")
    print("\n".join(missed))
    return int(share < REQUIRED)


if __name__ == "__main__":
    sys.exit(main())
