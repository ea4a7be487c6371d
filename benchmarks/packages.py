"""Where the sources of a package are, and what trtlint finds in them; nothing is imported."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

# The versions that labels and hand-picked lines belong to.
VERSIONS = {"timm": "1.0.31", "torchvision": "0.29.2", "transformers": "5.23.0"}


def locate(package: str, sites: Sequence[Path] = ()) -> Path:
    """The folder of a package: below one of ``sites``, else installed, else downloaded there.

    Raises:
        SystemExit: it is not there, or has another version than the labels.
    """
    for site in sites:
        for folder in (site / package, site / f"x_{package}" / package):
            if folder.is_dir():
                _check(package, folder)
                return folder
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        _check(package, folder)
        return folder
    if not sites:
        raise SystemExit(f"{package} is not installed; name a folder for its sources with --site")
    return _download(package, sites[0])


def _check(package: str, folder: Path) -> None:
    infos = list(folder.parent.glob(f"{package}-*.dist-info"))
    found = [re.sub(rf"{package}-(.*)\.dist-info", r"\1", info.name) for info in infos]
    if found and VERSIONS[package] not in found:
        raise SystemExit(
            f"{folder} is {package} {found[0]}; the labels are of {VERSIONS[package]}: "
            "name a folder for its sources with --site"
        )


def _download(package: str, site: Path) -> Path:
    """Unpack the wheel without installing it."""
    site.mkdir(parents=True, exist_ok=True)
    wanted = f"{package}=={VERSIONS[package]}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(site), wanted]
    subprocess.run(command, check=True)
    (wheel,) = site.glob(f"{package}-{VERSIONS[package]}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py") or "dist-info" in name]
        archive.extractall(site, names)
    return site / package


@dataclass(frozen=True)
class Found:
    """One finding, as plain data.

    Attributes:
        path: relative to the package's folder, with slashes.
        line: where it stands.
    """

    package: str
    path: str
    line: int
    column: int
    rule: str
    severity: str
    symbol: str
    message: str

    @property
    def key(self) -> str:
        """What a label is filed under."""
        return f"{self.package}/{self.path}:{self.line}:{self.column} {self.rule}"


@dataclass
class Census:
    """What a check of one package saw.

    Attributes:
        found: all findings.
        functions: how many functions are traced.
        clean: how many of them have no error and no warning.
        lines: how many lines of source these functions have.
    """

    package: str
    found: list[Found]
    functions: int = 0
    clean: int = 0
    lines: int = 0


def check(
    package: str,
    folder: Path,
    targets: Sequence[str] | None = None,
    only: Collection[str] | None = None,
) -> Census:
    """Check a package, or the files of it that ``only`` names, for default targets or others."""
    from trtlint import catalogue, engine
    from trtlint.analysis.project import Project
    from trtlint.candidates import EngineSettings
    from trtlint.inspection import Inspection
    from trtlint.source import Source
    from trtlint.targets import DEFAULT_TARGETS

    sources = [Source.read(path) for path in sorted(folder.rglob("*.py"))]
    settings = EngineSettings(catalogue.rule_names(), tuple(targets or DEFAULT_TARGETS))
    census = Census(package, [])
    minded: set[tuple[Path, str]] = set()
    names = {source.path: source.path.relative_to(folder).as_posix() for source in sources}
    selected = [s for s in sources if only is None or names[s.path] in only]
    context = [s for s in sources if not (only is None or names[s.path] in only)]
    for report in engine.check(selected, context, settings, jobs=os.cpu_count() or 1):
        for finding in report.findings:
            census.found.append(
                Found(
                    package,
                    names[finding.path],
                    finding.span.line,
                    finding.span.column,
                    finding.rule,
                    finding.severity.value,
                    finding.symbol,
                    finding.message,
                )
            )
            if finding.severity.value != "advice":
                minded.add((finding.path, finding.symbol))
    if only is not None:
        return census
    project = Project({source.path: source.text for source in sources})
    for traced in Inspection(project, settings).traced.values():
        facts = project.files[traced.path].functions[traced.symbol.qualname]
        census.functions += 1
        census.clean += (traced.path, traced.symbol.qualname) not in minded
        census.lines += facts.last_line - facts.first_line + 1
    return census
