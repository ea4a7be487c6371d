"""The pytest plugin, run by pytest's own pytester.

Most runs are in this process, so torch and the exporters are imported once; `warm` has them
imported before the first run, because pytester forgets what a run imports and torch cannot be
imported twice.
"""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

import trtlint.pytest_plugin

SETTINGS = """
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider
filterwarnings = error
"""
TESTS = """
import pytest, torch
from torch import nn

class Divisor(nn.Module):
    def forward(self, x):
        return nn.functional.avg_pool2d(x, 2, divisor_override=3)

@pytest.mark.trt_parity
def test_keeps():
    return nn.Conv2d(1, 1, 1), torch.randn(1, 1, 4, 4)

@pytest.mark.trt_parity(atol=1e-3, rtol=1e-3)
@pytest.mark.parametrize("size", [1, 2])
def test_differs(size):
    return Divisor(), torch.randn(size, 1, 4, 4)

def test_plain():
    assert True
"""


@pytest.fixture(scope="module")
def warm():
    import torch

    from trtlint.runtime_check.api import VerifyOptions, verify
    from trtlint.runtime_check.options import DimSpec

    options = VerifyOptions(dim=DimSpec.parse("batch=1:2:3"))
    assert verify(torch.nn.Conv2d(1, 1, 1), torch.randn(2, 1, 4, 4), options=options).passed
    pool = torch.nn.AvgPool2d(2, divisor_override=3)
    assert not verify(pool, torch.randn(1, 1, 4, 4)).passed


@pytest.fixture
def project(pytester, warm):
    pytester.makeini(SETTINGS)
    pytester.makepyfile(test_parity=TESTS)
    return pytester


def test_without_the_flag_each_model_runs_once(project):
    project.runpytest_inprocess().assert_outcomes(passed=4)


def test_with_the_flag_models_are_converted(project):
    result = project.runpytest_inprocess("--trt-parity", "test_parity.py")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "test_differs[[]1] does not convert with the same numbers",
            "onnx: output 'output': 4 of 4 elements differ by more than atol 0.001*max rel 0.25*",
            "  at test_parity.py:6: return nn.functional.avg_pool2d(x, 2, divisor_override=3)",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "*TensorRT parity*",
            "model *export *onnx *build *layers *max abs",
            "test_keeps *passed *passed *passed *1 *",
            "test_differs[[]1] *passed *failed *passed *1 *",
            "test_differs[[]2] *passed *failed *passed *1 *",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_marker_is_described(project):
    result = project.runpytest_inprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.trt_parity(atol=*the test returns*"])
    assert project.runpytest_inprocess("-m", "trt_parity").parseoutcomes()["deselected"] == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "@pytest.mark.trt_parity\ndef test_it(): pass",
            "*returns (module, inputs), not NoneType*",
        ),
        ("@pytest.mark.trt_parity\ndef test_it(): return 1, 2", "*returns (module, inputs)*"),
        (
            "@pytest.mark.trt_parity(tolerance=1)\n"
            "def test_it(): return torch.nn.ReLU(), torch.ones(1)",
            "trt_parity takes no tolerance",
        ),
        (
            "@pytest.mark.trt_parity(1e-3)\ndef test_it(): return torch.nn.ReLU(), torch.ones(1)",
            "trt_parity takes keyword arguments only*",
        ),
        (
            "@pytest.mark.trt_parity\ndef test_it(): return torch.nn.Linear(2, 2), torch.ones(3)",
            "Linear fails on its inputs: RuntimeError: *",
        ),
    ],
)
@pytest.mark.parametrize("flags", [(), ("--trt-parity",)])
def test_a_mistake_in_a_test_is_a_line_and_no_traceback(project, body, message, flags):
    project.makepyfile(test_parity=f"import pytest, torch\n{body}\n")
    result = project.runpytest_inprocess(*flags)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*During handling*")
    result.stdout.no_fnmatch_line("*direct cause*")


def test_a_test_that_raises_shows_its_own_traceback_only(project):
    project.makepyfile(
        test_parity="import pytest\n@pytest.mark.trt_parity\ndef test_it(): raise ValueError(17)\n"
    )
    result = project.runpytest_inprocess("--trt-parity")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*def test_it(): raise ValueError(17)", "E *ValueError: 17"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_dynamic_batch_by_the_marker(project):
    project.makepyfile(
        test_parity="""
        import pytest, torch

        @pytest.mark.trt_parity(dim="batch=1:2:3")
        def test_it():
            return torch.nn.Conv2d(1, 1, 1), torch.randn(2, 1, 4, 4)
        """
    )
    project.runpytest_inprocess("--trt-parity").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("flag", "outcome"), [("--trt-parity", "skipped"), ("--trt-parity=require", "failed")]
)
def test_a_missing_package_skips_unless_it_is_required(project, monkeypatch, flag, outcome):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    project.makepyfile(
        test_parity="""
        import pytest, torch

        @pytest.mark.trt_parity(backend="tensorrt")
        def test_it():
            return torch.nn.ReLU(), torch.randn(2, 3)
        """
    )
    result = project.runpytest_inprocess(flag, "-rs")
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines(["*no TensorRT is installed*"])


def configure(project):
    project.makepyfile(
        net="""
        import torch

        class Net(torch.nn.ReLU): ...

        class Divisor(torch.nn.Module):
            def forward(self, x):
                return torch.nn.functional.avg_pool2d(x, 2, divisor_override=3)
        """
    )
    project.makepyprojecttoml(
        '[tool.trtlint]\nmodels = [{spec = "net.py:Net", inputs = ["1x3"]},\n'
        '  {spec = "net.py:Divisor", inputs = ["1x1x4x4"]}]\n'
    )


def test_models_of_the_configuration_are_items(project):
    configure(project)
    listed = project.runpytest_inprocess("--collect-only", "-q", "--trt-parity")
    listed.stdout.fnmatch_lines(
        ["pyproject.toml::trt_parity[[]net.py:Net]", "pyproject.toml::trt_parity[[]net.py:Divisor]"]
    )
    without = project.runpytest_inprocess("--collect-only", "-q")
    without.stdout.no_fnmatch_line("*pyproject.toml*")
    single = project.runpytest_inprocess("--trt-parity", "test_parity.py::test_plain")
    single.assert_outcomes(passed=1)
    chosen = project.runpytest_inprocess("--collect-only", "-q", "--trt-parity", "-k", "Divisor]")
    assert chosen.parseoutcomes()["deselected"] == 5


def test_models_of_the_configuration_run_in_a_child(project):
    configure(project)
    result = project.runpytest_inprocess("--trt-parity", "-k", "net.py")
    result.assert_outcomes(passed=1, failed=1, deselected=4)
    result.stdout.fnmatch_lines(
        [
            "net.py:Divisor does not convert with the same numbers",
            "  at net.py:7: return torch.nn.functional.avg_pool2d(x, 2, divisor_override=3)",
            "trt_parity[[]net.py:Net] *passed *passed *passed *",
        ]
    )


def test_a_mistake_in_the_configuration_is_a_usage_error(project):
    project.makepyprojecttoml('[tool.trtlint]\nmodels = "net.py:Net"\n')
    result = project.runpytest_inprocess("--trt-parity")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*models*"])


def test_workers_of_xdist_report_to_one_summary(project):
    result = project.runpytest_subprocess("--trt-parity", "-n", "1", "-k", "keeps or differs")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*TensorRT parity*", "model *"])
    result.stdout.fnmatch_lines_random(["test_keeps *passed*", "test_differs[[]2] *failed*"])


def test_a_project_without_the_plugin_is_not_concerned(pytester):
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_subprocess("-p", "no:trtlint").assert_outcomes(passed=1)


def test_the_module_imports_pytest_only():
    tree = ast.parse(Path(trtlint.pytest_plugin.__file__).read_text())
    guarded = [n for n in tree.body if isinstance(n, ast.If)]
    imports = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert len(guarded) == 1  # TYPE_CHECKING
    names = {n.module if isinstance(n, ast.ImportFrom) else n.names[0].name for n in imports}
    assert names == {
        "__future__",
        "functools",
        "collections.abc",
        "pathlib",
        "typing",
        "pytest",
    }


def test_the_module_is_imported_quickly_and_imports_nothing_heavy():
    code = (
        "import sys, time, pytest; start = time.perf_counter(); import trtlint.pytest_plugin; "
        "print(time.perf_counter() - start); "
        "print(*{'torch', 'numpy', 'onnx', 'libcst', 'rich', 'click'} & set(sys.modules))"
    )
    runs = []
    for _ in range(3):  # the machine may be busy: the fastest counts
        out = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        seconds, heavy = out.stdout.split("\n")[:2]
        assert heavy == ""
        runs.append(float(seconds))
        time.sleep(0.01)
    assert min(runs) < 0.05
