"""The one core behind all shells: a frozen request in, a frozen report out.

``run`` reads the settings, finds the files, lets the engine look at them, writes what a fix
changed, and gathers every error on the way. It prints nothing and raises nothing that a user can
cause: what went wrong is in :attr:`Report.errors`, and :attr:`Report.exit_code` follows from it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trtlint.cache import Cache, Families, remove
from trtlint.config import DEFAULT_CACHE, Config, load_config, read_config
from trtlint.discovery import Discovered, discover
from trtlint.errors import (
    ConfigError,
    Interrupted,
    TrtlintError,
    UnreadableSource,
    UsageError,
)
from trtlint.findings import FileReport, Safety
from trtlint.proofs import Proof, Prover
from trtlint.proving import Proving
from trtlint.report import Action, Report, Request
from trtlint.selection import check_names, select_rules, select_targets
from trtlint.source import Source
from trtlint.suppression import Suppressions
from trtlint.work import Work
from trtlint.writing import Progress, write_all

__all__ = ["Action", "Report", "Request", "clean", "project_root", "run", "settings_of"]

CONTEXT_BYTES = 1_000_000  # larger files are data; they are read only when they are selected
UNMARKED_LIMIT = 5_000  # files and folders looked at below a root that no project marks


def run(request: Request, prover: Prover | None = None) -> Report:
    """Do what is asked for.

    Args:
        request: what.
        prover: who proves what a fix changed before it is written; what does not hold is not.

    Raises:
        Interrupted: Ctrl-C during a fix; it says what was written by then.
    """
    started = time.perf_counter()
    progress = Progress()
    try:
        report = _run(request, progress, prover)
    except TrtlintError as error:
        report = Report(request.action, run_errors=(error,))
    except KeyboardInterrupt:
        if request.action is not Action.FIX:
            raise
        raise Interrupted(str(progress)) from None
    return replace(report, seconds=time.perf_counter() - started)


def project_root(paths: Sequence[Path], config: Config | None = None) -> tuple[Path, bool]:
    """The folder that imports are resolved from, and whether something marks it as a project.

    That is the folder of the settings, else of the nearest ``.git`` or ``pyproject.toml``, else the
    nearest folder that holds all ``paths``.
    """
    common = _common_folder(paths)
    if config is not None and config.path is not None:
        return config.path.parent, True
    for folder in (common, *common.parents):
        if (folder / ".git").exists() or (folder / "pyproject.toml").is_file():
            return folder, True
    return common, False


def cache_folder(config: Config, home: Path) -> Path:
    """Where results are kept: as the environment says, or the settings, or in ``home``."""
    if told := os.environ.get("TRTLINT_CACHE_DIR"):
        return Path(told)
    if config.path is not None and config.cache_dir != DEFAULT_CACHE:
        return config.path.parent / config.cache_dir
    return home / DEFAULT_CACHE


def clean(folder: Path | None = None) -> tuple[Path, bool]:
    """Remove the cache of the project that the current folder is in.

    Args:
        folder: this cache instead.

    Returns:
        The cache, and whether there was one.

    Raises:
        TrtlintError: the settings are wrong, or the folder is no cache or cannot be removed.
    """
    if folder is None:
        here = Path.cwd()
        config = load_config(here)
        root, marked = project_root([here], config)
        folder = cache_folder(config, root if marked else here)
    try:
        removed = remove(folder)
    except OSError as error:
        raise UsageError(f"cannot remove {_relative(folder)}: {error.strerror or error}") from None
    if removed is None:
        hint = "nothing was removed; see --cache-dir"
        raise UsageError(f"{_relative(folder)} is not a cache of trtlint", hint)
    return _relative(folder), removed


def _run(request: Request, progress: Progress, prover: Prover | None) -> Report:
    config = settings_of(request)
    root, marked = project_root(request.paths, None if request.config else config)
    targets = _targets(request, config)
    cache = None
    if request.cache:
        cache = Cache(request.cache_dir or cache_folder(config, root if marked else Path.cwd()))
    found = discover(
        request.paths, root=root, exclude=config.exclude, force_exclude=request.force_exclude
    )
    unsafe = config.unsafe if request.unsafe is None else request.unsafe
    selected, unreadable = _read(found.files)
    context, remarks = _context(selected, root, marked, config) if selected else ([], [])
    reports: list[FileReport] = [*unreadable]
    proofs: tuple[Proof, ...] = ()
    work = Work(request.action, root, cache, request.jobs)
    try:
        names = cache.rules() if cache is not None else None
        if names is None:
            if selected:
                work.begin(selected, context)
            names = _catalogue(cache)
        rules = _rules(request, config, *names)
        settings: dict[str, object] = {
            "rules": rules,
            "targets": targets,
            "dynamic_batch": (
                config.dynamic_batch if request.dynamic_batch is None else request.dynamic_batch
            ),
            "unsafe": unsafe,
            "with_edits": request.with_edits,
            "asked": frozenset(
                rules if request.rules or config.rules not in ((), ("all",)) else ()
            ),
        }
        sources = {source.path: source for source in selected}
        for report in work.run(selected, context, settings) if selected else ():
            source = sources.get(report.path)
            if source is not None:
                report = _with_problems(report, source, names[0])
            reports.append(report)
    finally:
        work.close()
    if prover is not None and selected and request.action is not Action.CHECK:
        again = _Again(root, selected, context, settings)
        applied = frozenset({Safety.SAFE, Safety.UNSAFE} if unsafe else {Safety.SAFE})
        proving = Proving(reports, sources, prover, again, rules, applied)
        reports, proofs = proving.run(targets)
    if request.action is Action.FIX:
        reports = write_all(reports, sources, progress)
    return Report(
        request.action,
        targets,
        rules,
        unsafe,
        files=tuple(sorted(reports, key=lambda report: report.path.parts)),
        run_errors=found.errors,
        warnings=(*found.warnings, *remarks),
        sources=sources,
        proofs=proofs,
    )


class _Again:
    """Makes the fix of some files once more, with rules withheld, beside what others became."""

    def __init__(
        self,
        root: Path,
        selected: Sequence[Source],
        context: Sequence[Source],
        settings: Mapping[str, object],
    ) -> None:
        self._root, self._settings = root, settings
        self._selected, self._context = selected, context

    def __call__(
        self, withheld: Mapping[Path, frozenset[str]], texts: Mapping[Path, str]
    ) -> Mapping[Path, FileReport]:
        """The reports of the files in ``withheld``; ``texts`` are what others became."""
        wanted = [source for source in self._selected if source.path in withheld]
        others = [
            replace(source, text=texts.get(source.path, source.text))
            for source in self._selected
            if source.path not in withheld
        ]
        work = Work(Action.FIX, self._root, None, 1)
        reports = work.run(wanted, [*self._context, *others], self._settings, withheld)
        return {report.path: report for report in reports}


def settings_of(request: Request) -> Config:
    """The settings that hold for a request.

    Raises:
        TrtlintError: they cannot be read, or are wrong.
    """
    if request.isolated:
        return Config()
    if request.config is None:
        return load_config(_common_folder(request.paths))
    if not request.config.is_file():
        raise UsageError(f"there is no settings file {request.config}", "see --config in --help")
    config = read_config(request.config)
    if config is None:
        raise ConfigError("no [tool.trtlint] in it", path=request.config, wanted="that table")
    return config


def _targets(request: Request, config: Config) -> tuple[str, ...]:
    if request.targets is not None:
        return select_targets(request.targets)
    try:
        return select_targets(config.targets)
    except UsageError as error:
        raise config.error("targets", error.message, wanted=error.hint) from None


def _catalogue(cache: Cache | None) -> tuple[tuple[str, ...], Families]:
    """All rules and families there are."""
    from trtlint.catalogue import families, rule_names

    found = tuple(rule_names()), families()
    if cache is not None:
        cache.keep_rules(*found)
    return found


def _rules(
    request: Request, config: Config, known: Sequence[str], groups: Families
) -> tuple[str, ...]:
    """The rules to run.

    Args:
        request: what is asked for.
        config: the settings.
        known: all rules.
        groups: all families.
    """
    for key, names in (("rules", config.rules), ("ignore", config.ignore)):
        try:
            check_names(names, known=known, families=groups)
        except UsageError as error:  # noqa: PERF203
            raise config.error(key, error.message, wanted=error.hint) from None
    if request.rules is not None:
        names, ignore = request.rules, request.ignore
    else:
        names, ignore = config.rules, (*config.ignore, *request.ignore)
    return select_rules(names, ignore, known=known, families=groups)


def _read(paths: Iterable[Path]) -> tuple[list[Source], list[FileReport]]:
    sources: list[Source] = []
    failed: list[FileReport] = []
    for path in paths:
        try:
            sources.append(Source.read(path))
        except UnreadableSource as error:  # noqa: PERF203
            failed.append(FileReport(path, errors=(error,)))
    return sources, failed


def _context(
    selected: Sequence[Source], root: Path, marked: bool, config: Config
) -> tuple[list[Source], list[str]]:
    """The other files of the project, for what they say about the selected ones."""
    shown = _relative(root)
    found: Discovered = discover(
        [shown], root=root, exclude=config.exclude, limit=None if marked else UNMARKED_LIMIT
    )
    taken = {os.path.realpath(source.path) for source in selected}
    others, remarks = [], []
    for path in found.files:
        if os.path.realpath(path) in taken:
            continue
        try:
            size = path.stat().st_size
            if size > CONTEXT_BYTES:
                remarks.append(f"{path} is too large ({size:,} bytes) to look up imports in")
            else:
                others.append(Source.read(path))
        except (OSError, UnreadableSource):
            continue  # not asked for; whoever selects it is told
    if not found.complete:
        remarks.append(
            f"{shown} holds too many files to look up all imports; "
            "a pyproject.toml would say where the project begins"
        )
    return others, remarks


def _with_problems(report: FileReport, source: Source, known: Sequence[str]) -> FileReport:
    """The report with a note for each suppression that cannot work."""
    problems = Suppressions.parse(source.text).problems(known)
    fresh = [note for note in map(str, problems) if note not in report.notes]
    return replace(report, notes=(*report.notes, *fresh)) if fresh else report


def _common_folder(paths: Sequence[Path]) -> Path:
    folders = [path if path.is_dir() else path.parent for path in (p.resolve() for p in paths)]
    try:
        return Path(os.path.commonpath(folders)) if folders else Path.cwd()
    except ValueError:  # on different drives
        return folders[0]


def _relative(path: Path) -> Path:
    """Relative to the current folder where it lies inside."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
