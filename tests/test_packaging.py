"""What gets installed: real files where the checkout has links, and nothing beside ``trtlint``."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from checkout import ROOMS, ROOT, copy_checkout

import trtlint

pytestmark = pytest.mark.xdist_group("packaging")  # one worker sets up for all of these


def run(*command: object, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy of the sources, links kept."""
    folder = tmp_path_factory.mktemp("packaging")
    source = copy_checkout(folder / "source")
    # The wheel is built from the unpacked sdist, so the one shows that the other is complete.
    run(sys.executable, "-m", "build", "--no-isolation", "-o", folder / "dist", cwd=source)
    return folder / "dist"


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(built: Path) -> Path:
    (found,) = built.glob("*.tar.gz")
    return found


def package_sources() -> set[str]:
    """Every module of the checkout, named as it should be in a wheel."""
    own = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "trtlint").rglob("*.py")
        if path.relative_to(ROOT).parts[1] not in ROOMS  # some versions of rglob follow links
    }
    linked = {
        f"trtlint/{path.relative_to(ROOT).as_posix()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    }
    return own | linked


def test_wheel_holds_every_module_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if name.endswith(".py")} == package_sources()
    assert {name.split("/")[0] for name in names} == {
        "trtlint",
        f"trtlint-{trtlint.__version__}.dist-info",
    }
    assert "trtlint/py.typed" in names
    assert {f"trtlint/{room}/__init__.py" for room in ROOMS} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_asks_for_no_heavy_package_by_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("dist-info/METADATA"))
        metadata = archive.read(name).decode()
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    base = [line for line in needs if "extra ==" not in line]
    assert base
    for heavy in ("torch", "numpy", "onnx", "tensorrt"):
        assert not any(line.startswith(f"Requires-Dist: {heavy}") for line in base)
        assert heavy == "numpy" or any(heavy in line for line in needs)


def test_sdist_holds_real_files(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = {member.name.partition("/")[2]: member for member in archive}
    assert package_sources() <= set(members)
    assert [name for name, member in members.items() if member.issym() or member.islnk()] == []
    assert {"LICENSE", "README.md", "pyproject.toml"} <= set(members)


def test_installed_wheel_runs_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index")
    run(*pip, "--target", site, wheel, cwd=elsewhere)
    installed = {**os.environ, "PYTHONPATH": str(site)}
    rooms = ", ".join(f"trtlint.{room}" for room in ROOMS)
    code = f"import trtlint, {rooms}; [print(m.__file__) for m in (trtlint, {rooms})]"
    for file in run(sys.executable, "-c", code, cwd=elsewhere, env=installed).splitlines():
        assert Path(file).resolve().is_relative_to(site.resolve())
    version = run(sys.executable, "-m", "trtlint", "--version", cwd=elsewhere, env=installed)
    assert trtlint.__version__ in version
