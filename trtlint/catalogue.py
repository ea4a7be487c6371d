"""Which rules and rewrites there are: found by walking their packages, and checked once."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.resources
import inspect
import json
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

from trtlint.api import Match, Rewrite, Rule
from trtlint.errors import UsageError
from trtlint.findings import VerdictKind
from trtlint.targets import matching, target_names
from trtlint.verdicts import Verdict, expand

C = TypeVar("C")
PLUGINS = "trtlint.rules"  # the entry-point group through which other packages add rules
AnyRule = Rule[Match]
AnyRewrite = Rewrite[Match]


@dataclass(frozen=True)
class VerdictRow:
    """One line of a rule's verdict table; ``target`` may be a range of targets."""

    variant: str
    target: str
    kind: VerdictKind
    evidence: str
    dynamic: VerdictKind | None = None


@dataclass(frozen=True)
class RewriteRow:
    """One rewrite of a rule, as its documentation lists it."""

    name: str
    safety: str
    routes: tuple[str, ...]
    summary: str
    title: str = ""
    on_request: bool = False


@dataclass(frozen=True)
class RuleInfo:
    """A rule as its documentation shows it.

    Attributes:
        why_not: by what it is about, why something has no rewrite.
    """

    name: str
    family: str
    summary: str
    doc: str
    verdicts: tuple[VerdictRow, ...]
    rewrites: tuple[RewriteRow, ...]
    example: str = ""
    references: tuple[str, ...] = ()
    why_not: Mapping[str, str] = field(default_factory=dict)

    def kinds(self, target: str) -> frozenset[VerdictKind]:
        """What a target does with the rule's patterns, at a fixed batch size."""
        table = {row.variant: row for row in self.verdicts if target in matching(row.target)}
        return frozenset(row.kind for row in table.values())

    def only(self, variant: str) -> RuleInfo:
        """The same for one variant."""
        return replace(self, verdicts=tuple(r for r in self.verdicts if r.variant == variant))


@cache
def rules() -> Mapping[str, AnyRule]:
    """One instance of every rule, by name, sorted."""
    found = {cls.name: cls() for cls in _classes("trtlint.rules", Rule)}
    for entry, cls in _plugged(Rule):
        if cls.name in found:
            raise UsageError(
                f"the plugin {entry!r} adds a rule {cls.name!r}, which exists already",
                "rename it; rules are selected and suppressed by name",
            )
        found[cls.name] = cls()
    return dict(sorted(found.items()))


@cache
def rewrites() -> Mapping[str, tuple[AnyRewrite, ...]]:
    """Rewrites by rule name, in the order they are tried."""
    found: dict[str, list[AnyRewrite]] = {}
    plugged = [cls for _, cls in _plugged(Rewrite)]
    for cls in (*_classes("trtlint.rewrites", Rewrite), *plugged):
        found.setdefault(cls.rule.name, []).append(cls())
    return {name: tuple(sorted(group, key=lambda r: r.order)) for name, group in found.items()}


def rule_names() -> tuple[str, ...]:
    """Names of all rules, sorted."""
    return tuple(rules())


def families() -> Mapping[str, tuple[str, ...]]:
    """Rule names by family."""
    found: dict[str, list[str]] = {}
    for name, rule in rules().items():
        found.setdefault(rule.family, []).append(name)
    return {family: tuple(names) for family, names in sorted(found.items())}


def find_rule(name: str) -> RuleInfo:
    """What is documented of a rule.

    Raises:
        UsageError: no such rule; the hint names the nearest one.
    """
    rule = rules().get(name)
    if rule is None:
        near = difflib.get_close_matches(name, rule_names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"unknown rule {name!r}", f"{hint}`trtlint rules` lists them")
    doc = inspect.cleandoc(type(rule).__doc__ or "")
    rows = tuple(
        VerdictRow(variant, target, verdict.kind, _evidence(verdict), verdict.dynamic)
        for variant, table in rule.verdicts.items()
        for target, verdict in table.items()
    )
    fixes = tuple(
        RewriteRow(
            type(rewrite).__name__,
            rewrite.safety.value,
            tuple(sorted(rewrite.routes)),
            inspect.cleandoc(type(rewrite).__doc__ or "").splitlines()[0],
            rewrite.title,
            rewrite.on_request,
        )
        for rewrite in rewrites().get(name, ())
    )
    return RuleInfo(
        rule.name,
        rule.family,
        doc.splitlines()[0] if doc else "",
        doc,
        rows,
        fixes,
        _data("examples").get(name, ""),
        rule.references or tuple(_data("references").get(name, ())),
        _data("why_not").get(name, {}),
    )


def verdict_kinds(rule: AnyRule, variant: str, dynamic_batch: bool) -> Mapping[str, VerdictKind]:
    """What each known target does with a match of that variant."""
    return _verdict_kinds(rule.name, variant, dynamic_batch)


@cache
def _verdict_kinds(name: str, variant: str, dynamic_batch: bool) -> Mapping[str, VerdictKind]:
    table = expand(rules()[name].verdicts[variant])
    return {
        target: table[target].when(dynamic_batch) if target in table else VerdictKind.UNKNOWN
        for target in target_names()
    }


@cache
def _data(what: str) -> Mapping[str, Any]:
    """By rule, what a file of the package holds: examples, references, reasons."""
    text = importlib.resources.files("trtlint").joinpath(f"{what}.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _evidence(verdict: Verdict) -> str:
    return f"{'executed' if verdict.executed else 'cited'}: {verdict.evidence}"


def _classes(package_name: str, base: type[C]) -> Iterator[type[C]]:
    """The one subclass of ``base`` that each module of a package defines."""
    package = importlib.import_module(package_name)
    for module in _modules(package):
        yield from _defined(module, base)


def _defined(module: ModuleType, base: type[C]) -> Iterator[type[C]]:
    """The subclasses of ``base`` that a module itself defines."""
    for value in vars(module).values():
        if (
            inspect.isclass(value)
            and issubclass(value, base)
            and value.__module__ == module.__name__
        ):
            yield value


def _plugged(base: type[C]) -> Iterator[tuple[str, type[C]]]:
    """The subclasses of ``base`` in the modules that other packages name, with the plugin's name.

    Raises:
        UsageError: a plugin cannot be loaded; half of the rules would be worse than none.
    """
    for entry in sorted(importlib.metadata.entry_points(group=PLUGINS), key=lambda e: e.name):
        try:
            module = entry.load()
        except Exception as error:
            raise UsageError(
                f"the plugin {entry.name!r} ({entry.value}) cannot be loaded: "
                f"{type(error).__name__}: {error}",
                "repair or uninstall the package that registers it",
            ) from error
        if not isinstance(module, ModuleType):
            raise UsageError(
                f"the plugin {entry.name!r} ({entry.value}) is no module",
                f"an entry point of the group {PLUGINS!r} names a module that defines rules",
            )
        yield from ((entry.name, cls) for cls in _defined(module, base))


def _modules(package: ModuleType) -> Sequence[ModuleType]:
    names = sorted(
        info.name for info in pkgutil.iter_modules(package.__path__) if info.name[0] != "_"
    )
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]
