"""Probes from the handwritten tables: ``lines.py TABLE... > probes.jsonl``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from source import probe_row


def main() -> None:
    """Write one JSON row for each line that is no comment."""
    for path in map(Path, sys.argv[1:]):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line and not line.startswith("#"):
                row = probe_row(line, name=f"{path.stem.removeprefix('lines_')}:{number}")
                sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
