"""The pytest plugin: ``--trt-parity`` and ``@pytest.mark.trt_parity``; see docs/pytest.md.

pytest imports this module in every run of every project that has trtlint installed, so it imports
nothing but pytest; what does the work is imported where it is needed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pytest

if TYPE_CHECKING:
    from trtlint.runtime_check.options import VerifyOptions
    from trtlint.runtime_check.result import VerifyResult

_T = TypeVar("_T")
MARK = "trt_parity"
_KNOWN = ("atol", "rtol", "exporter", "dim", "seed", "build", "backend", "compute_capability")
_ROW = "trt_parity"  # the user property that carries a row of the summary, through xdist as well


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--trt-parity`` and ``--trt-parity=require``."""
    group = parser.getgroup("trtlint", "conversion to TensorRT")
    group.addoption(
        "--trt-parity",
        action="store_const",
        const="on",
        dest="trt_parity",
        default=None,
        help="convert the models of tests marked trt_parity, and those listed in [tool.trtlint], "
        "with TensorRT and compare the numbers",
    )
    # An option of its own: with nargs="?", `--trt-parity tests/` would take the folder as value.
    group.addoption(
        "--trt-parity=require",
        action="store_const",
        const="require",
        dest="trt_parity",
        help="the same, and fail where a package is missing instead of skipping",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the collector of configured models where it is asked for."""
    config.addinivalue_line(
        "markers",
        f"{MARK}({', '.join(name + '=...' for name in _KNOWN)}): the test returns "
        "(module, inputs); --trt-parity converts it with TensorRT and compares the numbers.",
    )
    if config.getoption("trt_parity") is not None:
        config.pluginmanager.register(_ConfiguredModels(), "trtlint-models")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Check what a marked test returns; pytest itself would warn about a return value."""
    marker = pyfuncitem.get_closest_marker(MARK)
    if marker is None:
        return (yield)
    test = pyfuncitem.obj

    @functools.wraps(test)
    def check(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        returned = test(*args, **kwargs)
        _check_returned(pyfuncitem, marker, returned)

    pyfuncitem.obj = check
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print a table of what was converted."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == _ROW and getattr(report, "when", "") == "call"
    ]
    if not rows:
        return
    header = ["model", "export", "onnx", "build", "layers", "max abs"]
    table = [header, *(row.split("\t") for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    terminalreporter.section("TensorRT parity")
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminalreporter.line("  ".join(cells).rstrip())


class _ConfiguredModels:
    """Makes an item of each model that ``[tool.trtlint]`` lists."""

    @pytest.hookimpl(tryfirst=True)  # so that -k and -m choose among them as well
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Add the items, unless single tests were asked for."""
        if any("::" in argument for argument in config.args):
            return
        from trtlint.config import load_config
        from trtlint.errors import TrtlintError

        try:
            settings = load_config(config.rootpath)
        except TrtlintError as error:
            raise pytest.UsageError(str(error)) from None
        if settings.path is None:
            return
        for entry in settings.models:
            name = f"{MARK}[{entry.spec}]"
            nodeid = f"{settings.path.name}::{name}"
            item = _ModelItem.from_parent(session, name=name, nodeid=nodeid)
            item.spec, item.inputs, item.root = entry.spec, entry.inputs, settings.path.parent
            item.dim = entry.dims[0] if entry.dims else None
            item.add_marker(MARK)
            items.append(item)


class _ModelItem(pytest.Item):
    """One configured model, verified in a child process."""

    spec: str
    inputs: tuple[str, ...]
    dim: str | None
    root: Path

    def runtest(self) -> None:
        """Verify the model."""
        from trtlint.runtime_check.api import verify_spec

        def verify() -> VerifyResult:
            options = _options({"dim": self.dim} if self.dim else {})
            return verify_spec(self.spec, self.inputs, options=options, root=self.root)

        _judge(self, _attempt(self, verify))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it comes from: the project's configuration."""
        return self.root / "pyproject.toml", None, self.name


def _check_returned(item: pytest.Function, marker: pytest.Mark, returned: object) -> None:
    """Convert the returned model, or run it once where ``--trt-parity`` is not given."""
    __tracebackhide__ = True
    if not (isinstance(returned, tuple) and len(returned) == 2 and hasattr(returned[0], "forward")):
        pytest.fail(
            f"a test marked {MARK} returns (module, inputs), not {type(returned).__name__}",
            pytrace=False,
        )
    if marker.args:
        pytest.fail(f"{MARK} takes keyword arguments only: {', '.join(_KNOWN)}", pytrace=False)
    module, inputs = returned
    from trtlint.runtime_check import api

    if item.config.getoption("trt_parity") is None:
        _attempt(item, lambda: api.eager_once(module, inputs, _options(marker.kwargs).seed))
        return

    def verify() -> VerifyResult:
        return api.verify(module, inputs, options=_options(marker.kwargs), label=item.name)

    _judge(item, _attempt(item, verify))


def _attempt(item: pytest.Item, run: Callable[[], _T]) -> _T:
    """Run the check; an error of ours becomes a skip or a failure without our traceback."""
    __tracebackhide__ = True
    from trtlint.errors import BackendMissing, TrtlintError

    try:
        return run()
    except TrtlintError as error:
        caught = error
    # Outside of the handler: pytest would print the chain of exceptions.
    if isinstance(caught, BackendMissing):
        _missing(item, str(caught))
    pytest.fail(str(caught), pytrace=False)


def _options(given: Mapping[str, Any]) -> VerifyOptions:
    from trtlint.errors import UsageError
    from trtlint.runtime_check.options import DimSpec, VerifyOptions

    unknown = sorted(set(given) - set(_KNOWN))
    if unknown:
        raise UsageError(f"{MARK} takes no {', '.join(unknown)}", f"known: {', '.join(_KNOWN)}")
    settings = dict(given)
    if isinstance(settings.get("dim"), str):
        settings["dim"] = DimSpec.parse(settings["dim"])
    return VerifyOptions(**settings)


def _judge(item: pytest.Item, result: VerifyResult) -> None:
    """Pass, skip or fail the item, and leave a row for the summary."""
    __tracebackhide__ = True
    item.user_properties.append((_ROW, _row(item.name, result)))
    if any(level.status == "failed" for level in result.levels.values()):
        pytest.fail(describe(result), pytrace=False)
    skipped = [
        f"{name}: {result.levels[name].reason}"
        for name in ("export", "onnx", "build")
        if result.levels[name].status == "skipped"
    ]
    if skipped:  # half a check is no pass
        _missing(item, "; ".join(skipped))


def _missing(item: pytest.Item, reason: str) -> NoReturn:
    __tracebackhide__ = True
    if item.config.getoption("trt_parity") == "require":
        pytest.fail(f"--trt-parity=require, but {reason}", pytrace=False)
    pytest.skip(reason)


def describe(result: VerifyResult) -> str:
    """Which level failed, the numbers, and the source line: a few lines of text."""
    lines = [f"{result.model} does not convert with the same numbers"]
    for failure in result.failures:
        lines.append(f"{failure.stage}: {failure.message}")
        if failure.at is not None:
            lines.append(f"  at {failure.at}: {failure.at.source}")
    lines += [f"note: {note}" for note in result.notes]
    return "\n".join(lines)


def _row(name: str, result: VerifyResult) -> str:
    """Cells of the summary, separated by tabs: a string, as JUnit reports print it."""
    statuses = [
        result.levels[level].status if level in result.levels else "-"
        for level in ("export", "onnx", "build")
    ]
    build = result.levels["build"].build if "build" in result.levels else None
    outputs = [
        output.max_abs
        for level in result.levels.values()
        for case in level.cases
        for output in case.outputs
    ]
    layers = str(build.layers) if build is not None else "-"
    return "\t".join([name, *statuses, layers, f"{max(outputs):.3g}" if outputs else "-"])
