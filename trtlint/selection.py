"""From what a user wrote, names of rules, families and targets, to what runs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from trtlint.errors import UsageError
from trtlint.targets import find_target, target_names

ALL = "all"


def select_rules(
    names: Sequence[str],
    ignore: Sequence[str],
    *,
    known: Sequence[str],
    families: Mapping[str, Sequence[str]],
) -> tuple[str, ...]:
    """The rules that ``names`` mean, less those that ``ignore`` means, in the catalogue's order.

    Raises:
        UsageError: a name is neither a rule nor a family, or no rule is left.
    """
    wanted = _expand(names, known, families)
    dropped = _expand(ignore, known, families)
    left = tuple(rule for rule in known if rule in wanted and rule not in dropped)
    if not left:
        raise UsageError(
            "no rule is left to run",
            "every selected rule is also ignored; `trtlint rules` lists all",
        )
    return left


def check_names(
    names: Sequence[str], *, known: Sequence[str], families: Mapping[str, Sequence[str]]
) -> None:
    """Make sure that each of ``names`` is a rule or a family.

    Raises:
        UsageError: one is not; the hint names the nearest one that is.
    """
    _expand(names, known, families)


def select_targets(names: Sequence[str]) -> tuple[str, ...]:
    """The targets of these names, in the order in which they are shown.

    Raises:
        UsageError: a target is unknown, or there is none.
    """
    chosen = {find_target(name).name for name in names}
    if not chosen:
        raise UsageError("no target is selected", "`trtlint targets` lists the known ones")
    return tuple(name for name in target_names() if name in chosen)


def unknown_name(what: str, name: str, known: Iterable[str], listed_by: str) -> UsageError:
    """The error for a name that is not known, with the nearest one that is."""
    near = difflib.get_close_matches(name, list(known), n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return UsageError(f"unknown {what} {name!r}", f"{guess}{listed_by}")


def _expand(
    names: Sequence[str], known: Sequence[str], families: Mapping[str, Sequence[str]]
) -> set[str]:
    found: set[str] = set()
    for name in names:
        if name == ALL:
            found.update(known)
        elif name in known:
            found.add(name)
        elif name in families:
            found.update(families[name])
        else:
            raise unknown_name(
                "rule or family",
                name,
                [*known, *families, ALL],
                "`trtlint rules` lists rules and families",
            )
    return found
