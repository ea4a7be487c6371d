"""``trtlint verify``: convert one model and compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trtlint.cli.options import limit_options
from trtlint.cli.progress import progress
from trtlint.errors import TrtlintError, UsageError
from trtlint.findings import Severity

if TYPE_CHECKING:
    from trtlint.runtime_check.options import Limits, VerifyOptions
    from trtlint.runtime_check.result import VerifyResult


@click.command("verify", short_help="Convert a model and compare the numbers.")
@click.argument("model", required=False)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]SHAPE[:DTYPE]",
    help="An input, such as 1x3x224x224, 2x5:int64 or mask=1x8:bool; repeat it for each "
    "argument of forward. Without any, the EXAMPLE of the model's file.",
)
@click.option(
    "--exporter",
    type=click.Choice(["dynamo", "torchscript"]),
    default="dynamo",
    show_default=True,
    help="Which of torch.onnx's exporters.",
)
@click.option(
    "--dim",
    metavar="NAME=MIN:USUAL:MAX",
    help="Make axis 0 of every input dynamic and compare at these sizes, such as batch=1:4:8.",
)
@click.option(
    "--backend",
    type=click.Choice(["auto", "tensorrt-rtx", "tensorrt"]),
    default="auto",
    show_default=True,
    help="Which TensorRT builds.",
)
@click.option(
    "--compute-capability",
    default="8.9",
    show_default=True,
    help="Of the GPU to build for; TensorRT-RTX needs none in the machine.",
)
@click.option("--atol", type=float, help="Absolute tolerance; 1e-4 for float32.")
@click.option("--rtol", type=float, help="Relative tolerance; 1e-3 for float32.")
@click.option("--seed", type=int, default=0, show_default=True, help="For inputs and forward.")
@limit_options
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--save-engine",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the built engine in this file.",
)
@click.pass_context
def verify(
    context: click.Context,
    model: str | None,
    inputs: tuple[str, ...],
    exporter: str,
    dim: str | None,
    backend: str,
    compute_capability: str,
    atol: float | None,
    rtol: float | None,
    seed: int,
    time_limit: float,
    memory_limit: float | None,
    output_format: str,
    save_engine: Path | None,
) -> None:
    """Convert MODEL with the real TensorRT and compare its numbers with PyTorch's.

    MODEL is path.py:Name or package.module:Name; Name is a torch.nn.Module class without
    constructor arguments, a module, or a function without arguments that returns one. Without
    MODEL, the models that [tool.trtlint] in pyproject.toml lists.

    Runs the model's code, in a process of its own. Exit status: 0 the model converts and keeps
    its numbers, 1 it does not, 2 it could not be tried.
    """
    from trtlint.runtime_check.api import Limits, VerifyOptions

    try:
        options = VerifyOptions(
            exporter=exporter,
            backend=backend,
            compute_capability=compute_capability,
            atol=atol,
            rtol=rtol,
            seed=seed,
            save_engine=save_engine.resolve() if save_engine is not None else None,
        )
        limits = Limits(time_limit, memory_limit)
        jobs = _jobs(model, inputs, dim)
        with progress() as on_stage:
            verified = [_run(job, options, limits, on_stage) for job in jobs]
        results = [
            _with_rules(result, job.root) for result, job in zip(verified, jobs, strict=True)
        ]
    except TrtlintError as error:
        if output_format == "json":
            from trtlint.reporters import verify_json

            click.echo(verify_json.render_error(model or "", error))
        raise
    _print(results, output_format, as_list=model is None)
    context.exit(max(result.exit_code for result in results))


@dataclass(frozen=True)
class _Job:
    model: str
    inputs: tuple[str, ...]
    dim: str | None
    root: Path | None = None


def _jobs(model: str | None, inputs: tuple[str, ...], dim: str | None) -> list[_Job]:
    """The model of the command line, or those of the configuration."""
    if model is not None:
        return [_Job(model, inputs, dim)]
    if inputs or dim:
        raise UsageError("--input and --dim need a MODEL", "such as net.py:Net")
    from trtlint.config import load_config

    config = load_config(Path.cwd())
    if not config.models or config.path is None:
        raise UsageError(
            "there is no MODEL",
            "name one, such as net.py:Net, or list models in [tool.trtlint] of pyproject.toml",
        )
    root = config.path.parent
    return [_Job(m.spec, m.inputs, m.dims[0] if m.dims else None, root) for m in config.models]


def _run(
    job: _Job, options: VerifyOptions, limits: Limits, on_stage: Callable[[str], None]
) -> VerifyResult:
    from trtlint.runtime_check.api import verify_spec
    from trtlint.runtime_check.options import DimSpec

    if job.dim is not None:
        options = replace(options, dim=DimSpec.parse(job.dim))
    return verify_spec(
        job.model, job.inputs, options=options, limits=limits, root=job.root, on_stage=on_stage
    )


def _with_rules(result: VerifyResult, root: Path | None) -> VerifyResult:
    """The same result, its failures with the rule that finds fault with their line."""
    base = root or Path.cwd()
    paths = {base / failure.at.path for failure in result.failures if failure.at is not None}
    if not paths:
        return result
    from trtlint.session import Request, run

    report = run(Request(paths=tuple(sorted(paths))))
    ranks = list(Severity)
    findings = sorted(report.findings, key=lambda finding: ranks.index(finding.severity))

    def rule_for(path: str, line: int) -> str | None:
        file = (base / path).resolve()
        for finding in findings:
            inside = finding.span.line <= line <= finding.span.end_line
            if inside and finding.path.resolve() == file:
                return finding.rule
        return None

    return result.with_rules(rule_for)


def _print(results: Sequence[VerifyResult], output_format: str, *, as_list: bool) -> None:
    if output_format == "json":
        from trtlint.reporters import verify_json

        render_all = verify_json.render_all(results)
        click.echo(render_all if as_list else verify_json.render(results[0]))
        return
    from rich.console import Console

    from trtlint.reporters import verify_text

    console = Console()
    for result in results:
        verify_text.render(result, console)
