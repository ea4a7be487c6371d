"""Which files to check: paths from the command line to a sorted list of Python files.

Folders are walked as ``git`` would see them: what a ``.gitignore`` names, virtual environments and
build output are left out. A file that is named explicitly is always taken.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from trtlint.errors import TrtlintError, UnreadableSource, UsageError

# fmt: off
EXCLUDED_NAMES = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", "__pypackages__",
    "build", "dist", "site-packages", ".eggs", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".trtlint_cache", ".ipynb_checkpoints",
})
# fmt: on
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


@dataclass(frozen=True)
class Discovered:
    """The files found, what went wrong on the way, and what the user should know."""

    files: tuple[Path, ...] = ()
    errors: tuple[TrtlintError, ...] = ()
    warnings: tuple[str, ...] = ()
    complete: bool = True  # False where `limit` ended the walk


def discover(
    paths: Sequence[Path],
    *,
    root: Path,
    exclude: Sequence[str] = (),
    force_exclude: bool = False,
    limit: int | None = None,
) -> Discovered:
    """Find the Python files that ``paths`` stand for.

    Args:
        paths: files, taken as they are, and folders, walked.
        root: the folder that the ``exclude`` patterns are relative to.
        exclude: patterns as in a ``.gitignore``.
        force_exclude: let the exclusions hold for files named explicitly, too.
        limit: stop after so many files and folders.
    """
    walk = _Walk(root.resolve(), GitIgnoreSpec.from_lines(exclude), force_exclude, limit)
    for path in paths:
        walk.take(path)
    files = tuple(sorted(walk.files.values(), key=lambda path: path.parts))
    return Discovered(files, tuple(walk.errors), tuple(walk.warnings), not walk.stopped)


@dataclass(frozen=True)
class _Rules:
    """Patterns, and where the folder at hand lies relative to them: "" or "a/b/"."""

    spec: GitIgnoreSpec
    prefix: str = ""

    def below(self, name: str) -> _Rules:
        return _Rules(self.spec, f"{self.prefix}{name}/")

    def verdict(self, name: str) -> bool | None:
        """True: left out; False: explicitly kept; None: nothing said."""
        return self.spec.check_file(self.prefix + name).include


@dataclass(frozen=True)
class _Folder:
    path: Path
    ignores: tuple[_Rules, ...]  # of the .gitignore files above, the outermost first
    excludes: _Rules

    def leaves_out(self, name: str, is_folder: bool) -> bool:
        if is_folder and (name in EXCLUDED_NAMES or name.endswith(".egg-info")):
            return True
        name = f"{name}/" if is_folder else name
        if self.excludes.verdict(name):
            return True
        for rules in reversed(self.ignores):
            verdict = rules.verdict(name)
            if verdict is not None:
                return verdict
        return False

    def below(self, name: str) -> _Folder:
        ignores = tuple(rules.below(name) for rules in self.ignores)
        return _Folder(self.path / name, ignores, self.excludes.below(name))


@dataclass
class _Walk:
    root: Path
    exclude: GitIgnoreSpec
    force_exclude: bool
    limit: int | None
    files: dict[str, Path] = field(default_factory=dict)  # by real path
    errors: list[TrtlintError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)  # real paths of folders
    stopped: bool = False

    def take(self, path: Path) -> None:
        try:
            if path.is_dir():
                self._take_folder(path)
            elif path.is_file():
                if not (self.force_exclude and self._is_excluded(path)):
                    self.files.setdefault(os.path.realpath(path), path)
            elif path.exists():
                self.errors.append(UsageError(f"{path} is neither a file nor a folder"))
            elif path.is_symlink():
                self.errors.append(
                    UsageError(f"{path} is a broken link", f"it points to {os.readlink(path)}")
                )
            else:
                self.errors.append(UsageError(f"{path} does not exist", _near(path)))
        except OSError as error:  # a name too long, or a folder above that may not be entered
            self.errors.append(_unreadable(path, error))

    def _take_folder(self, top: Path) -> None:
        known, failed = len(self.files), len(self.errors)
        real = os.path.realpath(top)
        seen_before = real in self.visited
        links: deque[_Folder] = deque()
        self._walk(self._start(top), real, links)
        while links and not self.stopped:
            folder = links.popleft()
            target = os.path.realpath(folder.path)
            # a link to a folder that holds it would walk that folder once more, or forever
            inside = os.path.realpath(folder.path.parent)
            if not any(_holds(target, other) for other in (inside, real)):
                self._walk(folder, target, links)
        if len(self.files) > known or len(self.errors) > failed or seen_before:
            return
        if not any(_holds(real, found) for found in self.files):
            self.warnings.append(f"no Python files in {top}")

    def _walk(self, start: _Folder, real: str, links: deque[_Folder]) -> None:
        """Collect below one folder, its real files first; links to folders are put off."""
        queue = deque([(start, real)])
        while queue:
            folder, real = queue.popleft()
            if real in self.visited:
                continue
            if self.limit is not None and len(self.visited) + len(self.files) >= self.limit:
                self.stopped = True
                return
            self.visited.add(real)
            try:
                with os.scandir(folder.path) as scan:
                    entries = sorted(scan, key=lambda entry: entry.name)
            except OSError as error:
                self.errors.append(_unreadable(folder.path, error))
                continue
            if folder is not start and any(e.name in _ENVIRONMENT_MARKS for e in entries):
                continue
            if any(entry.name == ".gitignore" for entry in entries):
                rules = _Rules(_read_patterns(folder.path / ".gitignore"))
                folder = _Folder(folder.path, (*folder.ignores, rules), folder.excludes)
            for entry in entries:
                self._enter(entry, folder, real, queue, links)

    def _enter(
        self,
        entry: os.DirEntry[str],
        folder: _Folder,
        real: str,
        queue: deque[tuple[_Folder, str]],
        links: deque[_Folder],
    ) -> None:
        try:
            is_folder, is_link = entry.is_dir(), entry.is_symlink()
            wanted = is_folder or (entry.name.endswith(".py") and entry.is_file())
        except OSError:  # a link that points to itself
            return
        if not wanted or folder.leaves_out(entry.name, is_folder):
            return
        if not is_folder:
            path = folder.path / entry.name
            key = os.path.realpath(path) if is_link else os.path.join(real, entry.name)
            # the real name of a file is worth more than that of a link to it
            self.files[key] = self.files.get(key, path) if is_link else path
        elif is_link:
            links.append(folder.below(entry.name))
        else:
            queue.append((folder.below(entry.name), os.path.join(real, entry.name)))

    def _start(self, top: Path) -> _Folder:
        """The folder a walk begins in; patterns that leave out the folder itself do not count."""
        real = top.resolve()
        ignores = tuple(
            rules
            for rules in _ignores_above(real, self.root)
            if not rules.spec.match_file(rules.prefix)
        )
        excludes = _Rules(self.exclude, _prefix(real, self.root))
        if excludes.prefix and self.exclude.match_file(excludes.prefix):
            excludes = _Rules(GitIgnoreSpec.from_lines(()))
        return _Folder(top, ignores, excludes)

    def _is_excluded(self, path: Path) -> bool:
        """Whether a walk from the root would have passed over this file."""
        real = Path(os.path.abspath(path))
        try:
            parts = real.relative_to(self.root).parts
        except ValueError:
            return False
        folder = _Folder(
            self.root, tuple(_ignores_above(self.root, self.root)), _Rules(self.exclude)
        )
        for index, name in enumerate(parts):
            patterns = folder.path / ".gitignore"
            if patterns.is_file():
                ignores = (*folder.ignores, _Rules(_read_patterns(patterns)))
                folder = _Folder(folder.path, ignores, folder.excludes)
            if folder.leaves_out(name, index < len(parts) - 1):
                return True
            folder = folder.below(name)
        return False


def _ignores_above(folder: Path, root: Path) -> Iterator[_Rules]:
    """The ``.gitignore`` files of the folders above, the outermost first, up to the repository."""
    chain = []
    for parent in folder.parents:
        if (folder / ".git").exists():
            break
        chain.append(parent)
        if (parent / ".git").exists() or parent == root:
            break
    else:
        chain = []  # no repository around it, and not inside the project
    for parent in reversed(chain):
        patterns = parent / ".gitignore"
        if patterns.is_file():
            yield _Rules(_read_patterns(patterns), _prefix(folder, parent))


def _read_patterns(path: Path) -> GitIgnoreSpec:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return GitIgnoreSpec.from_lines(lines)
    except (OSError, ValueError):  # a pattern that git itself would pass over
        return GitIgnoreSpec.from_lines(())


def _prefix(folder: Path, base: Path) -> str:
    try:
        relative = folder.relative_to(base).as_posix()
    except ValueError:
        return ""
    return "" if relative == "." else f"{relative}/"


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _unreadable(path: Path, error: OSError) -> UnreadableSource:
    return UnreadableSource(
        f"cannot read: {error.strerror or error}",
        path=path,
        hint="check its permissions, or leave it out with `exclude`",
    )


def _near(path: Path) -> str:
    """A hint with a neighbour of nearly the same name, if there is one."""
    import difflib

    try:
        names = os.listdir(path.parent)
    except OSError:
        return f"there is no folder {path.parent} either"
    near = difflib.get_close_matches(path.name, names, n=1)
    return (
        f"did you mean {path.parent / near[0]}?" if near else "paths are relative to " + os.getcwd()
    )
