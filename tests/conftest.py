"""What tests share: fixtures of the command line, pytest's for plugins, and an option."""

from pathlib import Path

import pytest
from fakes import Fake, install, write

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-fixtures` rewrites `tests/fixtures/*/*.after.py`."""
    parser.addoption(
        "--update-fixtures",
        action="store_true",
        help="rewrite the after files of tests/fixtures with what the fix makes of before",
    )


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Stand-ins for the engine and the catalogue."""
    return install(monkeypatch)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Fake) -> Path:
    """A project with one finding of each severity, which is also the current folder."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, {"a.py": "BAD\n", "pkg/b.py": "ODD\nSLOW\n"})
