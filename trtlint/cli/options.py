"""The options that `check` and `fix` share, and the run that they ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from trtlint.proofs import Prover
    from trtlint.report import Action, Report, Request

F = TypeVar("F", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)
COLORS = click.Choice(["auto", "always", "never"])

color_option = click.option(
    "--color", type=COLORS, default="auto", help="Colours; auto: on a terminal without NO_COLOR."
)

cache_dir_option = click.option(
    "--cache-dir",
    type=PATH,
    metavar="DIR",
    help="Where results are kept.  [default: .trtlint_cache beside the pyproject.toml]",
)

_SHARED = (
    click.argument("paths", nargs=-1, type=PATH),
    click.option(
        "--target",
        "targets",
        multiple=True,
        metavar="NAME",
        help="What the models are converted with; repeat it or separate by commas. "
        "`trtlint targets` lists the names.",
    ),
    click.option(
        "--rule",
        "rules",
        multiple=True,
        metavar="NAME",
        help="Run only these rules or families; repeat it or separate by commas.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="NAME",
        help="Leave out these rules or families, besides those that the settings ignore.",
    ),
    click.option(
        "--dynamic-batch/--no-dynamic-batch",
        default=None,
        help="The batch size varies at run time.",
    ),
    click.option(
        "--output-format",
        type=click.Choice(["text", "concise", "json"]),
        default="text",
        help="With source lines, a line for each finding, or for machines.  [default: text]",
    ),
    click.option(
        "--output-file", type=PATH, metavar="FILE", help="Write the report there, not to stdout."
    ),
    click.option(
        "--config",
        type=PATH,
        metavar="FILE",
        help="Settings from [tool.trtlint] of this TOML file instead of the nearest "
        "pyproject.toml.",
    ),
    click.option("--isolated", is_flag=True, help="Pass over all settings files."),
    click.option(
        "--force-exclude", is_flag=True, help="Exclusions hold for files named here as well."
    ),
    click.option("--exit-zero", is_flag=True, help="Exit with 0 although findings remain."),
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="How many processes may work.  [default: one for each core]",
    ),
    click.option("--no-cache", is_flag=True, help="Neither use nor keep results on disk."),
    cache_dir_option,
    click.option("-q", "--quiet", is_flag=True, help="Findings and errors only."),
    click.option("-v", "--verbose", is_flag=True, help="Show where trtlint itself went wrong."),
    color_option,
)


def shared_options(command: F) -> F:
    """Add the options that `check` and `fix` have in common."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


_LIMITS = (
    click.option(
        "--time-limit",
        type=click.FloatRange(min=0, min_open=True),
        default=300.0,
        show_default=True,
        metavar="SECONDS",
        help="For one run of a model: loading, exporting, comparing and building.",
    ),
    click.option(
        "--memory-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="GIB",
        help="Address space of the run; none by default.",
    ),
)


def limit_options(command: F) -> F:
    """Add what the process that runs a model may use."""
    for option in reversed(_LIMITS):
        command = option(command)
    return command


def split_names(values: Sequence[str]) -> tuple[str, ...]:
    """Names from repeated and comma-separated values."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def request_for(action: Action, options: dict[str, Any], unsafe: bool | None = None) -> Request:
    """What the options ask for."""
    from trtlint.report import Request

    if options["config"] is not None and options["isolated"]:
        raise click.UsageError("--config and --isolated exclude one another")
    return Request(
        paths=options["paths"] or (Path("."),),
        action=action,
        targets=split_names(options["targets"]) or None,
        rules=split_names(options["rules"]) or None,
        ignore=split_names(options["ignore"]),
        dynamic_batch=options["dynamic_batch"],
        unsafe=unsafe,
        with_edits=options["output_format"] == "json",
        config=options["config"],
        isolated=options["isolated"],
        force_exclude=options["force_exclude"],
        cache=not options["no_cache"],
        cache_dir=options["cache_dir"],
        jobs=options["jobs"] or _cores(),
    )


def execute(request: Request, options: dict[str, Any], prover: Prover | None = None) -> int:
    """Run what is asked for, print what came of it, and return the exit status."""
    from trtlint.errors import Interrupted
    from trtlint.report import Action
    from trtlint.session import run
    from trtlint.writing import Progress

    report = run(request, prover)
    try:
        _print_problems(report, options)
        _print_report(report, options)
    except KeyboardInterrupt:
        if request.action is not Action.FIX:
            raise
        written = len(report.changed)
        raise Interrupted(str(Progress(written, written))) from None
    status = report.exit_code
    return 0 if status == 1 and options["exit_zero"] else status


def _cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _print_report(report: Report, options: dict[str, Any]) -> None:
    from trtlint.cli.output import echo, style_for, write
    from trtlint.report import Action
    from trtlint.reporters import text

    file: Path | None = options["output_file"]
    style = style_for("never" if file and options["color"] == "auto" else options["color"])
    if options["output_format"] == "json":
        from trtlint.reporters import json

        write(json.render(report), file, style)
    elif report.run_errors and not report.files:
        return  # nothing was checked, so there is nothing to sum up
    elif report.action is Action.DIFF:
        from trtlint.reporters import diff
        from trtlint.reporters.proof_text import proof_lines

        write(diff.render(report, style), file, style)
        if not options["quiet"]:
            plain = style_for(options["color"], sys.stderr)
            rest = text.findings_and_reasons(report, plain)
            rest += "".join(f"{line}\n" for line in proof_lines(report, plain))
            rest += text.summary(report, plain)
            echo(rest + "\n", plain, err=True)
    else:
        concise = options["output_format"] == "concise"
        write(text.render(report, style, concise=concise, quiet=options["quiet"]), file, style)


def _print_problems(report: Report, options: dict[str, Any]) -> None:
    from trtlint.cli.output import echo, style_for
    from trtlint.reporters.style import printable, shown
    from trtlint.reporters.text import render_error

    style = style_for(options["color"], sys.stderr)
    parts = []
    if not options["quiet"]:
        label = style("warning", "warning")
        parts += [f"{label}: {printable(text)}\n" for text in report.warnings]
        parts += [f"{label}: {shown(path)}: {printable(note)}\n" for path, note in report.notes]
    parts += [render_error(error, style, verbose=options["verbose"]) for error in report.errors]
    echo("".join(parts), style, err=True)
