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

import contextlib
import importlib.util
import io
import itertools
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from trtlint import catalogue, engine
from trtlint.analysis import Analysis
from trtlint.analysis.project import Project
from trtlint.analysis.traced_code import TracedCode
from trtlint.engine import EngineSettings
from trtlint.findings import FileReport, Finding
from trtlint.source import Source
from trtlint.targets import DEFAULT_TARGETS

FOLDER = Path(__file__).parent / "fixtures"
KINDS = ("before", "after", "kept", "ok", "same", "todo")
DIRECTIVES = {
    "targets",  # the selected targets, comma-separated; the command line's defaults otherwise
    "rules",  # the rules that run; only the folder's own otherwise
    "tolerance",  # "1e-6 because ..."; bit for bit otherwise
    "without",  # "cuda": Tensor.cuda does nothing, for what cannot run on a CPU otherwise
    "model",  # the class, if it is not called Model
    "batch",  # "fixed because ...": no other batch size is tried
    "dynamic-batch",  # "yes": the batch size varies, for the verdicts and for TensorRT
    "tensorrt",  # "skip because ...": the real TensorRT is not asked
    "todo",  # what is missing
}
_MARKER = re.compile(r"\s*# expect: (?P<what>.*)$")
_EXPECTED = re.compile(r"\s*(?P<rule>[a-z0-9-]+)\s*(?:\((?P<reason>.*)\))?\s*$")
_numbers = itertools.count()


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
        return tuple(asked.replace(" ", "").split(",")) if asked else DEFAULT_TARGETS

    @property
    def tolerance(self) -> float:
        """How far outputs may differ; 0 is bit for bit."""
        return float(self.directives.get("tolerance", "0").split()[0])

    @property
    def dynamic(self) -> bool:
        """Whether the batch size varies."""
        return "dynamic-batch" in self.directives

    @property
    def settings(self) -> EngineSettings:
        """How the engine runs it."""
        return EngineSettings(self.rules, self.targets, dynamic_batch=self.dynamic)

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


# -- running models ---------------------------------------------------------------------------


@contextlib.contextmanager
def patched(file: FixtureFile) -> Iterator[None]:
    """Torch as the file wants it: ``# without: cuda`` makes ``Tensor.cuda`` do nothing."""
    import torch

    if "without" not in file.directives:
        yield
        return
    assert file.directives["without"] == "cuda", f"{file.path}: without what?"
    original = torch.Tensor.cuda
    torch.Tensor.cuda = lambda tensor, *_, **__: tensor  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.Tensor.cuda = original  # type: ignore[method-assign]


def load(path: Path, text: str | None = None) -> ModuleType:
    """Import the file under a name of its own, or ``text`` as if it stood there."""
    import torch

    name = f"fixture_{next(_numbers)}_{path.name.replace('.', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    torch.manual_seed(0)  # for inputs made of random numbers
    if text is None:
        spec.loader.exec_module(module)
    else:
        exec(compile(text, str(path), "exec"), module.__dict__)
    return module


@dataclass
class Run:
    """What can be observed of one instance on one set of inputs, called twice."""

    outputs: list[tuple[str, Any]]
    inputs: list[Any]  # as forward left them
    state: dict[str, Any]
    shared: list[str]  # which outputs share storage with what


def run_all(file: FixtureFile, text: str | None = None) -> list[Run]:
    """Run every instance on every set of inputs, from the same seeds each time."""
    import torch

    from trtlint.runtime_check.tensors import bind_inputs, flatten

    module = load(file.path, text)
    sets = [_example(module), *getattr(module, "OTHERS", [])]
    if not file.directives.get("batch", "").startswith("fixed"):
        sets.append(None)  # the example at another batch size
    runs = []
    with patched(file), torch.no_grad():
        for arguments in ({}, *getattr(module, "ARGUMENTS", [])):
            for inputs in sets:
                torch.manual_seed(0)
                model = getattr(module, file.directives.get("model", "Model"))(**arguments).eval()
                bound = bind_inputs(model, sets[0] if inputs is None else inputs)
                bound = bound.clone() if inputs is not None else bound.at_size(3, seed=1)
                for _ in range(2):  # the second time shows what the first one left behind
                    torch.manual_seed(1)
                    returned = model(*bound.args, **bound.kwargs)
                    named = flatten(returned)
                    left = [tensor for _, tensor in bound.named()]
                    runs.append(
                        Run(
                            [(name, tensor.clone()) for name, tensor in named],
                            [tensor.clone() for tensor in left],
                            {k: v.clone() for k, v in model.state_dict().items()},
                            _shared(named, bound.named(), model),
                        )
                    )
    return runs


def _example(module: ModuleType) -> Any:
    return module.EXAMPLE if hasattr(module, "EXAMPLE") else module.example()


def _shared(outputs: Any, inputs: Any, model: Any) -> list[str]:
    """Pairs of names of which the first is an output, and the second shares its storage."""

    def storage(tensor: Any) -> int:
        return int(tensor.untyped_storage().data_ptr())

    owned = [*inputs, *model.named_parameters(), *model.named_buffers()]
    found = []
    for i, (name, tensor) in enumerate(outputs):
        if tensor.numel() == 0:
            continue
        for other, held in (*owned, *outputs[:i]):
            if held.numel() and storage(held) == storage(tensor):
                found.append(f"output {name} shares the storage of {other}")
    return found


def differences(before: Sequence[Run], after: Sequence[Run], tolerance: float) -> list[str]:
    """What an observer sees differ, in words."""
    found = []
    if len(before) != len(after):
        found.append(f"{len(before)} runs before, {len(after)} after")
    for number, (old, new) in enumerate(zip(before, after, strict=False)):
        here = f"run {number}: "
        if [name for name, _ in old.outputs] != [name for name, _ in new.outputs]:
            found.append(f"{here}outputs {old.outputs} became {new.outputs}")
        for (name, a), (_, b) in zip(old.outputs, new.outputs, strict=False):
            if reason := _different(a, b, tolerance):
                found.append(f"{here}output {name}: {reason}")
        for i, (a, b) in enumerate(zip(old.inputs, new.inputs, strict=True)):
            if reason := _different(a, b, 0.0):
                found.append(f"{here}forward leaves input {i} otherwise: {reason}")
        if {k: v.shape for k, v in old.state.items()} != {k: v.shape for k, v in new.state.items()}:
            found.append(f"{here}state_dict {sorted(old.state)} became {sorted(new.state)}")
        else:
            for key, a in old.state.items():
                if reason := _different(a, new.state[key], 0.0):
                    found.append(f"{here}forward leaves {key} otherwise: {reason}")
        if old.shared != new.shared:
            found.append(f"{here}{old.shared or 'nothing shared'} became {new.shared or 'nothing'}")
    return found


def _different(a: Any, b: Any, tolerance: float) -> str:
    import torch

    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{a.dtype} {list(a.shape)} became {b.dtype} {list(b.shape)}"
    if tolerance:
        equal = torch.allclose(a, b, rtol=0.0, atol=tolerance, equal_nan=True)
    else:
        equal = bool(((a == b) | ((a != a) & (b != b))).all())
    return "" if equal else f"the numbers differ, {a.flatten()[:4]} and {b.flatten()[:4]}"


# -- the real TensorRT ------------------------------------------------------------------------


@dataclass(frozen=True)
class Conversion:
    """What TensorRT made of a file; ``refused`` says why it did not take it."""

    refused: str = ""
    kinds: Mapping[str, int] = field(default_factory=dict)


@cache
def convert(file: FixtureFile) -> Conversion:
    """Export, parse and build the file's model.

    Raises:
        BackendMissing: something that this needs is not installed.
    """
    import torch

    from trtlint.runtime_check.api import VerifyOptions, build_counts
    from trtlint.runtime_check.failures import ExportFailed
    from trtlint.runtime_check.options import DimSpec

    module = load(file.path)
    torch.manual_seed(0)
    model = getattr(module, file.directives.get("model", "Model"))().eval()
    inputs = _example(module)
    options = VerifyOptions(dim=DimSpec("batch", 1, 2, 4)) if file.dynamic else None
    try:
        result = build_counts(model, inputs, options=options)
    except ExportFailed as refused:
        return Conversion(str(refused))
    errors = (*result.parse_errors, *result.build_errors)
    if errors:
        return Conversion("; ".join(failure.message for failure in errors))
    return Conversion("", dict(result.layer_kinds))
