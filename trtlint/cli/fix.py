"""``trtlint fix``: the rewrites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trtlint.cli.options import execute, limit_options, request_for, shared_options
from trtlint.errors import UsageError

if TYPE_CHECKING:
    from trtlint.report import Request
    from trtlint.runtime_check.prover import ModelJob

EPILOG = """\b
Examples:
  trtlint fix --diff                           show the changes, write nothing
  trtlint fix models/                          apply what is safe
  trtlint fix --rule slice-assign net.py       one rule, one file
  trtlint fix --unsafe net.py                  also what `trtlint rule NAME` calls unsafe
  trtlint fix --verify                         prove the models of pyproject.toml, write what holds
  trtlint fix --verify --model net.py:Net --input 1x3x224x224 net.py
  trtlint fix --verify --diff                  prove, and show what would be written

\b
Exit status: 0 nothing is left, 1 findings remain or the diff is not empty, 2 the run itself failed.
"""
_NO_MODEL = (
    "there is no model to verify the changes with",
    "name one, such as --model net.py:Net --input 1x3x224x224, or list models in [tool.trtlint] "
    "of pyproject.toml",
)


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
@click.option(
    "--verify",
    is_flag=True,
    help="Run and convert each changed model, old code against new, and write only what holds. "
    "The models are those of [tool.trtlint], or of --model. Runs their code.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="SPEC",
    help="With --verify, this model: path.py:Name or package.module:Name; repeatable.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]SHAPE[:DTYPE]",
    help="An input of --model, as `trtlint verify` takes it; repeat it for each argument of "
    "forward. Without any, the EXAMPLE of the model's file.",
)
@click.option(
    "--dim",
    metavar="NAME=MIN:USUAL:MAX",
    help="Convert --model with a dynamic axis 0, as `trtlint verify` does.",
)
@limit_options
@shared_options
def fix(diff: bool, unsafe: bool | None, verify: bool, **options: Any) -> int:
    """Rewrite those lines into equivalents that convert.

    PATHS are files and folders, by default the current one. Numbers, checkpoints, comments and
    formatting stay as they are; where a rewrite would not keep them, it declines and says why.
    """
    from trtlint.report import Action

    request = request_for(Action.DIFF if diff else Action.FIX, options, unsafe)
    if not verify:
        for name in ("models", "inputs", "dim"):
            if options[name]:
                raise click.UsageError(f"--{name.removesuffix('s')} needs --verify")
        return execute(request, options)
    from trtlint.cli.progress import progress
    from trtlint.runtime_check.options import Limits, VerifyOptions
    from trtlint.runtime_check.prover import ModelProver

    jobs = _jobs(request, options["models"], options["inputs"], options["dim"])
    limits = Limits(options["time_limit"], options["memory_limit"])
    with progress() as on_stage, ModelProver(jobs, VerifyOptions(), limits, on_stage) as prover:
        return execute(request, options, prover)


def _jobs(
    request: Request, models: tuple[str, ...], inputs: tuple[str, ...], dim: str | None
) -> list[ModelJob]:
    """The models of the command line, with what the settings say of them, or all of the settings'.

    Raises:
        UsageError: there are none, or it is not clear what the inputs are of.
    """
    from trtlint.runtime_check.prover import ModelJob
    from trtlint.session import settings_of

    config = settings_of(request)
    root = config.path.parent if config.path is not None else None
    listed = [
        ModelJob(entry.spec, entry.inputs, entry.dims[0] if entry.dims else None, root)
        for entry in config.models
    ]
    if not models:
        if inputs or dim:
            raise UsageError("--input and --dim need a --model", "such as --model net.py:Net")
        if not listed:
            raise UsageError(*_NO_MODEL)
        return listed
    known = {job.model: job for job in listed}
    if inputs or dim:
        return [ModelJob(model, inputs, dim) for model in models]
    return [known.get(model, ModelJob(model)) for model in models]
