"""Old code of a model against new code, in child processes: the parent's side of a proof."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from trtlint.errors import LoadFailed, TrtlintError
from trtlint.proofs import Conversion, Outcome, Texts
from trtlint.runtime_check.load import NO_GPU
from trtlint.runtime_check.options import (
    Changes,
    DimSpec,
    InputSpec,
    Limits,
    ModelSpec,
    VerifyOptions,
)
from trtlint.runtime_check.provenance import COSTLY
from trtlint.runtime_check.result import VerifyResult
from trtlint.runtime_check.supervise import OnStage, Request, run_in_child, try_in_child
from trtlint.runtime_check.trial import UNSTEADY, TrialRequest, TrialResult
from trtlint.targets import TORCHSCRIPT, find_target

_LEVELS = ("eager", "export", "onnx", "build")
_ON_CPU = "what asks for a GPU ran on the CPU: this machine has none"
_NOT_CONVERTED = "conversion was not compared: no selected target goes through ONNX"


@dataclass(frozen=True)
class ModelJob:
    """A model to prove, as ``verify`` takes it."""

    model: str
    inputs: tuple[str, ...] = ()
    dim: str | None = None
    root: Path | None = None


@dataclass
class _Model:
    """One model, and what is known of its old form."""

    spec: ModelSpec
    inputs: tuple[InputSpec, ...]
    options: VerifyOptions
    root: Path | None
    record: str  # the name of a file
    no_gpu: bool = False
    trial: TrialResult | None = None
    steady: bool | None = None  # whether it gives the same numbers each time; None: not known
    verified: VerifyResult | None = None


class ModelProver:
    """Compares models with their old forms; see :class:`trtlint.proofs.Prover`.

    A context: what it keeps of the old forms is gone afterwards.

    Args:
        jobs: the models.
        options: how to convert.
        limits: of each child process.
        on_stage: called with the name of each stage when it begins.

    Raises:
        UsageError: a model, an input or a dimension is not spelled as it should be.
    """

    def __init__(
        self,
        jobs: Sequence[ModelJob],
        options: VerifyOptions,
        limits: Limits,
        on_stage: OnStage = None,
    ) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._limits, self._on_stage = limits, on_stage
        self._old: Texts = {}
        self._converts = True
        self._models = {
            job.model: _Model(
                ModelSpec.parse(job.model, job.root),
                tuple(InputSpec.parse(text) for text in job.inputs),
                replace(options, dim=DimSpec.parse(job.dim) if job.dim is not None else None),
                job.root,
                f"record{number}",
            )
            for number, job in enumerate(jobs)
        }

    def __enter__(self) -> ModelProver:
        self._folder = tempfile.TemporaryDirectory(prefix="trtlint-")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def models(self) -> Sequence[str]:
        """The models, as the user names them."""
        return tuple(self._models)

    def start(self, old: Texts, targets: Sequence[str]) -> None:
        """Take note of the old texts of all files that may change, and of what for."""
        self._old = dict(old)
        chosen = [find_target(name) for name in targets]
        exporters = {target.exporter for target in chosen if target.route == "onnx"}
        self._converts = bool(exporters) or any(t.route == "torch-tensorrt" for t in chosen)
        if exporters == {TORCHSCRIPT}:
            for model in self._models.values():
                model.options = replace(model.options, exporter=TORCHSCRIPT)

    def loads(self, model: str) -> frozenset[str]:
        """Which of the files that may change the model loads.

        Raises:
            TrtlintError: the model does not run in its old form.
        """
        known = self._models[model]
        try:
            known.trial = self._try(known, {}, first=True)
        except LoadFailed as failed:
            if not any(sign in failed.message for sign in NO_GPU):
                raise
            known.no_gpu = True
            known.trial = self._try(known, {}, first=True)
        return known.trial.loaded & self._old.keys()

    def judge(self, model: str, new: Texts, *, exact: bool) -> Outcome:
        """Compare the model with ``new`` texts with its old form.

        Raises:
            TrtlintError: the old form cannot be converted to compare with.
        """
        known = self._models[model]
        assert known.trial is not None
        notes = (_ON_CPU,) if known.no_gpu else ()
        if known.trial.difference:
            return Outcome(known.trial.difference, notes=notes)
        try:
            trial = self._try(known, new, first=False, exact=exact)
        except TrtlintError as failed:
            return Outcome(failed.message, notes=notes)
        outcome = Outcome(trial.difference, trial.shapes, trial.max_abs, notes=notes)
        if trial.difference:
            return outcome if self._is_steady(known) else Outcome(UNSTEADY, notes=notes)
        if not self._converts:
            return replace(outcome, notes=(*notes, _NOT_CONVERTED))
        if known.verified is None:
            known.verified = self._convert(known, {})
        try:
            verified = self._convert(known, new)
        except TrtlintError as failed:
            return replace(outcome, reason=failed.message)
        old, now = _conversion(known.verified), _conversion(verified)
        return replace(outcome, reason=_worse(old, now, verified), old=old, new=now)

    def _is_steady(self, known: _Model) -> bool:
        """Whether the old form is equal to itself, so that a difference is one of the new form.

        Twice in one process may not show it: what is drawn while the model is made, or the time.
        """
        if known.steady is None:
            known.steady = not self._try(known, {}, first=False).difference
        if not known.steady and known.trial is not None:
            known.trial = replace(known.trial, difference=UNSTEADY)
        return known.steady

    def _changes(self, known: _Model, new: Texts) -> Changes:
        return Changes({**self._old, **new}, known.no_gpu)

    def _try(self, known: _Model, new: Texts, *, first: bool, exact: bool = True) -> TrialResult:
        assert self._folder is not None, "a context: enter it"
        return try_in_child(
            TrialRequest(
                known.spec,
                known.inputs,
                known.options,
                self._limits,
                known.root,
                self._changes(known, new),
                Path(self._folder.name, known.record),
                first,
                exact,
            ),
            self._on_stage,
        )

    def _convert(self, known: _Model, new: Texts) -> VerifyResult:
        return run_in_child(
            Request(
                known.spec,
                known.inputs,
                known.options,
                self._limits,
                known.root,
                self._changes(known, new),
            ),
            self._on_stage,
        )


def _conversion(result: VerifyResult) -> Conversion:
    levels = {name: result.levels[name].status for name in _LEVELS if name in result.levels}
    build = result.levels["build"].build if "build" in result.levels else None
    if build is None:
        return Conversion(levels)
    costly = {kind: count for kind, count in build.layer_kinds.items() if kind in COSTLY}
    return Conversion(levels, build.layers, costly)


def _worse(old: Conversion, new: Conversion, verified: VerifyResult) -> str:
    """In which way the new form converts worse, if it does."""
    for level in _LEVELS:
        if old.levels.get(level) == "passed" != new.levels.get(level):
            told = [failure for failure in verified.failures if failure.stage == level]
            why = told[0].message if told else verified.levels[level].reason
            return f"the old code passes the level {level!r} and the new one does not: {why}"
    if old.levels.get("build") == "passed":
        before, after = sum(old.costly.values()), sum(new.costly.values())
        if after > before:
            kinds = [k for k in new.costly if new.costly[k] > old.costly.get(k, 0)]
            counts = ", ".join(f"{k} {old.costly.get(k, 0)} -> {new.costly[k]}" for k in kinds)
            return f"the new code makes {after} costly layers instead of {before}: {counts}"
    return ""
