"""A small project in which files depend on one another in every way there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes import write

from trtlint.inspection import Inspection
from trtlint.report import Report
from trtlint.session import Request, run

NET = """import torch
from torch import nn
{imports}

class {name}({base}):
    def forward(self, x):
        y = {value}
        y[:, :2] = 0
        return y.view({size}, -1)
"""


def net(name: str, imports: str, base: str, value: str = "x.clone()", size: str = "8") -> str:
    return NET.format(name=name, imports=imports, base=base, value=value, size=size)


FILES = {
    "pyproject.toml": "",
    "pkg/__init__.py": "from .base import Base\n",
    "pkg/base.py": "from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n",
    "pkg/sizes.py": "def batch(x):\n    return x.shape[0]\n\n\nWIDTH = 4\n",
    "pkg/helpers.py": (
        "import torch\n\n\ndef filled(x):\n    y = torch.zeros(3, 4)\n    y[:, 0] = 1\n"
        "    return y\n\n\ndef listed(x):\n    return [x]\n"
    ),
    "inherits.py": net("Inherits", "from pkg import Base", "Base"),
    "calls.py": net("Calls", "from pkg.sizes import batch", "nn.Module", size="batch(x)"),
    "reaches.py": net("Reaches", "from pkg import helpers", "nn.Module", "helpers.filled(x)"),
    "absent.py": net("Absent", "from later import Later", "Later"),
    "alone.py": net("Alone", "", "nn.Module"),
    "broken.py": "def broken(:\n",
    "silenced.py": net("Silenced", "", "nn.Module").replace(
        "= 0", "= 0  # trtlint: ignore[slice-assign] a constant"
    ),
}


def check(*paths: str, **more: Any) -> Report:
    given = tuple(map(Path, paths)) or (Path("."),)
    return run(Request(**{"paths": given, "cache": True, **more}))


def said(report: Report) -> list[object]:
    """Everything that a shell prints of a report, as plain data."""
    errors = [(type(e), str(e), getattr(e, "path", None)) for e in report.errors]
    files = [
        (file.path, file.findings, file.traced_functions, file.notes, file.new_text)
        for file in report.files
    ]
    return [files, errors, report.warnings, report.exit_code, report.rules, report.targets]


def cold(*paths: str, **more: Any) -> list[object]:
    return said(check(*paths, **{**more, "cache": False}))


def edit(name: str, old: str, new: str) -> None:
    text = Path(name).read_text()
    assert old in text
    Path(name).write_text(text.replace(old, new))


class Looks:
    """Which files were analysed, since the last question."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._seen: list[str] = []
        original = Inspection.report

        def report(inspection: Inspection, path: Path) -> Any:
            self._seen.append(path.as_posix())
            return original(inspection, path)

        monkeypatch.setattr(Inspection, "report", report)

    def taken(self) -> set[str]:
        seen, self._seen = set(self._seen), []
        return seen


def project(folder: Path) -> Path:
    return write(folder, FILES)
