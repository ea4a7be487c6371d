"""Join probes with their results: ``combine.py OUT RESULTS... -- PROBES...``."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

_DROPPED = {"seconds", "name", "operator", "invalid"}


def main() -> None:
    """Write one row a measured probe, in the order of the probes."""
    out, *rest = sys.argv[1:]
    split = rest.index("--")
    outcomes: dict[str, dict[str, Any]] = {}
    for path in rest[:split]:
        for line in Path(path).read_text().splitlines():
            row = json.loads(line)
            found = outcomes.setdefault(row["name"], {})
            found.update({k: v for k, v in row.items() if k not in _DROPPED})
    lines = []
    for path in rest[split + 1 :]:
        for line in Path(path).read_text().splitlines():
            probe = json.loads(line)
            measured = outcomes.get(probe["name"])
            if measured:
                kept = {key: probe[key] for key in ("name", "operator", "source", "inputs")}
                lines.append(json.dumps({**kept, **measured}) + "\n")
    text = "".join(lines).encode()
    if out.endswith(".gz"):
        text = gzip.compress(text, mtime=0)
    Path(out).write_bytes(text)


if __name__ == "__main__":
    main()
