"""Rules and rewrites as documents: what each of them must say, and that it agrees with the code."""

from __future__ import annotations

import inspect
import json
import re
import string
from pathlib import Path

import pytest
from fixture_support import fixtures

from trtlint import catalogue
from trtlint.api import Match, Rewrite, Rule
from trtlint.findings import Safety
from trtlint.targets import TARGETS, TYPICAL_TARGETS, matching
from trtlint.verdicts import expand

FAMILIES = frozenset(
    "assign batch control-flow creation dtype host-sync io operator precision".split()
)
SECTIONS = ("What it does", "Why it matters", "Use instead", "Fix safety", "Known limits")
RULES = list(catalogue.rules().values())
REWRITES = [rewrite for group in catalogue.rewrites().values() for rewrite in group]

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
each_rewrite = pytest.mark.parametrize("rewrite", REWRITES, ids=lambda r: type(r).__name__)


def sections(doc: str) -> dict[str, str]:
    """The text under each ``## Heading``."""
    parts = re.split(r"^## (.+)$", doc, flags=re.MULTILINE)
    return {name.strip(): text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def fields_of(template: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@each_rule
def test_rule_is_named_after_its_file(rule: Rule[Match]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule.name)
    assert Path(inspect.getfile(type(rule))).stem == rule.name.replace("-", "_")
    assert rule.family in FAMILIES


@each_rule
def test_rule_says_all_there_is_to_say(rule: Rule[Match]) -> None:
    doc = inspect.cleandoc(type(rule).__doc__ or "")
    first = doc.splitlines()[0]
    assert first.startswith("Flag ")
    assert first.endswith(".")
    found = sections(doc)
    assert tuple(found) == SECTIONS
    for name, text in found.items():
        assert len(text.split()) > 4, f"{name} is empty"


@each_rule
def test_rule_knows_every_target(rule: Rule[Match]) -> None:
    assert rule.verdicts
    for variant, table in rule.verdicts.items():
        assert re.fullmatch(r"[a-z0-9]+([_.][a-z0-9]+)*", variant)
        assert set(TYPICAL_TARGETS) <= set(expand(table)), f"{variant}: a library is missing"
        for target, verdict in table.items():
            assert verdict.evidence.strip(), f"{variant}, {target}: no evidence"
            if verdict.layers:
                kinds = {verdict.kind.value, verdict.dynamic.value if verdict.dynamic else ""}
                assert "costly" in kinds, f"{variant}, {target}: layers, but not costly"
    assert rule.only_if_minded <= set(rule.verdicts)


@each_rule
def test_only_the_installable_target_is_executed(rule: Rule[Match]) -> None:
    for variant, table in rule.verdicts.items():
        executed = {target for target, verdict in expand(table).items() if verdict.executed}
        others = executed - matching("tensorrt-rtx-1.7")
        assert not others, f"{variant}: nobody here can execute {others}"


@each_rule
def test_some_target_minds_every_variant(rule: Rule[Match]) -> None:
    for variant in rule.verdicts:
        kinds = [
            kind
            for dynamic in (False, True)
            for kind in catalogue.verdict_kinds(rule, variant, dynamic).values()
        ]
        assert any(kind.minds for kind in kinds), f"{variant}: a pattern that nobody minds"


@each_rule
def test_message_and_hint_are_one_line(rule: Rule[Match]) -> None:
    for template in (rule.message, rule.hint):
        assert "\n" not in template
        assert not template.endswith(".")
        assert fields_of(template) <= fields_of(rule.message) | fields_of(rule.hint)


@each_rule
def test_rule_page_can_be_shown(rule: Rule[Match]) -> None:
    info = catalogue.find_rule(rule.name)
    assert info.summary
    assert all(info.kinds(target) for target in TYPICAL_TARGETS)
    assert {row.variant for row in info.verdicts} == set(rule.verdicts)


@each_rule
def test_rule_has_fixtures(rule: Rule[Match]) -> None:
    kinds = {kind for one in fixtures() if one.rule == rule.name for kind in one.files}
    assert kinds & {"before", "kept"}, f"neither .before.py nor .kept.py for {rule.name}"
    assert "ok" in kinds, f"no .ok.py for {rule.name}"
    if rule.name in catalogue.rewrites():
        assert kinds >= {"before", "kept"}, f"no .before.py or no .kept.py for {rule.name}"


@each_rewrite
def test_rewrite_is_named_after_its_file(rewrite: Rewrite[Match]) -> None:
    stem = Path(inspect.getfile(type(rewrite))).stem
    assert stem.startswith(rewrite.rule.name.replace("-", "_") + "_")
    assert type(rewrite).__name__.startswith(
        "".join(part.capitalize() for part in rewrite.rule.name.split("-"))
    )
    assert rewrite.title
    assert "\n" not in rewrite.title
    assert rewrite.rule in [type(rule) for rule in RULES]


@each_rewrite
def test_rewrite_argues_for_its_safety(rewrite: Rewrite[Match]) -> None:
    doc = inspect.cleandoc(type(rewrite).__doc__ or "")
    if rewrite.safety is Safety.SAFE:
        assert "Why safe:" in doc
        assert "Why unsafe:" not in doc
    else:
        assert "Why unsafe:" in doc
        assert "Why safe:" not in doc


@each_rewrite
def test_rewrite_names_known_routes(rewrite: Rewrite[Match]) -> None:
    assert rewrite.routes
    assert rewrite.routes <= {target.route for target in TARGETS}


def test_rewrites_of_a_rule_are_tried_in_one_order() -> None:
    for name, group in catalogue.rewrites().items():
        orders = [rewrite.order for rewrite in group]
        assert len(set(orders)) == len(orders), f"{name}: two rewrites of one order"
        assert orders == sorted(orders)


def test_one_unit_a_file() -> None:
    for units in (RULES, REWRITES):
        files = [inspect.getfile(type(unit)) for unit in units]
        assert len(set(files)) == len(files)


def test_fixture_folders_are_rules() -> None:
    assert {fixture.rule for fixture in fixtures()} == set(catalogue.rule_names())


def test_what_is_not_rewritten_has_a_reason() -> None:
    known = json.loads((Path(catalogue.__file__).parent / "why_not.json").read_text("utf-8"))
    assert set(known) <= set(catalogue.rule_names())
    for name, reasons in known.items():
        assert reasons, name
        assert catalogue.find_rule(name).why_not == reasons
        for what, reason in reasons.items():
            assert not f"{what}{reason}".endswith("."), name


def test_references_are_of_rules_there_are() -> None:
    known = json.loads((Path(catalogue.__file__).parent / "references.json").read_text("utf-8"))
    assert set(known) <= set(catalogue.rule_names())
    for name, references in known.items():
        assert len(set(references)) == len(references), name
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", one) for one in references), name
