"""The report for people: each finding with its line of source, what minds it and what to do."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Iterator, Mapping

from trtlint.errors import SourceError, TrtlintError
from trtlint.findings import Finding, Safety, Severity, VerdictKind
from trtlint.report import Action, Report
from trtlint.reporters.proof_text import proof_lines
from trtlint.reporters.style import PLAIN, Style, clip, printable, shown
from trtlint.targets import compact

COLUMNS = 120  # longer source lines are cut around the flagged part


def render(
    report: Report, style: Style = PLAIN, *, concise: bool = False, quiet: bool = False
) -> str:
    """What was repaired, what remains, and a summary.

    Args:
        report: what to show.
        style: colours or none.
        concise: one line for each finding, without its source.
        quiet: no summary.
    """
    lines = functools.cache(report.lines_of)
    blocks = [_repaired(finding, style) for finding in report.fixed]
    if blocks and report.remaining and not concise:
        blocks.append("")
    for finding in report.remaining:
        blocks.append(_head(finding, style))
        if not concise:
            blocks += _excerpt(finding, lines(finding.path), style)
            blocks += _notes(finding, report.targets, style)
            blocks.append("")
    if not quiet:
        proofs = proof_lines(report, style)
        blocks += [*proofs, ""] if proofs and not concise else proofs
        blocks.append(summary(report, style))
    return "".join(f"{block}\n" for block in blocks)


def findings_and_reasons(report: Report, style: Style = PLAIN) -> str:
    """What remains after a fix, a line each, with the reason where a rewrite declined."""
    lines = []
    for finding in report.remaining:
        lines.append(_head(finding, style))
        if finding.declined:
            lines.append(f"  {style('place', '=')} no fix: {printable(finding.declined)}")
    return "".join(line + "\n" for line in lines)


def summary(report: Report, style: Style = PLAIN) -> str:
    """The last line: how many, where, and what can be done."""
    failed = sum(bool(file.errors) for file in report.files)
    tail = f" {_count(failed, 'file')} could not be checked." if failed else ""
    remaining = report.remaining
    if report.action is Action.CHECK or not report.fixed:
        if not remaining:
            return style("good", f"No findings in {_count(len(report.files), 'file')}.") + tail
        places = len({finding.path for finding in remaining})
        kinds = ", ".join(_severities(report))
        found = f"Found {_count(len(remaining), 'finding')} ({kinds}) in {_count(places, 'file')}"
        return f"{style('strong', found)}{_fixable(report)}.{tail}"
    verb = "Would fix" if report.action is Action.DIFF else "Fixed"
    places = len({finding.path for finding in report.fixed})
    done = f"{verb} {_count(len(report.fixed), 'finding')} in {_count(places, 'file')}"
    left = f"{len(remaining)} remain{'s' if len(remaining) == 1 else ''}"
    if remaining:
        left += f" ({', '.join(_severities(report))})"
    return f"{style('good', done)}; {left if remaining else 'none remain'}{_fixable(report)}.{tail}"


def render_error(error: Exception, style: Style = PLAIN, *, verbose: bool = False) -> str:
    """``error: path:line:column: message`` and its hint; with ``verbose`` what caused it."""
    place, message, hint = "", f"{type(error).__name__}: {error}", ""
    if isinstance(error, TrtlintError):
        message, hint = error.message, error.hint
    if isinstance(error, SourceError):
        numbers = [str(number) for number in (error.line, error.column) if number]
        place = ":".join([shown(error.path), *numbers]) + ": "
    text = f"{style('error', 'error')}: {printable(place)}{_printable_lines(message)}\n"
    if hint:
        text += f"{style('place', 'hint')}: {_printable_lines(hint)}\n"
    if verbose and (cause := error.__cause__ or error.__context__) is not None:
        text += _printable_lines("".join(traceback.format_exception(cause)))
    return text


def _head(finding: Finding, style: Style) -> str:
    place = f"{shown(finding.path)}:{finding.span.line}:{finding.span.column}:"
    label = style(finding.severity.value, finding.severity.value) + f"[{finding.rule}]"
    return f"{style('strong', printable(place))} {label} {printable(finding.message)}"


def _repaired(finding: Finding, style: Style) -> str:
    place = f"{shown(finding.path)}:{finding.span.line}:{finding.span.column}:"
    title = finding.fix.title if finding.fix is not None else finding.message
    label = style("good", "fixed") + f"[{finding.rule}]"
    return f"{style('strong', printable(place))} {label} {printable(title)}"


def _excerpt(finding: Finding, lines: list[str], style: Style) -> Iterator[str]:
    span = finding.span
    if not 1 <= span.line <= len(lines):
        return
    line = lines[span.line - 1]
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    before, flagged = printable(line[:start]), printable(line[start : max(end, start + 1)])
    text = before + flagged + printable(line[max(end, start + 1) :])
    keep = (len(before), len(before) + len(flagged))
    shown_text, indent, carets = clip(text.rstrip(), keep, COLUMNS)
    number = str(span.line)
    gutter, bar = " " * len(number), style("place", "|")
    marks = " " * indent + style(finding.severity.value, "^" * max(carets, 1))
    if span.end_line > span.line:
        marks += f" to line {span.end_line}"
    yield f"{gutter} {bar}"
    yield f"{style('place', number)} {bar} {shown_text}"
    yield f"{gutter} {bar} {marks}"


def _notes(finding: Finding, selected: tuple[str, ...], style: Style) -> Iterator[str]:
    indent = " " * (len(str(finding.span.line)) + 1) + style("place", "=")
    minding = {name: kind for name, kind in finding.verdicts.items() if kind.minds}
    ours = _verdicts({name: kind for name, kind in minding.items() if name in selected})
    others = _verdicts(
        {
            name: kind
            for name, kind in minding.items()
            # the exporter is worth a word where it matters
            if (name not in selected and minding.get(name.removesuffix("+torchscript")) != kind)
            or ("+" not in name and name not in selected)
        }
    )
    if ours:
        yield f"{indent} targets: {', '.join(ours)}"
    if others:
        yield f"{indent} not selected: {', '.join(others)}"
    if finding.hint:
        yield f"{indent} hint: {printable(finding.hint)}"
    if finding.fix is not None:
        command = {
            Safety.SAFE: "safe, `trtlint fix`: ",
            Safety.UNSAFE: "unsafe, `trtlint fix --unsafe`: ",
            Safety.MANUAL: "by hand: ",
        }[finding.fix.safety]
        yield f"{indent} fix: {command}{printable(finding.fix.title)}"
    elif finding.declined:
        yield f"{indent} no fix: {printable(finding.declined)}"


def _verdicts(kinds: Mapping[str, VerdictKind]) -> list[str]:
    """Each verdict with its targets, neighbouring versions as one range."""
    by_kind: dict[VerdictKind, set[str]] = {}
    for name, kind in kinds.items():
        by_kind.setdefault(kind, set()).add(name)
    return [
        f"{target} {kind.value}"
        for kind in VerdictKind
        for target in compact(frozenset(by_kind.get(kind, ())))
    ]


def _severities(report: Report) -> list[str]:
    return [
        f"{count} advice" if severity is Severity.ADVICE else _count(count, severity.value)
        for severity, count in report.by_severity.items()
    ]


def _fixable(report: Report) -> str:
    safe, unsafe = report.fixable(Safety.SAFE), report.fixable(Safety.UNSAFE)
    if report.unsafe:
        safe, unsafe = safe + unsafe, 0
    parts = [f"{safe} fixable with `trtlint fix`"] if safe else []
    if unsafe:
        more = "more " if safe else ""
        parts.append(f"{unsafe} {more}with `trtlint fix --unsafe`")
    return "; " + ", ".join(parts) if parts else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
