"""What the documents say: pages written by scripts/docs, links, flags, rules and targets."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest
from checkout import ROOT
from cli_support import trtlint

from trtlint import catalogue
from trtlint.cli import COMMANDS, CONTEXT, main
from trtlint.targets import DEFAULT_TARGETS, TARGETS, find_target

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = ROOT / "docs" / "rules"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<to>[^)\s]+)\)")
COMMAND = re.compile(rf"\btrtlint (?P<command>{'|'.join(COMMANDS)})\b(?P<rest>[^`#\n]*)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Flags of other tools that stand in backticks by themselves.
OTHERS = {"--trt-parity", "--update-fixtures"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return re.sub(r"(?ms)^```.*?^```$", "", text)


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def flags(command: str) -> frozenset[str]:
    """The long options that the help of a command lists."""
    found = main.get_command(click.Context(main), command)
    assert found is not None
    # A command keeps the help option of the first context that asks for it.
    with click.Context(found, info_name=command, **CONTEXT) as context:
        return frozenset(FLAG.findall(found.get_help(context)))


def test_there_is_a_page_for_every_rule_and_no_other() -> None:
    names = {f"{name}.md" for name in catalogue.rule_names()} | {"index.md"}
    assert {path.name for path in PAGES.iterdir()} == names == set(generator().pages())


@pytest.mark.parametrize("name", [*(f"{name}.md" for name in catalogue.rule_names()), "index.md"])
def test_pages_are_what_scripts_docs_writes(name: str) -> None:
    committed = (PAGES / name).read_text(encoding="utf-8")
    assert committed == generator().pages()[name], "run ./scripts/docs"


def test_examples_are_what_scripts_docs_writes() -> None:
    assert json.loads((ROOT / "trtlint" / "examples.json").read_text("utf-8")) == dict(
        generator().examples()
    ), "run ./scripts/docs"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for link in LINK.finditer(prose(path.read_text(encoding="utf-8"))):
        to, _, heading = link["to"].partition("#")
        if re.match(r"[a-z]+:", to):
            continue
        goal = path.parent / to if to else path
        if not goal.exists() or (heading and heading not in anchors(goal)):
            broken.append(link["to"])
    assert broken == []


def anchors(path: Path) -> set[str]:
    """What the headings of a document are called in links."""
    titles = re.findall(r"(?m)^#+ (.*)$", prose(path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def mentioned(text: str) -> Iterator[tuple[str, str]]:
    """Each flag that follows a command, with the command."""
    for call in COMMAND.finditer(text):
        for flag in FLAG.findall(call["rest"]):
            yield call["command"], flag


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_flags_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [(c, flag) for c, flag in mentioned(text) if flag not in flags(c)] == []
    alone = {FLAG.findall(code)[0] for code in re.findall(r"`(--[a-z][^`]*)`", prose(text))}
    assert sorted(alone - OTHERS - {flag for command in COMMANDS for flag in flags(command)}) == []


def test_the_readme_mentions_flags_at_all() -> None:
    found = set(mentioned((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {("check", "--target"), ("fix", "--diff"), ("verify", "--input")} <= found
    assert list(mentioned("`trtlint fix --dif x` # --no\ntrtlint rules")) == [("fix", "--dif")]


def test_the_readme_shows_where_rules_and_targets_are_listed() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/rules/index.md" in text
    for family in catalogue.families():
        assert re.search(rf"(?m)^\| `{family}` \|", text), f"README does not name {family}"
    table = text[text.index("\n## Targets") : text.index("\n## What it does not do")]
    named = re.findall(r"(?m)^\| `([\w.-]+)`(?: to `([\w.-]+)`)?( \(default\))?", table)
    assert {find_target(name).library for name, _, _ in named} == {t.library for t in TARGETS}
    assert {last or first for first, last, default in named if default} == set(DEFAULT_TARGETS)


@pytest.mark.parametrize("what", ["check", "diff"])
def test_the_readme_shows_what_is_printed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks are the real output, with gaps where it says `...`."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(rf"(?s)<!-- output: {what} -->\n```\w+\n(.*?)\n```\n<!-- /output -->", text)
    assert block is not None
    command, *shown = block[1].split("\n")
    printed = "\n" + trtlint(*command.removeprefix("$ trtlint ").split()).stdout
    position = 0
    for part in re.split(r"(?m)^\.\.\.$", "\n".join(["", *shown, ""])):
        position = printed.find(part, position)
        assert position >= 0, f"not in the output of `{command}`: {part}"
