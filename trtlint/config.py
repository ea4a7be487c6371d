"""``[tool.trtlint]`` of the nearest ``pyproject.toml``.

One table, :data:`FIELDS`, says everything about a key: its parser, its default, its sentence in
the documentation. Settings are strict: an unknown key or a value of the wrong kind is an error.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trtlint.errors import ConfigError
from trtlint.targets import DEFAULT_TARGETS

TABLE = "tool.trtlint"
DEFAULT_CACHE = ".trtlint_cache"


@dataclass(frozen=True)
class ModelEntry:
    """A model that `trtlint verify` runs when it is given none.

    ``inputs`` and ``dims`` are spelled as the values of its ``--input`` and ``--dim``.
    """

    spec: str
    inputs: tuple[str, ...] = ()
    dims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """The settings of a project; ``path`` is the file they come from, if there is one."""

    path: Path | None = None
    text: str = ""
    targets: tuple[str, ...] = DEFAULT_TARGETS
    rules: tuple[str, ...] = ("all",)
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dynamic_batch: bool = False
    unsafe: bool = False
    models: tuple[ModelEntry, ...] = ()
    cache_dir: str = DEFAULT_CACHE

    def error(self, key: str, message: str, *, found: str = "", wanted: str = "") -> ConfigError:
        """An error about ``key`` that names the file and the line."""
        return _error(self.path or Path("pyproject.toml"), self.text, key, message, found, wanted)


class _WrongValueError(Exception):
    """A value of the wrong kind: what stands there, where inside the value, or a whole sentence."""

    def __init__(self, found: object, where: str = "", message: str = "") -> None:
        super().__init__(message)
        self.found, self.where, self.message = found, where, message


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _WrongValueError(value)
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise _WrongValueError(item, f"[{index}]")
    return tuple(value)


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _WrongValueError(value)
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError(value)
    return value


def _models(value: object) -> tuple[ModelEntry, ...]:
    if not isinstance(value, list):
        raise _WrongValueError(value)
    return tuple(_model(item, index) for index, item in enumerate(value))


def _model(item: object, index: int) -> ModelEntry:
    if not isinstance(item, dict):
        raise _WrongValueError(item, f"[{index}]")
    if not isinstance(item.get("spec"), str):
        raise _WrongValueError(
            item, message=f"`models[{index}]` has no `spec`, such as 'net.py:Net'"
        )
    lists: dict[str, tuple[str, ...]] = {}
    for key, value in item.items():
        if key == "spec":
            continue
        if key not in ("inputs", "dims"):
            raise _WrongValueError(key, message=f"unknown key `{key}` in `models[{index}]`")
        try:
            lists[key] = _strings(value)
        except _WrongValueError as wrong:
            raise _WrongValueError(wrong.found, f"[{index}].{key}{wrong.where}") from None
    return ModelEntry(item["spec"], **lists)


@dataclass(frozen=True)
class ConfigField:
    """One key: how it is read, and what the documentation says of it."""

    key: str
    parse: Callable[[object], object]
    wanted: str
    default: str  # in TOML
    doc: str

    @property
    def attribute(self) -> str:
        """Its name in :class:`Config`."""
        return self.key.replace("-", "_")


FIELDS: tuple[ConfigField, ...] = (
    ConfigField(
        "targets",
        _strings,
        "a list of target names",
        "[" + ", ".join(f'"{name}"' for name in DEFAULT_TARGETS) + "]",
        "What the models are converted with; severities follow from it. "
        "`trtlint targets` lists the names.",
    ),
    ConfigField(
        "rules",
        _strings,
        "a list of rule names, families or `all`",
        '["all"]',
        "The rules to run. `trtlint rules` lists names and families.",
    ),
    ConfigField(
        "ignore",
        _strings,
        "a list of rule names or families",
        "[]",
        "Rules to leave out of `rules`.",
    ),
    ConfigField(
        "exclude",
        _strings,
        "a list of .gitignore patterns",
        "[]",
        "Files and folders to pass over, as patterns relative to the `pyproject.toml`, on top of "
        "what `.gitignore` names. A file named on the command line is checked all the same, "
        "unless `--force-exclude` is given.",
    ),
    ConfigField(
        "dynamic-batch",
        _flag,
        "true or false",
        "false",
        "The batch size varies at run time: a fix may not rely on the one in an example.",
    ),
    ConfigField(
        "unsafe",
        _flag,
        "true or false",
        "false",
        "Let `trtlint fix` also apply rewrites that are equivalent only under a condition; "
        "`trtlint rule NAME` says which.",
    ),
    ConfigField(
        "models",
        _models,
        "a list of tables with `spec` and optionally `inputs` and `dims`, both lists of strings",
        "[]",
        "Models that `trtlint verify` and `trtlint fix --verify` run when they are given none: "
        "`spec` is the argument of `verify`, "
        "`inputs` and `dims` are the values of its `--input` and `--dim`.",
    ),
    ConfigField(
        "cache-dir",
        _string,
        "a path",
        f'"{DEFAULT_CACHE}"',
        "Where results are kept, relative to the `pyproject.toml`. The environment variable "
        "`TRTLINT_CACHE_DIR` and `--cache-dir` win over it.",
    ),
)


def load_config(start: Path) -> Config:
    """The settings that hold in ``start``: of the nearest ``pyproject.toml`` with our table.

    Raises:
        ConfigError: a file on the way is not valid TOML, or its settings are wrong.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            config = read_config(path)
            if config is not None:
                return config
    return Config()


def read_config(path: Path) -> Config | None:
    """The settings in this file; None where it has no ``[tool.trtlint]``.

    Raises:
        ConfigError: the file cannot be read, is not valid TOML, or its settings are wrong.
    """
    shown = _shown(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not valid UTF-8"
        raise ConfigError(
            f"cannot read: {reason}", path=shown, wanted="a TOML file that can be read"
        ) from None
    table = _table(text, shown)
    return None if table is None else _config(table, path, text)


def field_table() -> str:
    """:data:`FIELDS` as a Markdown table; docs/configuration.md holds a copy of it."""
    rows = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    rows += [f"| `{f.key}` | {f.wanted} | `{f.default}` | {f.doc} |" for f in FIELDS]
    return "\n".join(rows) + "\n"


def _table(text: str, path: Path) -> Mapping[str, object] | None:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", path=path, wanted="valid TOML") from None
    for part in TABLE.split("."):
        table = table.get(part) if isinstance(table, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise _error(path, text, "trtlint", f"`{TABLE}` is {_kind(table)}", _kind(table), "a table")
    return table


def _config(table: Mapping[str, object], path: Path, text: str) -> Config:
    by_key = {field.key: field for field in FIELDS}
    values: dict[str, Any] = {}
    for key, value in table.items():
        field = by_key.get(key)
        if field is None:
            near = difflib.get_close_matches(key.replace("_", "-"), by_key, n=1)
            guess = f", did you mean `{near[0]}`?" if near else ""
            raise _error(
                path,
                text,
                key,
                f"unknown key `{key}` in [{TABLE}]{guess}",
                key,
                "one of " + ", ".join(by_key),
            )
        try:
            values[field.attribute] = field.parse(value)
        except _WrongValueError as wrong:
            found = _kind(wrong.found)
            message = wrong.message or f"`{key}{wrong.where}` is {found}"
            raise _error(path, text, key, message, found, field.wanted) from None
    return Config(path=path, text=text, **values)


def _error(
    path: Path, text: str, key: str, message: str, found: str = "", wanted: str = ""
) -> ConfigError:
    line = line_of(text, key)
    at = f"line {line}: " if line else ""
    return ConfigError(at + message, path=_shown(path), key=key, found=found, wanted=wanted)


def line_of(text: str, key: str) -> int:
    """The line in which ``key`` of our table is set, by its spelling; 0 where it is not found."""
    spelled = rf"""(?:"{re.escape(key)}"|'{re.escape(key)}'|{re.escape(key)})"""
    prefix = re.escape(TABLE).replace(r"\.", r"\s*\.\s*")
    assigned = re.compile(rf"^\s*{spelled}\s*[=.]")
    header = re.compile(r"^\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
    own_header = re.compile(rf"{prefix}\s*\.\s*{spelled}(?:\s*\..*)?$")
    inside = re.compile(rf"{prefix}$")
    table, fallback = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        match = header.match(line)
        if match:
            table = match[1]
            if own_header.match(table):
                return number
        elif assigned.match(line) and (inside.match(table) or (table, key) == ("tool", "trtlint")):
            return number
        elif not fallback and re.search(rf"\b{prefix.split('.')[-1]}\b.*\b{spelled}\s*=", line):
            fallback = number  # an inline or dotted table: `trtlint.rules = ...`
    return fallback


def _kind(value: object) -> str:
    kinds = {bool: "a boolean", str: "a string", dict: "a table", list: "a list", int: "a number"}
    kind = kinds.get(type(value), f"a {type(value).__name__}")
    return f"{kind} ({value!r})" if isinstance(value, (bool, str, int, float)) else kind


def _shown(path: Path) -> Path:
    """Relative to the current folder where it lies inside, so that messages stay short."""
    try:
        return Path(path).resolve().relative_to(os.getcwd())
    except ValueError:
        return path
