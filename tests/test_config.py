"""``[tool.trtlint]``: what is read, and how a mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import ROOT

from trtlint.config import FIELDS, Config, ModelEntry, field_table, load_config, read_config
from trtlint.errors import ConfigError
from trtlint.targets import DEFAULT_TARGETS

EVERYTHING = """\
[project]
name = "net"

[tool.trtlint]
targets = ["torch2trt-0.5"]
rules = ["assign", "dtype-cast"]
ignore = ["slice-assign"]
exclude = ["third_party/"]
dynamic-batch = true
unsafe = true
cache-dir = "build/cache"

[[tool.trtlint.models]]
spec = "net.py:Net"
inputs = ["1x3x32x32"]
dims = ["batch=1:4:8"]

[[tool.trtlint.models]]
spec = "net.py:Small"
"""


def save(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_every_key(tmp_path: Path) -> None:
    path = save(tmp_path, EVERYTHING)
    config = load_config(tmp_path)
    assert config == Config(
        path=path,
        text=EVERYTHING,
        targets=("torch2trt-0.5",),
        rules=("assign", "dtype-cast"),
        ignore=("slice-assign",),
        exclude=("third_party/",),
        dynamic_batch=True,
        unsafe=True,
        models=(
            ModelEntry("net.py:Net", ("1x3x32x32",), ("batch=1:4:8",)),
            ModelEntry("net.py:Small"),
        ),
        cache_dir="build/cache",
    )


def test_the_example_above_uses_every_field() -> None:
    assert [field.key for field in FIELDS if field.key not in EVERYTHING] == []


def test_defaults_are_those_of_the_table(tmp_path: Path) -> None:
    """The documented defaults, read as TOML, are the defaults."""
    text = "[tool.trtlint]\n" + "".join(f"{f.key} = {f.default}\n" for f in FIELDS)
    config = read_config(save(tmp_path, text))
    assert config is not None
    assert {f.key: getattr(config, f.attribute) for f in FIELDS} == {
        f.key: getattr(Config(), f.attribute) for f in FIELDS
    }
    assert Config().targets == DEFAULT_TARGETS


def test_the_nearest_table_counts(tmp_path: Path) -> None:
    save(tmp_path, "[tool.trtlint]\nunsafe = true\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    save(inner, "[tool.other]\nx = 1\n")
    assert load_config(inner).unsafe
    save(inner, "[tool.trtlint]\n")
    assert not load_config(inner).unsafe
    assert load_config(inner).path == inner / "pyproject.toml"


def test_no_table(tmp_path: Path) -> None:
    assert read_config(save(tmp_path, "[project]\nname = 'x'\n")) is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[tool.trtlint]\n\ntarget = []\n", 3, "unknown key `target` in [tool.trtlint], did you"),
        ("[tool.trtlint]\ndynamic_batch = true\n", 2, "did you mean `dynamic-batch`?"),
        ("[tool.trtlint]\nquux = 1\n", 2, "unknown key `quux` in [tool.trtlint]\n"),
        ("[tool.trtlint]\nrules = 'all'\n", 2, "`rules` is a string ('all')"),
        ("[tool.trtlint]\nignore = ['a', 1]\n", 2, "`ignore[1]` is a number (1)"),
        ("[tool.trtlint]\nunsafe = 1\n", 2, "`unsafe` is a number (1)"),
        ("[tool.trtlint]\n'unsafe' = 'no'\n", 2, "`unsafe` is a string ('no')"),
        ("[tool.trtlint.rules]\na = 1\n", 1, "`rules` is a table"),
        ("[x]\nrules = 1\n[tool.trtlint]\nrules = 1\n", 4, "`rules` is a number"),
        ("[tool]\ntrtlint = { rules = 1 }\n", 2, "`rules` is a number"),
        ("[tool]\ntrtlint.rules = 1\n", 2, "`rules` is a number"),
        ("[tool]\ntrtlint = 3\n", 2, "`tool.trtlint` is a number (3)"),
        ("[[tool.trtlint.models]]\ninputs = []\n", 1, "`models[0]` has no `spec`"),
        ("[tool.trtlint]\nmodels = [1]\n", 2, "`models[0]` is a number"),
        ("[tool.trtlint]\nmodels = {}\n", 2, "`models` is a table"),
        ("[[tool.trtlint.models]]\nspec = 'a'\nx = 1\n", 1, "unknown key `x` in `models[0]`"),
        ("[[tool.trtlint.models]]\nspec = 'a'\ndims = [1]\n", 1, "`models[0].dims[0]` is a"),
    ],
)
def test_mistakes_are_named_with_their_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = save(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert str(caught.value).startswith(f"{path}: line {line}: ")
    assert message in str(caught.value)
    assert caught.value.hint.startswith("wanted ")
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"[tool.trtlint\n", "not valid TOML.*line 1"), (b"x = '\xff'\n", "not valid UTF-8")],
)
def test_files_that_are_not_toml(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path)


def test_paths_in_messages_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "[tool.trtlint]\nquux = 1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^pyproject.toml: line 2: "):
        load_config(tmp_path)


def test_documentation_holds_the_table() -> None:
    """docs/configuration.md is written by hand but for this table; paste what this shows."""
    assert field_table() in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
