"""Old code against new code in child processes: what is seen, and what is no difference."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trtlint.errors import LoadFailed, TrtlintError, UsageError
from trtlint.proofs import Conversion, Outcome
from trtlint.runtime_check.options import Limits, VerifyOptions
from trtlint.runtime_check.prover import ModelJob, ModelProver, _worse
from trtlint.runtime_check.result import Failure, LevelResult, VerifyResult

NET = """import torch
from torch import nn

from parts import scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 4)
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("table", torch.arange(4.0), persistent=False)

    def forward(self, x, flag: bool = True):
        y = self.fc(x)
        h = y * 1
        h[:, 1:3] = scale(y[:, 1:3])
        self.seen += 1
        return {"h": h, "mean": (h.mean(dim=1), 3)}


EXAMPLE = (torch.rand(2, 6),)
"""
PARTS = "def scale(x):\n    return x * 2\n"
WRITE = "h[:, 1:3] = scale(y[:, 1:3])\n"
CAT = "h = torch.cat((y[:, :1], scale(y[:, 1:3]), y[:, 3:]), dim=1)\n"
# New code, and the words that say why it may not be written; none where it may.
CASES = {
    "the same otherwise written": ((WRITE, CAT), ""),
    "a non-persistent buffer more": (
        (
            "persistent=False)",
            "persistent=False)\n        self.register_buffer('k', torch.ones(2), persistent=False)",
        ),
        "",
    ),
    "other numbers": (
        ("* 1\n", "* 1\n        h[0, 0] += 1e-6\n"),
        r"on 2x6, output 'h' differs in 1 of 8 elements, most at \[0, 0\]: was -?\d\.\d+, is",
    ),
    "other numbers for some batch sizes only": (
        (WRITE, WRITE + "        if len(x) == 3: h = h + 1\n"),
        "on 3x6, output 'h' differs",
    ),
    "another type": (
        ("* 1\n", "* 1.0\n        y = y.double()\n        h = h.double()\n"),
        r"output 'h' was float32 \[2, 4\] and is float64",
    ),
    "another structure": (("3)}", "4)}"), r"it returned dict\(h: tensor, mean: tuple\(0: tensor"),
    "a parameter with another name": (
        ("self.fc", "self.head"),
        r"'fc.weight' is gone in the checkpoint",
    ),
    "another parameter": (
        ("Linear(6, 4)", "Linear(6, 4, bias=False)"),
        "differs|'fc.bias' is gone",
    ),
    "other state afterwards": (("+= 1", "+= 2"), "'seen' has other values after the run"),
    "a written input": (
        ("y = self.fc(x)\n", "y = self.fc(x)\n        x += 1\n"),
        "its input 'x' is left otherwise",
    ),
    "it fails": ((WRITE, "raise ValueError('no')\n"), r"Net fails: ValueError: no \(at net.py:17"),
    "it cannot be imported": (("import torch\n", "import torch_\n"), "No module named 'torch_'"),
    "it does not parse": (("def forward", "def"), "net.py cannot be imported"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proofs")
    (folder / "net.py").write_text(NET)
    (folder / "parts.py").write_text(PARTS)
    return folder


@pytest.fixture(scope="module")
def prover(project: Path) -> Iterator[ModelProver]:
    """Of a target that is not converted for, so that only the numbers count."""
    job = ModelJob("net.py:Net", root=project)
    with ModelProver([job], VerifyOptions(), Limits(seconds=30)) as prover:
        texts = {name: (project / name).read_bytes() for name in ("net.py", "parts.py")}
        old = {str(project / name): text for name, text in texts.items()}
        prover.start({**old, str(project / "other.py"): b""}, ["torch2trt-0.5"])
        assert prover.loads("net.py:Net") == set(old)
        yield prover


@pytest.mark.parametrize("name", CASES)
def test_what_is_seen(prover: ModelProver, project: Path, name: str) -> None:
    (old, new), reason = CASES[name]
    assert old in NET
    text = NET.replace(old, new).encode()
    outcome = prover.judge("net.py:Net", {str(project / "net.py"): text}, exact=True)
    if reason:
        assert re.search(reason, outcome.reason)
    else:
        assert outcome.reason == ""
        assert outcome.shapes == ("2x6", "1x6", "3x6")
    assert (project / "net.py").read_text() == NET
    assert not (project / "__pycache__" / f"net.{sys.implementation.cache_tag}.pyc").exists()


def test_a_file_that_the_model_imports(prover: ModelProver, project: Path) -> None:
    wrong = {str(project / "parts.py"): b"def scale(x):\n    return x * 3\n"}
    assert "output 'h' differs" in prover.judge("net.py:Net", wrong, exact=True).reason
    right = {str(project / "parts.py"): b"def scale(x):\n    return x + x\n"}
    assert prover.judge("net.py:Net", right, exact=True).holds


def test_a_tolerance_where_one_is_allowed(prover: ModelProver, project: Path) -> None:
    near = {str(project / "parts.py"): b"def scale(x):\n    return x * 2 + 1e-6\n"}
    assert not prover.judge("net.py:Net", near, exact=True).holds
    outcome = prover.judge("net.py:Net", near, exact=False)
    assert outcome.holds
    assert 0 < outcome.max_abs < 1e-5
    far = {str(project / "parts.py"): b"def scale(x):\n    return x * 2 + 1e-2\n"}
    assert not prover.judge("net.py:Net", far, exact=False).holds


def started(folder: Path, text: str, target: str = "torch2trt-0.5", **more: str) -> ModelProver:
    """A prover of ``net.py:Net`` in a folder, with the files given as ``name=text``."""
    for name, content in {"net": text, **more}.items():
        (folder / f"{name}.py").write_text(content)
    prover = ModelProver([ModelJob("net.py:Net", root=folder)], VerifyOptions(), Limits())
    prover.start({str(p): p.read_bytes() for p in folder.glob("*.py")}, [target])
    return prover


PLAIN = """import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return {value}


EXAMPLE = (torch.rand(2, 3),)
"""


def test_a_file_that_is_imported_late(tmp_path: Path) -> None:
    text = PLAIN.format(value="__import__('late').f(x)")
    with started(tmp_path, text, late="f = abs\n", never="") as prover:
        assert {Path(p).name for p in prover.loads("net.py:Net")} == {"net.py", "late.py"}


@pytest.mark.parametrize(
    "value",
    [
        "x + int.from_bytes(__import__('os').urandom(2), 'big')",
        "x + EXTRA",  # the same for one process
    ],
)
def test_a_model_that_never_gives_the_same_numbers(tmp_path: Path, value: str) -> None:
    text = PLAIN.format(value=value)
    text += "EXTRA = int.from_bytes(__import__('os').urandom(2), 'big')\n"
    with started(tmp_path, text) as prover:
        prover.loads("net.py:Net")
        outcome = prover.judge("net.py:Net", {}, exact=True)
    assert outcome == Outcome(
        "the model as it is gives other numbers each time: nothing can be compared"
    )


def test_memory_that_was_not_shared_before(tmp_path: Path) -> None:
    """Whoever writes into the output would change the input."""
    text = PLAIN.format(value="x.clone()")
    with started(tmp_path, text) as prover:
        prover.loads("net.py:Net")
        new = {str(tmp_path / "net.py"): PLAIN.format(value="x").encode()}
        reason = prover.judge("net.py:Net", new, exact=True).reason
    assert reason == "on 2x3, output 'output' shares memory with input 'x' and did not before"


def test_random_numbers_are_drawn_alike(tmp_path: Path) -> None:
    text = PLAIN.format(value="x + torch.rand(3) + __import__('random').random()")
    with started(tmp_path, text) as prover:
        prover.loads("net.py:Net")
        assert prover.judge("net.py:Net", {}, exact=True).holds


def test_a_gpu_that_is_not_there(tmp_path: Path) -> None:
    import torch

    text = PLAIN.format(
        value="x.cuda() + torch.zeros(3, device='cuda:0') + self.one.to('cuda')"
    ).replace(
        "    def forward",
        "    def __init__(self):\n        super().__init__()\n"
        "        self.one = nn.Parameter(torch.ones(3)).cuda()\n\n    def forward",
    )
    with started(tmp_path, text) as prover:
        prover.loads("net.py:Net")
        new = text.replace(".cuda() + torch", " + torch").encode()
        outcome = prover.judge("net.py:Net", {str(tmp_path / "net.py"): new}, exact=True)
    assert outcome.holds
    assert bool(outcome.notes) is not torch.cuda.is_available()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLAIN.format(value="x.nonsense()"), "has no attribute 'nonsense'"),
        (PLAIN.format(value="x").replace("EXAMPLE", "OTHER"), "there are no inputs"),
        ("import nowhere\n", "No module named 'nowhere'"),
        ("Net = 3\n", "net.py:Net is a int"),
    ],
)
def test_a_model_that_fails_as_it_is(tmp_path: Path, text: str, message: str) -> None:
    with started(tmp_path, text) as prover, pytest.raises(TrtlintError, match=message) as caught:
        prover.loads("net.py:Net")
    assert isinstance(caught.value, (LoadFailed, UsageError))


def result(export: str, build: str, reason: str = "") -> VerifyResult:
    failures = (Failure("export", "data-dependent"),) if export == "failed" else ()
    levels = {"export": LevelResult(export), "build": LevelResult(build, reason=reason)}  # type: ignore[arg-type]
    return VerifyResult("m", "dynamo", levels=levels, failures=failures)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (("passed", "passed", {}), ("passed", "passed", {}), ""),
        (("failed", "skipped", {}), ("failed", "skipped", {}), ""),
        (("failed", "skipped", {}), ("passed", "passed", {"SCATTER": 9}), ""),
        (("passed", "skipped", {}), ("passed", "skipped", {}), ""),
        (("passed", "passed", {}), ("failed", "skipped", {}), "does not: data-dependent"),
        (("passed", "passed", {}), ("passed", "failed", {}), "level 'build' and .* does not: no"),
        (("passed", "passed", {"SCATTER": 2}), ("passed", "passed", {"GATHER": 2}), ""),
        (
            ("passed", "passed", {"SCATTER": 1, "TOPK": 1}),
            ("passed", "passed", {"SCATTER": 3}),
            "the new code makes 3 costly layers instead of 2: SCATTER 1 -> 3",
        ),
    ],
)
def test_what_converts_worse(old, new, message):  # type: ignore[no-untyped-def]
    before, after = (
        Conversion({"export": export, "build": build}, 5, costly)
        for export, build, costly in (old, new)
    )
    found = _worse(before, after, result(new[0], new[1], "no"))
    assert re.search(message, found)
    assert bool(message) is bool(found)


def test_conversion_is_compared(tmp_path: Path) -> None:
    """The new code has the same numbers and costs more; then it costs less."""
    text = PLAIN.format(value="self.g(x)").replace(
        "    def forward",
        "    def g(self, x):\n        h = torch.zeros_like(x)\n        h[:, 0] = x[:, 0]\n"
        "        h[:, 1:] = x[:, 1:]\n        return h + 1\n\n    def forward",
    )
    path = str(tmp_path / "net.py")
    with started(tmp_path, text, "tensorrt-rtx-1.7") as prover:
        prover.loads("net.py:Net")
        less = prover.judge(
            "net.py:Net", {path: text.replace("self.g(x)", "x + 1").encode()}, exact=True
        )
        more = text.replace("return h + 1", "h[:, 2] = x[:, 2]\n        return h + 1")
        worse = prover.judge("net.py:Net", {path: more.encode()}, exact=True)
    assert less.holds
    assert less.old is not None
    assert less.new is not None
    assert (less.old.costly["SCATTER"], less.new.costly) == (2, {})
    assert re.search(r"makes \d costly layers instead of \d: SCATTER 2 -> 3", worse.reason)
