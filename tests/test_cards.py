"""`benchmarks/truth/cards.json` names rules, rewrites, reasons and modules that exist."""

from __future__ import annotations

import json
from typing import Any

import pytest
from checkout import ROOT

from trtlint import catalogue

TRUTH = ROOT / "benchmarks" / "truth"
CARDS: dict[str, dict[str, Any]] = json.loads((TRUTH / "cards.json").read_text("utf-8"))


@pytest.mark.parametrize("card", CARDS)
def test_a_card_names_what_exists(card: str) -> None:
    row = CARDS[card]
    known = {type(one).__name__ for group in catalogue.rewrites().values() for one in group}
    assert row["fix"] in ("yes", "partial", "no")
    assert set(row["rules"]) <= set(catalogue.rule_names())
    assert set(row["rewrites"]) <= known
    assert not (row["why_not"] and row["reason"])
    rule, _, what = row["why_not"].partition(": ")
    assert not rule or what in catalogue.find_rule(rule).why_not


def test_the_modules_of_the_cards_are_measured() -> None:
    lines = (TRUTH / "matrix.jsonl").read_text("utf-8").splitlines()
    measured = {json.loads(line)["name"] for line in lines}
    assert {name for row in CARDS.values() for name in row["modules"]} <= measured
