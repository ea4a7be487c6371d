"""Rules of other packages: found by entry point, and nothing hidden where one is broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODEL = """import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def forward(self, x):
        return F.gelu(x, approximate="tanh") + F.gelu(x)
"""


def installed(folder: Path, entry: str) -> Path:
    """A folder for sys.path in which a package registers ``entry``."""
    info = folder / "acme_trtlint-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-trtlint\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[trtlint.rules]\nacme = {entry}\n")
    return folder


def run(site: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command line with that package installed."""
    path = os.pathsep.join([str(site), str(ROOT / "examples" / "plugin"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "trtlint", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "net.py").write_text(MODEL)
    return folder


def test_the_example_adds_a_rule(tmp_path: Path, project: Path) -> None:
    site = installed(tmp_path / "site", "acme_trtlint")
    found = run(site, "check", "--output-format", "concise", "--rule", "tanh-gelu", cwd=project)
    assert found.returncode == 1, found.stderr
    assert found.stdout.splitlines()[0] == (
        "net.py:7:16: warning[tanh-gelu] `F.gelu` with the tanh approximation is not fused by our "
        "plugin"
    )
    assert "our benchmark of 2026-03" in run(site, "rule", "tanh-gelu", cwd=project).stdout


def test_without_it_the_rule_is_unknown(tmp_path: Path, project: Path) -> None:
    found = run(tmp_path, "check", "--rule", "tanh-gelu", cwd=project)
    assert found.returncode == 2
    assert "unknown rule" in found.stderr


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("acme_nowhere", "the plugin 'acme' (acme_nowhere) cannot be loaded: ModuleNotFoundError"),
        ("acme_trtlint:TanhGelu", "the plugin 'acme' (acme_trtlint:TanhGelu) is no module"),
        ("trtlint.rules.slice_assign", "adds a rule 'slice-assign', which exists already"),
    ],
)
def test_a_broken_plugin_is_named(tmp_path: Path, project: Path, entry: str, message: str) -> None:
    found = run(installed(tmp_path / "site", entry), "check", cwd=project)
    assert found.returncode == 2
    assert message in found.stderr
    assert "Traceback" not in found.stderr
