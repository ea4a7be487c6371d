"""``trtlint check``: the static rules."""

from __future__ import annotations

from typing import Any

import click

from trtlint.cli.options import execute, request_for, shared_options

EPILOG = """\b
Examples:
  trtlint check                                check the current folder
  trtlint check models/ --target torch2trt-0.5 for another conversion route
  trtlint check --rule slice-assign net.py     one rule, one file
  trtlint check --output-format json           for machines

\b
Silence one line with a comment at its end:
  h[:, 0] = y  # trtlint: ignore[slice-assign] why

\b
Exit status: 0 nothing found, 1 findings remain, 2 the run itself failed.
"""


@click.command(epilog=EPILOG)
@shared_options
def check(**options: Any) -> int:
    """Say which lines TensorRT will mind, from the source alone.

    PATHS are files and folders, by default the current one. They are read, never imported.
    """
    from trtlint.report import Action

    return execute(request_for(Action.CHECK, options), options)
