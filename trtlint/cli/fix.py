"""``trtlint fix``: the rewrites."""

from __future__ import annotations

from typing import Any

import click

from trtlint.cli.options import execute, shared_options

EPILOG = """\b
Examples:
  trtlint fix --diff                           show the changes, write nothing
  trtlint fix models/                          apply what is safe
  trtlint fix --rule slice-assign net.py       one rule, one file
  trtlint fix --unsafe net.py                  also what `trtlint rule NAME` calls unsafe

\b
Exit status: 0 nothing is left, 1 findings remain or the diff is not empty, 2 the run itself failed.
"""


@click.command(epilog=EPILOG)
@click.option(
    "--diff",
    is_flag=True,
    help="Print the changes as a diff, or the edits as JSON, and write nothing.",
)
@click.option(
    "--unsafe/--no-unsafe",
    default=None,
    help="Also apply rewrites that are equivalent only under a condition.",
)
@shared_options
def fix(diff: bool, unsafe: bool | None, **options: Any) -> int:
    """Rewrite those lines into equivalents that convert.

    PATHS are files and folders, by default the current one. Numbers, checkpoints, comments and
    formatting stay as they are; where a rewrite would not keep them, it declines and says why.
    """
    from trtlint.report import Action

    return execute(Action.DIFF if diff else Action.FIX, options, unsafe)
