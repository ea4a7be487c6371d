"""Runs of `trtlint fix` in processes of their own, to be disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from checkout import ROOT

FILES = 16
MODEL = '''import torch
from torch import nn


class Net{i}(nn.Module):
    """Net number {i}."""

    def forward(self, x):
        h = torch.zeros(2, 3)
        h[:, 0:1] = x[:, 0:1].float()  # the first column
        h[:, 1:3] = x[:, 1:3].float()
        return h


'''
# Writing takes its time, so that a signal falls into it; what is slow is only the disk.
SLOW_DISK = """
import os, sys, time
real = os.fsync
os.fsync = lambda descriptor: (time.sleep({pause}), real(descriptor))
from trtlint.__main__ import main
main()
"""
DIRECT = "from trtlint.__main__ import main; main()"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))}


def start(
    folder: Path, *args: str, code: str = DIRECT, before: Sequence[str] = (), **more: Any
) -> subprocess.Popen[str]:
    """`trtlint fix` on the folder, in a process group of its own as a terminal starts it."""
    command = [*before, sys.executable, "-c", code, "fix", "--no-cache", "--rule", "slice-assign"]
    # A shell has what it starts in the background ignore Ctrl-C, and so do its children.
    ignored = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return subprocess.Popen(
            [*command, *args, "."],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **more,
        )
    finally:
        signal.signal(signal.SIGINT, ignored)


def ended(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit status and what it printed."""
    out, err = run.communicate()
    return run.returncode, out, err


def left_over(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if not name.endswith((".py", ".toml"))]


def when_writing(project: Path, originals: Path) -> None:
    """Wait until the first file has changed."""
    first = min(os.listdir(originals))
    old = (originals / first).read_bytes()
    deadline = time.monotonic() + 120
    while (project / first).read_bytes() == old and time.monotonic() < deadline:
        time.sleep(0.002)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    pairs = [map(int, line.split()) for line in listed.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
