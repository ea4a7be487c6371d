"""`trtlint fix --verify` from end to end: what holds is written, a wrong rewrite is rolled back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NET = """import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        x = F.gelu(x / 2, approximate="tanh")  # fast
        h = torch.zeros(2, 4)
        h[:, 0:1] = x[:, 0:1]
        h[:, 1:4] = x[:, 1:4]
        return h


EXAMPLE = (torch.rand(2, 4),)
"""
PLUGIN = '''
from trtlint.api import Change, OperatorRule, Rewrite, Safety, Swap, cited


class TanhGelu(OperatorRule):
    """Flag the tanh approximation."""

    name = "tanh-gelu"
    family = "operator"
    message = "`{operator}` with the tanh approximation"
    hint = "use the exact one"
    operators = frozenset({"gelu"})
    verdicts = {"default": {"tensorrt": cited("costly", "none")}}

    def variant(self, use, code):
        wanted = use.option("approximate", 1, layer_at=0)
        return "default" if getattr(wanted, "value", None) == "tanh" else None


class ToExact(Rewrite):
    """Use the exact one, and say wrongly that it is the same."""

    rule = TanhGelu
    title = "use the exact one"
    safety = Safety.SAFE
    routes = frozenset({"onnx", "torch-tensorrt", "torch2trt"})

    def rewrite(self, found, code):
        text = code.source(found.node).replace(', approximate="tanh"', "")
        return Change((Swap(code.code, found.node, text),))
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project, beside a package with a rewrite that is wrong."""
    info = tmp_path / "site" / "wrong_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[trtlint.rules]\nwrong = wrong_rules\n")
    (tmp_path / "site" / "wrong_rules.py").write_text(PLUGIN)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "net.py").write_text(NET)
    (folder / "pyproject.toml").write_text(
        '[tool.trtlint]\nrules = ["slice-assign", "tanh-gelu"]\nmodels = [{spec = "net.py:Net"}]\n'
    )
    return folder


def fix(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(project.parent / "site"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "trtlint", "fix", *args],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def test_a_wrong_rewrite_is_rolled_back_and_the_others_stay(project: Path) -> None:
    run = fix(project, "--verify")
    text = (project / "net.py").read_text()
    assert (run.returncode, run.stderr) == (1, "")
    assert 'F.gelu(x / 2, approximate="tanh")  # fast' in text
    assert "torch.cat(" in text
    assert re.search(
        r"net.py:Net: rolled back tanh-gelu in net.py: on 2x4, output 'output' differs in \d of 8 "
        r"elements, most at \[\d, \d\]: was 0\.\d+, is 0\.\d+\n"
        r"net.py:Net: what is left is equal at \d shapes, \d+ -> \d+ layers, SCATTER 2 -> 0",
        run.stdout,
    )
    assert "no fix: rolled back, for net.py:Net does not bear it: on 2x4, output" in run.stdout
    # the rest is as it would be without that rule
    again = fix(project, "--ignore", "tanh-gelu", "--diff")
    assert (again.returncode, again.stdout) == (0, "")


def test_without_verify_it_is_written(project: Path) -> None:
    assert fix(project).returncode == 0
    assert "tanh" not in (project / "net.py").read_text()


def test_a_diff_and_json_write_nothing(project: Path) -> None:
    run = fix(project, "--verify", "--diff", "--output-format", "json", "--ignore", "tanh-gelu")
    (proof,) = json.loads(run.stdout)["proofs"]
    assert (project / "net.py").read_text() == NET
    assert (proof["status"], proof["files"]) == ("equal", ["net.py"])
    assert proof["old"]["costly"]["SCATTER"] == 2
    assert proof["new"]["levels"]["build"] == "passed"
    assert run.returncode == 1


def test_a_model_that_fails_as_it_is(project: Path) -> None:
    (project / "net.py").write_text(NET.replace("return h", "return h.nonsense()"))
    before = (project / "net.py").read_bytes()
    run = fix(project, "--verify")
    assert run.returncode == 2
    assert "has no attribute 'nonsense' (at net.py:12: return h.nonsense())" in run.stderr
    assert "Traceback" not in run.stderr
    assert (project / "net.py").read_bytes() == before
