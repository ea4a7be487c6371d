"""A verification as text for people: levels, outputs, failures with their source, prices."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

if TYPE_CHECKING:
    from trtlint.runtime_check.result import Failure, LevelResult, LineCost, VerifyResult

_STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim"}
_MOST_LINES = 12


def render(result: VerifyResult, console: Console) -> None:
    """Print the result; the console decides on width and colour."""
    console.print(Text.assemble((result.model, "bold"), " ", _subject(result)), soft_wrap=True)
    console.print(_levels(result))
    if any(level.cases for level in result.levels.values()):
        console.print(_outputs(result))
    if result.failures:
        console.print(_failures(result.failures))
    costly = [cost for cost in result.lines if cost.costly]
    if costly:
        console.print(_prices(costly))
    for note in result.notes:
        console.print(Padding(Text(f"note: {note}", style="yellow"), (0, 0, 0, 2)))
    console.print(_verdict(result))


def _subject(result: VerifyResult) -> str:
    inputs = ", ".join(
        f"{entry.name} {_shape(entry.shape)} {entry.dtype}" for entry in result.inputs
    )
    backend = result.backend
    where = f", {backend.name} {backend.version}" if backend else ""
    if backend and backend.compute_capability:
        where += f" for compute capability {backend.compute_capability}"
    return f"({inputs}; {result.exporter}{where})"


def _levels(result: VerifyResult) -> Table:
    table = Table(box=None, padding=(0, 2), show_edge=False, header_style="bold")
    table.add_column("level")
    table.add_column("status")
    table.add_column("seconds", justify="right")
    table.add_column("what", overflow="fold")
    for name, level in result.levels.items():
        seconds = "" if level.status == "skipped" else f"{level.seconds:.2f}"
        status = Text(level.status, style=_STYLES[level.status])
        table.add_row(name, status, seconds, Text(_what(level)))
    return table


def _what(level: LevelResult) -> str:
    if level.status == "failed":
        return "see below"
    if level.reason:
        return level.reason
    if level.build is not None:
        text = f"{level.build.layers} layers"
        if level.build.engine_bytes is not None:
            text += f", engine of {level.build.engine_bytes / 1e6:.2f} MB"
        return text
    if level.cases:
        outputs = [output for case in level.cases for output in case.outputs]
        exact = sum(output.equal for output in outputs)
        cases = f"{len(level.cases)} sets of inputs"
        return f"{len(outputs)} comparisons over {cases}, {exact} bit-equal"
    return ""


def _outputs(result: VerifyResult) -> Table:
    table = Table(box=None, padding=(0, 2), show_edge=False, header_style="bold")
    for name in ("output", "inputs"):
        table.add_column(name, overflow="fold")
    for name in ("max abs", "max rel", "worst at"):
        table.add_column(name, justify="right")
    table.add_column("")
    for level in result.levels.values():
        for case in level.cases:
            shapes = ", ".join(_shape(shape) for shape in case.shapes.values())
            if case.values == "other":
                shapes += ", other values"
            for output in case.outputs:
                verdict = "equal" if output.equal else "close" if output.passed else "differs"
                table.add_row(
                    Text(output.name),
                    shapes,
                    _number(output.max_abs),
                    _number(output.max_rel),
                    "" if output.equal else str(list(output.index)),
                    Text(verdict, style="green" if output.passed else "bold red"),
                )
    return table


def _failures(failures: Iterable[Failure]) -> Tree:
    tree = Tree(Text("failures", style="bold red"), guide_style="dim")
    for failure in failures:
        branch = tree.add(Text.assemble((f"{failure.stage}: ", "bold"), failure.message))
        if failure.at is not None:
            place = Text.assemble((str(failure.at), "cyan"), "  ", failure.at.source)
            branch.add(place)
        if failure.rule is not None:
            branch.add(Text(f"rule {failure.rule} says so before the run: trtlint check"))
    return tree


def _prices(costly: list[LineCost]) -> Table:
    ordered = sorted(costly, key=lambda cost: (-sum(cost.costly.values()), -cost.layers))
    table = Table(box=None, padding=(0, 2), show_edge=False, header_style="bold")
    table.add_column("costly layers", overflow="fold")
    table.add_column("of", justify="right")
    table.add_column("line", overflow="fold")
    table.add_column("source", overflow="fold")
    for cost in ordered[:_MOST_LINES]:
        kinds = ", ".join(f"{count} {kind}" for kind, count in cost.costly.items())
        table.add_row(
            Text(kinds, style="yellow"),
            str(cost.layers),
            Text(str(cost.at), style="cyan"),
            Text(cost.at.source),
        )
    if len(ordered) > _MOST_LINES:
        table.add_row("", "", Text(f"and {len(ordered) - _MOST_LINES} more lines"), "")
    return table


def _verdict(result: VerifyResult) -> Text:
    if result.passed:
        return Text("passed", style="bold green")
    if result.conclusive:
        return Text("failed", style="bold red")
    return Text("no verdict: no numbers were compared", style="bold red")


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"
