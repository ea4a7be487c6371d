"""The hooks, run by the real pre-commit in a scratch repository.

pre-commit clones trtlint and installs it with its base dependencies into an environment of its
own, so this needs git and whatever package index pip is set up with.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, copy_checkout

pytestmark = pytest.mark.xdist_group("pre_commit")  # one worker sets up for all of these

BAD = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x)
        return y.view(y.size(0), -1)  # all but the batch
"""
GOOD = BAD.replace("y.view(y.size(0), -1)", "y.flatten(1)")
CONFIG = """\
repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: trtlint-check
      - id: trtlint-fix
"""


class Scratch:
    """A git repository that uses the hooks, and an environment that touches nothing else."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, env
        folder.mkdir(exist_ok=True)
        self.git("init", "-q", ".")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit_all(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "state")
        return self.git("rev-parse", "HEAD")

    def hook(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run one hook on all files."""
        self.git("add", "-A")
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", name, "--all-files", "--color", "never"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    folder = tmp_path_factory.mktemp("pre_commit")
    (folder / "gitconfig").write_text("[user]\nname = Test\nemail = test@example.invalid\n")
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(folder / "home"),
        "VIRTUALENV_OVERRIDE_APP_DATA": str(folder / "virtualenv"),
        "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
    }
    # pre-commit installs what is committed; here that is the working tree, links kept.
    copy_checkout(folder / "hooks")
    hooks = Scratch(folder / "hooks", env)
    rev = hooks.commit_all()

    scratch = Scratch(folder / "project", env)
    config = CONFIG.format(repo=hooks.folder.as_posix(), rev=rev)
    (scratch.folder / ".pre-commit-config.yaml").write_text(config)
    (scratch.folder / "notes.txt").write_text(BAD)
    return scratch


def test_check_fails_on_a_bad_model_and_passes_on_a_good_one(scratch: Scratch) -> None:
    net = scratch.folder / "net.py"
    net.write_text(BAD)
    run = scratch.hook("trtlint-check")
    output = run.stdout + run.stderr
    assert run.returncode == 1, output
    assert "baked-batch" in output
    assert "net.py:11" in output
    assert "notes.txt" not in output
    assert net.read_text() == BAD

    net.write_text(GOOD)
    run = scratch.hook("trtlint-check")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Passed" in run.stdout


def test_fix_rewrites_and_then_passes(scratch: Scratch) -> None:
    net = scratch.folder / "net.py"
    net.write_text(BAD)
    run = scratch.hook("trtlint-fix")
    assert run.returncode == 1, run.stdout + run.stderr  # pre-commit fails when files change
    assert "files were modified by this hook" in run.stdout
    assert net.read_text() == GOOD
    assert (scratch.folder / "notes.txt").read_text() == BAD
    assert scratch.hook("trtlint-fix").returncode == 0


def test_files_that_the_settings_exclude_are_left_alone(scratch: Scratch) -> None:
    net, settings = scratch.folder / "net.py", scratch.folder / "pyproject.toml"
    net.write_text(BAD)
    settings.write_text('[tool.trtlint]\nexclude = ["net.py"]\n')
    try:
        for name in ("trtlint-check", "trtlint-fix"):
            run = scratch.hook(name)
            assert run.returncode == 0, run.stdout + run.stderr
        assert net.read_text() == BAD
    finally:
        settings.unlink()


def test_environment_of_the_hooks_holds_no_torch(scratch: Scratch) -> None:
    scratch.hook("trtlint-check")
    found = list((scratch.folder.parent / "home").glob("*/py_env-*/lib*/**/site-packages"))
    assert found
    for site in found:
        names = {path.name for path in site.iterdir()}
        assert "trtlint" in names
        assert not names & {"torch", "onnx", "numpy", "tensorrt_rtx"}
