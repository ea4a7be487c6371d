"""Comments that silence findings, and those that only look as if they did."""

from __future__ import annotations

import re

import pytest

from trtlint.suppression import Suppression, Suppressions

KNOWN = ("slice-assign", "dtype-cast")


def test_named_rules_on_their_line() -> None:
    text = "x = 1\ny = 2  # trtlint: ignore[slice-assign, dtype-cast] only in training\n"
    found = Suppressions.parse(text)
    assert found.entries == (Suppression(2, ("slice-assign", "dtype-cast"), "only in training"),)
    assert found.covers("slice-assign", 2, 2)
    assert not found.covers("slice-assign", 1, 1)
    assert not found.covers("baked-batch", 2, 2)


def test_without_brackets_all_rules_are_meant() -> None:
    found = Suppressions.parse("y = 2  # trtlint: ignore because\n")
    assert found.entries == (Suppression(1, (), "because"),)
    assert found.covers("anything", 1, 1)
    assert found.unused() == []


@pytest.mark.parametrize("line", [1, 4])
def test_first_and_last_line_of_a_statement(line: int) -> None:
    lines = ["y = f(", "    1,", "    2,", ")"]
    lines[line - 1] += "  # trtlint: ignore[slice-assign]"
    assert Suppressions.parse("\n".join(lines)).covers("slice-assign", 1, 4)


def test_a_line_within_a_statement_does_not_silence_all_of_it() -> None:
    found = Suppressions.parse("y = f(\n    1,  # trtlint: ignore[slice-assign]\n    2,\n)\n")
    assert not found.covers("slice-assign", 1, 4)
    assert found.covers("slice-assign", 2, 2)


@pytest.mark.parametrize(
    "text",
    [
        'x = "# trtlint: ignore"\n',
        'x = """\n# trtlint: ignore-file\n"""\n',
        "x = 1  # the trtlint: ignore comment\n",
        "x = 1\n",
    ],
)
def test_no_suppression(text: str) -> None:
    found = Suppressions.parse(text)
    assert not found.covers("slice-assign", 1, 1)
    assert not found.file_ignored
    assert found.problems(KNOWN) == []


def test_behind_another_comment() -> None:
    found = Suppressions.parse("x = 1  # noqa: E501  # trtlint: ignore[dtype-cast]\n")
    assert found.covers("dtype-cast", 1, 1)


def test_ignore_file() -> None:
    found = Suppressions.parse("import torch\n# trtlint: ignore-file generated\nx = 1\n")
    assert found.file_ignored
    assert found.covers("slice-assign", 99, 99)
    assert found.unused() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1  # trtlint: ignore-file\n", "line 1: .* of its own, not indented"),
        ("if x:\n    # trtlint: ignore-file\n    y\n", "line 2: .* of its own, not indented"),
        ("# trtlint: ignore[slice-assign]\nx = 1\n", "line 1: .* covers nothing"),
        ("x = 1  # trtlint: ignore[]\n", "a rule name is missing"),
        ("x = 1  # trtlint: ignore[a,]\n", "a rule name is missing"),
        ("x = 1  # trtlint: ignore[slice-assign\n", "cannot read"),
        ("x = 1  # trtlint: ignored\n", "cannot read"),
        ("x = 1  # trtlint: noqa\n", "cannot read"),
        (
            "x = 1  # trtlint: ignore[slice-asign]\n",
            "'slice-asign'; did you mean 'slice-assign'\\?",
        ),
        ("x = 1  # trtlint: ignore[quux]\n", "unknown rule 'quux'$"),
    ],
)
def test_what_cannot_work_is_a_problem(text: str, message: str) -> None:
    found = Suppressions.parse(text)
    (problem,) = found.problems(KNOWN)
    assert not found.covers("slice-assign", 1, 1)
    assert not found.file_ignored
    assert re.search(message, str(problem)), problem


def test_unused_ones_name_only_their_useless_rules() -> None:
    text = "x = 1  # trtlint: ignore[slice-assign, dtype-cast] why\ny = 2  # trtlint: ignore\n"
    found = Suppressions.parse(text)
    assert found.covers("slice-assign", 1, 1)
    assert found.unused() == [Suppression(1, ("dtype-cast",), "why"), Suppression(2, ())]
    assert found.unused(["slice-assign"]) == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_python_counts_them(ending: str) -> None:
    text = ending.join(
        ["x = 1", "s = '''", "'''  # trtlint: ignore", "z = 1\x0c", "y  # trtlint: x"]
    )
    found = Suppressions.parse(text)
    assert [entry.line for entry in found.entries] == [3]
    assert [problem.line for problem in found.problems(KNOWN)] == [5]


def test_a_broken_file_is_read_as_far_as_it_goes() -> None:
    found = Suppressions.parse("x = 1  # trtlint: ignore\ny = (\n")
    assert [entry.line for entry in found.entries] == [1]
