"""Every error that trtlint raises on purpose.

::

    TrtlintError(message, hint)
    ├── UsageError                  flag, selector, path (exit 2)
    ├── ConfigError(path, key, found, wanted)
    ├── SourceError(path)           the file is reported, the run goes on (exit 2)
    │   ├── UnreadableSource
    │   └── UnparsableSource(line, column)
    ├── AuthorError(unit)           a bug in a rule or rewrite, always named
    │   ├── RuleCrashed(path, line)
    │   ├── BrokenRewrite(path)     the output does not parse
    │   └── UnstableRewrite(path)   the fix loop does not settle
    └── RuntimeCheckError
        ├── LoadFailed              the model cannot be imported, made or run
        ├── BackendMissing          a package or device is absent: a skip, not a failure
        ├── ExportFailed            torch.onnx.export refused the model
        ├── ParseFailed             TensorRT's ONNX parser refused the graph
        └── BuildFailed             TensorRT's builder refused the network

A parity mismatch is a result, not an error. A message says what happened and where; ``hint`` says
what to do next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class TrtlintError(Exception):
    """Base of all errors; never raised itself.

    Args:
        message: what happened and where, one sentence.
        hint: what to do next, or an empty string.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes with what their constructors were given."""
        return (_revive, (type(self), self.args, self.__dict__))

    @property
    def kind(self) -> str:
        """The class name in kebab case, as it stands in JSON: ``unparsable-source``."""
        name = type(self).__name__
        return "".join("-" + c.lower() if c.isupper() else c for c in name).lstrip("-")


def _revive(kind: type[TrtlintError], args: tuple[Any, ...], state: dict[str, Any]) -> TrtlintError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with a sentence on what was done by then; not an error, and no TrtlintError."""


class UsageError(TrtlintError):
    """A flag, selector or path that does not fit."""


class ConfigError(TrtlintError):
    """A setting in ``[tool.trtlint]`` that is unknown or of the wrong kind."""

    def __init__(
        self, message: str, *, path: Path, key: str = "", found: str = "", wanted: str = ""
    ) -> None:
        super().__init__(f"{path}: {message}", f"wanted {wanted}" if wanted else "")
        self.path, self.key, self.found, self.wanted = path, key, found, wanted


class SourceError(TrtlintError):
    """One file that cannot be checked; the run goes on with the others."""

    def __init__(
        self, message: str, *, path: Path, line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        super().__init__(message, hint)
        self.path, self.line, self.column = path, line, column


class UnreadableSource(SourceError):
    """The file cannot be opened or decoded."""


class UnparsableSource(SourceError):
    """The file is not valid Python."""


class AuthorError(SourceError):
    """A bug in a rule or rewrite; ``unit`` names it."""

    def __init__(
        self, message: str, *, unit: str, path: Path, line: int = 0, hint: str = ""
    ) -> None:
        super().__init__(
            f"{unit}: {message}",
            path=path,
            line=line,
            hint=hint or "this is a bug in trtlint, not in your code; please report it",
        )
        self.unit = unit


class RuleCrashed(AuthorError):
    """A rule raised an exception of its own."""


class BrokenRewrite(AuthorError):
    """A rewrite's output does not parse; the file was left untouched."""


class UnstableRewrite(AuthorError):
    """Rewrites kept changing the file after the last pass; the file was left untouched."""


class RuntimeCheckError(TrtlintError):
    """Something the runtime check needs did not work."""


class LoadFailed(RuntimeCheckError):
    """The model cannot be imported, constructed or run eagerly."""


class BackendMissing(RuntimeCheckError):
    """A package or device is absent; levels that need it are skipped with this message."""


class ExportFailed(RuntimeCheckError):
    """The exporter refused the model."""


class ParseFailed(RuntimeCheckError):
    """TensorRT's ONNX parser refused the graph."""


class BuildFailed(RuntimeCheckError):
    """TensorRT's builder refused the network."""
