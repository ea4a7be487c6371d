"""The runtime errors of :mod:`trtlint.errors`, carrying structured failures.

Same names, so that ``kind`` stays and an ``except trtlint.errors.ParseFailed`` catches them.
"""

from __future__ import annotations

from trtlint import errors
from trtlint.runtime_check.result import Failure


class _Structured(errors.RuntimeCheckError):
    def __init__(self, message: str, hint: str = "", *, failures: tuple[Failure, ...] = ()) -> None:
        super().__init__(message, hint)
        self.failures = failures


class ExportFailed(_Structured, errors.ExportFailed):
    """The exporter refused the model."""


class ParseFailed(_Structured, errors.ParseFailed):
    """TensorRT's ONNX parser refused the graph."""


class BuildFailed(_Structured, errors.BuildFailed):
    """TensorRT's builder refused the network."""
