"""Fixtures as data: which files there are, what they promise, and how one is run.

A fixture is a runnable module in ``tests/fixtures/<rule>/`` with a class ``Model`` and its
``EXAMPLE`` inputs. Its kind is the second part of its name:

- ``before`` and ``after``: what is flagged, and what the fix makes of it
- ``kept``: flagged, and declined
- ``ok``: silent
- ``same``: flagged or not, fixed or not: it does what it did, for every rule and route
- ``todo``: a known gap; a *before* without an *after*

Optional module attributes:

- ``OTHERS``: a list of further input tuples, all of which must agree.
- ``ARGUMENTS``: a list of keyword arguments for ``Model``; each makes one more instance.

Comments at the top of a file, above its code, are directives: ``# targets: torch2trt-0.5``.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from trtlint import catalogue, engine
from trtlint.analysis.core import Analysis
from trtlint.analysis.project import Project
from trtlint.analysis.traced_code import TracedCode
from trtlint.engine import EngineSettings
from trtlint.findings import FileReport, Finding
from trtlint.source import Source

TARGETS = ("tensorrt-rtx-1.7", "tensorrt-11.4")  # where a file names none
FOLDER = Path(__file__).parent / "fixtures"
KINDS = ("before", "after", "kept", "ok", "same", "todo")
DIRECTIVES = {
    "targets",  # the selected targets, comma-separated; the command line's defaults otherwise
    "rules",  # the rules that run; only the folder's own otherwise
    "tolerance",  # "1e-6 because ..."; bit for bit otherwise
    "without",  # "cuda": Tensor.cuda does nothing, for what cannot run on a CPU otherwise
    "model",  # the class, if it is not called Model
    "batch",  # "fixed because ...": no other batch size is tried
    "inputs",  # "left alone because ...": before, forward writes into them, and after it does not
    "unsafe",  # "yes": unsafe rewrites are applied too
    "dynamic-batch",  # "yes": the batch size varies, for the verdicts and for TensorRT
    "tensorrt",  # "skip because ...": the real TensorRT is not asked
    "todo",  # what is missing
}
_MARKER = re.compile(r"\s*# expect: (?P<what>.*)$")
_EXPECTED = re.compile(r"\s*(?P<rule>[a-z0-9-]+)\s*(?:\((?P<reason>.*)\))?\s*$")


@dataclass(frozen=True)
class Expectation:
    """One finding that a marked line promises; the reason is a part of why there is no fix."""

    line: int
    rule: str
    reason: str | None = None


@dataclass(frozen=True)
class FixtureFile:
    """One file."""

    path: Path
    kind: str

    @cached_property
    def raw(self) -> str:
        """The text with its markers."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def text(self) -> str:
        """The text without them."""
        return "".join(
            _MARKER.sub("", line.rstrip("\n")) + ("\n" if line.endswith("\n") else "")
            for line in self.raw.splitlines(keepends=True)
        )

    @cached_property
    def expected(self) -> tuple[Expectation, ...]:
        """What the markers promise, by line."""
        found = []
        for number, line in enumerate(self.raw.splitlines(), start=1):
            marker = _MARKER.search(line)
            for part in _split(marker["what"]) if marker else ():
                one = _EXPECTED.match(part)
                assert one is not None, f"{self.path}:{number}: cannot read the marker {part!r}"
                found.append(Expectation(number, one["rule"], one["reason"]))
        return tuple(found)

    @cached_property
    def directives(self) -> Mapping[str, str]:
        """The comments at the top."""
        found = {}
        for line in self.raw.splitlines():
            if not line.startswith("#"):
                break
            name, colon, value = line.lstrip("# ").partition(":")
            if colon and name in DIRECTIVES:
                found[name] = value.strip()
            elif colon and re.fullmatch(r"[a-z-]+", name):
                raise AssertionError(f"{self.path}: unknown directive {name!r}")
        return found

    @property
    def rule(self) -> str:
        """The rule whose folder it lies in."""
        return self.path.parent.name.replace("_", "-")

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that run."""
        asked = self.directives.get("rules")
        if asked == "all":
            return catalogue.rule_names()
        return tuple(asked.replace(" ", "").split(",")) if asked else (self.rule,)

    @property
    def targets(self) -> tuple[str, ...]:
        """The selected targets."""
        asked = self.directives.get("targets")
        return tuple(asked.replace(" ", "").split(",")) if asked else TARGETS

    @property
    def tolerance(self) -> float:
        """How far outputs may differ; 0 is bit for bit."""
        return float(self.directives.get("tolerance", "0").split()[0])

    @property
    def dynamic(self) -> bool:
        """Whether the batch size varies."""
        return "dynamic-batch" in self.directives

    @property
    def compares_inputs(self) -> bool:
        """Whether what forward leaves of its inputs has to stay."""
        return "inputs" not in self.directives

    @property
    def settings(self) -> EngineSettings:
        """How the engine runs it."""
        unsafe = "unsafe" in self.directives
        return EngineSettings(self.rules, self.targets, dynamic_batch=self.dynamic, unsafe=unsafe)

    def check(self, text: str | None = None) -> FileReport:
        """The report on the file, or on another text in its place."""
        source = Source(self.path, self.text if text is None else text)
        (report,) = engine.check([source], [], self.settings)
        return report

    def fix(self, text: str | None = None, settings: EngineSettings | None = None) -> FileReport:
        """The report of a fix of the file, or of another text in its place."""
        source = Source(self.path, self.text if text is None else text)
        (report,) = engine.fix([source], [], settings or self.settings)
        return report


@dataclass
class Fixture:
    """All files of one name."""

    rule: str
    name: str
    files: dict[str, FixtureFile] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``slice_assign/interleave``."""
        return f"{self.rule.replace('-', '_')}/{self.name}"


def _split(text: str) -> list[str]:
    """Split at commas outside parentheses."""
    return re.split(r",(?![^(]*\))", text)


@cache
def fixtures() -> tuple[Fixture, ...]:
    """Every fixture there is."""
    found: dict[tuple[str, str], Fixture] = {}
    for path in sorted(FOLDER.glob("*/*.py")):
        name, _, kind = path.stem.partition(".")
        if path.name == "__init__.py":
            continue
        assert kind in KINDS, f"{path}: the kind must be one of {', '.join(KINDS)}"
        rule = path.parent.name.replace("_", "-")
        fixture = found.setdefault((rule, name), Fixture(rule, name))
        fixture.files[kind] = FixtureFile(path, kind)
    return tuple(found.values())


def of_kind(kind: str) -> list[Fixture]:
    """The fixtures that have a file of that kind."""
    return [fixture for fixture in fixtures() if kind in fixture.files]


def comments(text: str) -> list[str]:
    """All comments of a module, sorted."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sorted(t.string for t in tokens if t.type == tokenize.COMMENT)


def variants(file: FixtureFile) -> list[str]:
    """The verdict variant of each match of the folder's own rule."""
    analysis = Analysis(Project({file.path: file.text}))
    rule = catalogue.rules()[file.rule]
    return [
        match.variant
        for traced in analysis.traced.values()
        for match in rule.check(TracedCode(analysis, traced))
    ]


def describe(findings: Sequence[Finding]) -> list[str]:
    """Findings for a failure message."""
    return [f"{f.span.line}: {f.rule}: {f.message} [{f.declined or f.fix}]" for f in findings]
