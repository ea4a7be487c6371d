"""What all tests share: pytest's own fixture for testing plugins, and an option for fixtures."""

import pytest

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-fixtures` rewrites `tests/fixtures/*/*.after.py`."""
    parser.addoption(
        "--update-fixtures",
        action="store_true",
        help="rewrite the after files of tests/fixtures with what the fix makes of before",
    )
