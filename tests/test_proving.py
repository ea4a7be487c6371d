"""The search for what holds: which parts of a fix are rolled back, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cli_support import trtlint
from fakes import write

from trtlint.errors import LoadFailed, SourceError
from trtlint.proofs import Conversion, Outcome, Texts
from trtlint.report import Action, Report, Request
from trtlint.session import run

OLD = Conversion({"export": "failed", "build": "skipped"})
NEW = Conversion({"export": "passed", "build": "passed"}, 12, {"SCATTER": 1})


class Judge:
    """Proves by the words in the new texts; records what it was asked."""

    def __init__(
        self, models: dict[str, Sequence[str]], refuses: Callable[[dict[str, str]], str]
    ) -> None:
        self._members, self._refuses = models, refuses
        self.asked: list[dict[str, str]] = []
        self.exact: list[bool] = []
        self.old: dict[str, str] = {}

    @property
    def models(self) -> Sequence[str]:
        return tuple(self._members)

    def start(self, old: Texts, targets: Sequence[str]) -> None:
        self.old = self._plain(old)

    def loads(self, model: str) -> frozenset[str]:
        if not self._members[model]:
            raise LoadFailed(f"{model} fails", "repair it")
        return frozenset(str(Path(name).resolve()) for name in self._members[model])

    def judge(self, model: str, new: Texts, *, exact: bool) -> Outcome:
        texts = self._plain(new)
        self.asked.append(texts)
        self.exact.append(exact)
        reason = self._refuses(texts)
        return Outcome(reason) if reason else Outcome("", ("1x3",), 0.0, OLD, NEW)

    def _plain(self, texts: Texts) -> dict[str, str]:
        return {str(Path(p).relative_to(Path.cwd())): t.decode() for p, t in texts.items()}


def refuse(*bad: tuple[str, str]) -> Callable[[dict[str, str]], str]:
    """Refuse new texts in which a word stands in a file."""
    return lambda texts: next((f"{w} is wrong" for f, w in bad if w in texts.get(f, "")), "")


def fixed(judge: Judge, action: Action = Action.FIX, unsafe: bool = True) -> Report:
    return run(Request(action=action, unsafe=unsafe), judge)


def texts(here: Path) -> dict[str, str]:
    return {p.relative_to(here).as_posix(): p.read_text() for p in sorted(here.rglob("*.py"))}


@pytest.fixture
def three(here: Path) -> Path:
    return write(here, {"a.py": "BAD\n", "pkg/b.py": "BAD\nODD\nSLOW\n", "c.py": "BAD\n"})


ALL = ("a.py", "pkg/b.py", "c.py")


def test_what_holds_is_written(three: Path) -> None:
    judge = Judge({"a.py:Net": ALL}, refuse())
    report = fixed(judge)
    assert texts(three) == {"a.py": "GOOD\n", "c.py": "GOOD\n", "pkg/b.py": "GOOD\nEVEN\nSLOW\n"}
    assert judge.old == {"a.py": "BAD\n", "c.py": "BAD\n", "pkg/b.py": "BAD\nODD\nSLOW\n"}
    assert [p.status for p in report.proofs] == ["equal"]
    assert len(judge.asked) == 1
    assert report.exit_code == 1  # SLOW has no fix


def test_one_file_is_to_blame(three: Path) -> None:
    report = fixed(Judge({"a.py:Net": ALL}, refuse(("c.py", "GOOD"))))
    assert texts(three) == {"a.py": "GOOD\n", "c.py": "BAD\n", "pkg/b.py": "GOOD\nEVEN\nSLOW\n"}
    (proof,) = report.proofs
    assert proof.status == "rolled-back"
    (part,) = proof.rolled_back
    assert (str(part.path), part.rules, part.reason) == ("c.py", ("slice-assign",), "GOOD is wrong")
    assert proof.outcome.shapes == ("1x3",)
    (finding,) = [f for f in report.remaining if str(f.path) == "c.py"]
    assert finding.declined == "rolled back, for a.py:Net does not bear it: GOOD is wrong"
    assert finding.fix is None
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("word", "left", "rule"),
    [("GOOD", "BAD\nEVEN\nSLOW\n", "slice-assign"), ("EVEN", "GOOD\nODD\nSLOW\n", "dtype-cast")],
)
def test_one_rule_is_to_blame(three: Path, word: str, left: str, rule: str) -> None:
    judge = Judge({"a.py:Net": ALL}, refuse(("pkg/b.py", word)))
    report = fixed(judge)
    assert texts(three) == {"a.py": "GOOD\n", "c.py": "GOOD\n", "pkg/b.py": left}
    assert [part.rules for part in report.proofs[0].rolled_back] == [(rule,)]
    # rewrites that are equivalent only under a condition are held to tolerances
    assert [exact for exact, asked in zip(judge.exact, judge.asked, strict=True)] == [
        "EVEN" not in asked.get("pkg/b.py", "") for asked in judge.asked
    ]
    assert judge.asked[-1] == {"a.py": "GOOD\n", "c.py": "GOOD\n", "pkg/b.py": left}


def test_several_are_to_blame(three: Path) -> None:
    judge = Judge(
        {"a.py:Net": ALL}, refuse(("a.py", "GOOD"), ("pkg/b.py", "EVEN"), ("pkg/b.py", "GOOD"))
    )
    report = fixed(judge)
    assert texts(three) == {"a.py": "BAD\n", "c.py": "GOOD\n", "pkg/b.py": "BAD\nODD\nSLOW\n"}
    undone = {str(part.path): part.rules for part in report.proofs[0].rolled_back}
    assert undone == {"a.py": ("slice-assign",), "pkg/b.py": ("dtype-cast", "slice-assign")}
    assert report.proofs[0].outcome.holds


def test_nothing_holds(three: Path) -> None:
    report = fixed(Judge({"a.py:Net": ALL}, lambda texts: "never" if texts else ""))
    assert texts(three) == {"a.py": "BAD\n", "c.py": "BAD\n", "pkg/b.py": "BAD\nODD\nSLOW\n"}
    assert len(report.proofs[0].rolled_back) == 3
    assert not report.fixed
    assert all(f.fix is None for f in report.remaining)


def test_a_roll_back_for_one_model_is_proven_for_the_others(three: Path) -> None:
    """The second model takes c.py out; the first one then does not bear a.py any more."""

    def refuses(new: dict[str, str]) -> str:
        if new.get("c.py") == "GOOD\n" and "pkg/b.py" in new:
            return "c"
        return "a alone" if new == {"a.py": "GOOD\n"} else ""

    report = fixed(
        Judge({"x:A": ("a.py", "c.py"), "x:B": ("c.py", "pkg/b.py")}, refuses), unsafe=False
    )
    after = texts(three)
    assert (after["a.py"], after["c.py"]) in (("BAD\n", "BAD\n"), ("GOOD\n", "GOOD\n"))
    assert not refuses({name: t for name, t in after.items() if t == "GOOD\n" and name != "c.py"})
    assert {proof.model for proof in report.proofs} == {"x:A", "x:B"}


def test_files_that_no_model_loads_are_left_alone(three: Path) -> None:
    report = fixed(Judge({"a.py:Net": ("a.py",), "a.py:Other": ("z.py",)}, refuse()), unsafe=False)
    assert texts(three) == {"a.py": "GOOD\n", "c.py": "BAD\n", "pkg/b.py": "BAD\nODD\nSLOW\n"}
    assert [proof.status for proof in report.proofs] == ["equal", "unchanged"]
    declined = {(str(f.path), f.rule): f.declined for f in report.remaining}
    assert declined["c.py", "slice-assign"] == "not proven: none of the models loads this file"
    assert declined["pkg/b.py", "dtype-cast"] is None  # it was not asked for
    assert report.exit_code == 1


def test_a_model_that_fails_as_it_is_ends_the_run(three: Path) -> None:
    report = fixed(Judge({"a.py:Net": ALL, "a.py:Broken": ()}, refuse()))
    assert texts(three)["a.py"] == "BAD\n"
    assert [str(error) for error in report.errors] == ["a.py:Broken fails\n  hint: repair it"]
    assert report.exit_code == 2


def test_a_diff_is_of_what_holds(three: Path) -> None:
    report = fixed(Judge({"a.py:Net": ALL}, refuse(("c.py", "GOOD"))), Action.DIFF)
    assert texts(three)["a.py"] == "BAD\n"
    assert [str(file.path) for file in report.changed] == ["a.py", "pkg/b.py"]


def test_what_the_encoding_lacks_is_not_proven(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_good(self: object, text: str) -> bytes:
        if "GOOD" in text:
            raise SourceError("no such character", path=Path("a.py"))
        return text.encode()

    monkeypatch.setattr("trtlint.source.Source.to_bytes", refuse_good)
    judge = Judge({"a.py:Net": ("a.py",)}, refuse())
    report = fixed(judge, unsafe=False)
    assert judge.asked == []
    assert [str(e) for e in report.errors] == ["no such character"]
    assert texts(here)["a.py"] == "BAD\n"


def test_nothing_to_change(here: Path) -> None:
    write(here, {"a.py": "", "pkg/b.py": ""})
    report = fixed(Judge({"a.py:Net": ("a.py",)}, refuse()))
    assert [proof.status for proof in report.proofs] == ["unchanged"]
    assert report.exit_code == 0


def cli(monkeypatch: pytest.MonkeyPatch, judge: Judge) -> None:
    class Context:
        def __init__(self, *_: object) -> None: ...

        def __enter__(self) -> Judge:
            return judge

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("trtlint.runtime_check.prover.ModelProver", Context)


def test_a_line_for_each_model(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(monkeypatch, Judge({"a.py:Net": ALL, "z:Z": ("z.py",)}, refuse(("c.py", "GOOD"))))
    result = trtlint("fix", "--verify", "--model", "a.py:Net")
    assert result.stdout.splitlines()[-5:-2] == [
        "a.py:Net: rolled back slice-assign in c.py: GOOD is wrong",
        "a.py:Net: what is left is equal at 1 shape, export failed -> passed, "
        "build skipped -> passed, 12 layers",
        "z:Z: loads no file that a fix changes",
    ]
    assert result.exit_code == 1
    again = trtlint("fix", "--verify", "--model", "a.py:Net", "--diff")
    assert "a.py:Net: rolled back slice-assign in c.py" in again.stderr


def test_json(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(monkeypatch, Judge({"a.py:Net": ALL}, refuse(("c.py", "GOOD"))))
    result = trtlint("fix", "--verify", "--model", "a.py:Net", "--output-format", "json")
    (proof,) = json.loads(result.stdout)["proofs"]
    assert proof == {
        "model": "a.py:Net",
        "status": "rolled-back",
        "files": ["a.py", "c.py", "pkg/b.py"],
        "shapes": ["1x3"],
        "max_abs": 0.0,
        "old": {"levels": dict(OLD.levels), "layers": None, "costly": {}},
        "new": {"levels": dict(NEW.levels), "layers": 12, "costly": {"SCATTER": 1}},
        "rolled_back": [{"path": "c.py", "rules": ["slice-assign"], "reason": "GOOD is wrong"}],
        "notes": [],
    }
    assert "proofs" not in json.loads(trtlint("check", "--output-format", "json").stdout)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--verify"], "there is no model to verify the changes with"),
        (["--verify", "--input", "1x3"], "--input and --dim need a --model"),
        (["--verify", "--model", "net"], "'net' names no model"),
        (["--verify", "--model", "none.py:Net"], "none.py: no such file"),
        (["--verify", "--model", "a.py:Net", "--input", "axb"], "--input 'axb' is no shape"),
        (["--verify", "--model", "a.py:Net", "--dim", "b=3"], "--dim 'b=3' is no range"),
        (["--model", "a.py:Net"], "--model needs --verify"),
        (["--input", "1x3"], "--input needs --verify"),
        (["--dim", "b=1:2:3"], "--dim needs --verify"),
    ],
)
def test_mistakes(here: Path, args: list[str], message: str) -> None:
    result = trtlint("fix", *args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert texts(here)["a.py"] == "BAD\n"


def test_models_of_the_settings(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        here,
        {
            "pyproject.toml": "[tool.trtlint]\nmodels = [{spec = 'a.py:Net', inputs = ['1x3'], "
            "dims = ['b=1:2:3']}, {spec = 'pkg/b.py:Net'}]\n"
        },
    )
    seen = []

    def note(jobs: Sequence[object], *_: object) -> object:
        seen.append([(j.model, j.inputs, j.dim, j.root) for j in jobs])  # type: ignore[attr-defined]
        raise LoadFailed("enough", "")

    monkeypatch.setattr("trtlint.runtime_check.prover.ModelProver", note)
    for args in (
        (),
        ("--model", "a.py:Net"),
        ("--model", "a.py:Net", "--input", "2x3"),
        ("--model", "c.py:Net", "--model", "a.py:Net"),
    ):
        assert trtlint("fix", "--verify", *args).exit_code == 2
    first = ("a.py:Net", ("1x3",), "b=1:2:3", here)
    assert seen == [
        [first, ("pkg/b.py:Net", (), None, here)],
        [first],
        [("a.py:Net", ("2x3",), None, None)],
        [("c.py:Net", (), None, None), first],
    ]
