"""Random modules that write into tensors: the fix may rewrite or decline, and changes nothing else.

``python benchmarks/fuzz_rewrites.py`` looks at 20,000, and says how many it rewrites.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from write_grammar import PRELUDE, TARGETS, Writing, writings

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors gain nothing from several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(writing=writings())
def test_random_writes_stay_the_same(writing: Writing) -> None:
    from write_runs import examine

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = examine(writing)
    event(verdict.kind)
    assert not verdict.problem, f"{verdict.problem}\n{writing.text}\n--- after\n{verdict.new}"


BODY = """\
        out = x.clone()
        out[:, :2] = y[:, :2]
        return out
"""


def test_a_difference_is_seen() -> None:
    """What the search relies on: a wrong fix does not pass for a right one."""
    from write_runs import difference, observed, writes

    text = PRELUDE.replace("{dimensions}", "1") + BODY
    shape = (2, 4, 8)
    right = observed(text, shape)
    assert writes(text) == 1
    for wrong in (
        BODY.replace(":2] = ", ":1] = ").replace("y[:, :2]", "y[:, :1]"),
        BODY.replace("x.clone()", "x"),
        BODY.replace("x.clone()", "x.clone().double()"),
        BODY.replace("return out", "self.register_buffer('more', out)\n        return out"),
        BODY.replace("return out", "return out[:]\n").replace("x.clone()", "x.view(x.shape)"),
    ):
        seen = observed(PRELUDE.replace("{dimensions}", "1") + wrong, shape)
        assert any(difference(value, seen[what]) for what, value in right.items()), wrong


def test_nan_and_infinities_are_among_the_inputs() -> None:
    from write_runs import inputs

    for shape in ((4,), (1, 4), (3, 4, 6, 8)):
        for tensor in inputs(shape):
            assert tensor.isnan().any()
            assert tensor.isinf().any()


def test_every_target_is_known() -> None:
    from trtlint.targets import find_target

    assert all(find_target(name) for group in TARGETS for name in group)


def test_a_search_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parent.parent / "benchmarks"))
    from fuzz_rewrites import Tally, remembered

    state = tmp_path / "state"
    assert remembered(state, 3) == (Tally(), set())
    tally = Tally(
        Counter({("rewritten", "tensorrt", True): 2, ("declined", "torch2trt", False): 1})
    )
    tally.reasons["why"] = 1
    tally.examples["why"] = "text"
    tally.failures.append(("problem", "before", "after"))
    tally.commits["1234567"] = 3
    state.write_text(tally.line(3, 0) + tally.line(4, 1) + tally.line(3, 7))
    total, done = remembered(state, 3)
    assert done == {0, 7}
    assert (total.ran, total.share("tensorrt"), total.failures) == (6, 1.0, tally.failures * 2)
    assert (total.reasons, total.examples) == (Counter(why=2), tally.examples)
    assert total.commits == Counter({"1234567": 6})
