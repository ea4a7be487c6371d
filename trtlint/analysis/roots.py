"""Where traced code starts: the modules that are models or parts of one.

A loss, a metric or an augmentation may be an ``nn.Module`` too. It runs in training, or before the
network, and no exporter meets it. It is told by what it derives from, by its name, or by the file
it stands in; its ``forward`` is traced only where the traced code of a model calls it. The same
goes for what only losses use, such as the matcher of a detector, for what is made in training only,
and for a ``forward`` that no exporter can call, as it wants an object of the project that carries
state from call to call.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from trtlint.analysis.project import Project, Symbol

_LOSS = re.compile(
    r"(?:Loss(?:es)?|Criterion|Criteria|HungarianMatcher|TrainingTask)(?![a-z])|^_?WeightedLoss$"
)
_TRANSFORM = re.compile(
    r"(?:torchvision\.transforms|torchmetrics|kornia\.augmentation|audiomentations)\b"
)
_ASIDE = re.compile(
    r"(?:.*_)?(?:loss|losses|criterion|criterions|criteria|transforms|augment|augmentations?|"
    r"metrics|datasets?|dataloaders?)"
)
_TRAINING = re.compile(
    r"(?:.*_)?loss(?:es)?(?:_.*)?|(?:.*_)?criterion|forward_train|(?:training|validation|test)_step"
)


def is_for_training(name: str) -> bool:
    """Whether a function of that name is for training, such as ``load_balancing_loss_func``.

    A forward that calls one does so for what training hands in, as in ``if isinstance(x, dict)`` of
    ultralytics or ``mode == "loss"`` of mmengine; and ``if output_router_logits`` of transformers,
    off unless a training loop asks for it.
    """
    return _TRAINING.fullmatch(name) is not None


def models(project: Project) -> tuple[Symbol, ...]:
    """The module classes that a network may be made of."""
    candidates = [module for module in project.modules if is_root(project, module)]
    wanted = frozenset(module.qualname for module in candidates)
    # Matchers, assigners and teachers that nothing else mentions; at first, what makes them.
    makers = _only_trained(project, _makers(project, wanted), frozenset())
    aside = _only_trained(project, wanted, makers)
    # What others are made of is called by them, with whatever they have.
    first = [module for module in candidates if not _takes_inputs(project, module)]
    aside |= {module.qualname for module in first} - _parts(project, first)
    return tuple(module for module in candidates if module.qualname not in aside)


def _takes_inputs(project: Project, module: Symbol) -> bool:
    """Whether a forward can be called with nothing but what a network is fed with.

    Not so if it must be given an instance of a class that holds no tensors by what it is: neither
    a module nor a dataclass nor derived from a class of another package.
    """
    forward = project.find_method(module, "forward")
    if forward is None or forward.path is None:
        return True
    for parameter in project.function(forward).parameters[1:]:
        if parameter.default or parameter.variadic:
            continue
        kind = project.resolve(forward.path, parameter.annotation.strip("\"'"))
        if kind is not None and kind.kind == "class" and _is_plain(project, kind):
            return False
    return True


def _is_plain(project: Project, symbol: Symbol) -> bool:
    return all(
        base.path is not None and not project.class_facts(base).decorators
        for base in project.ancestors(symbol)
        if base.qualname != "object"
    )


def _parts(project: Project, modules: Sequence[Symbol]) -> frozenset[str]:
    """The names of those that some other code mentions."""
    wanted = frozenset(module.qualname for module in modules)
    return frozenset(
        name
        for index in project.files.values()
        for facts in index.functions.values()
        for name in wanted & facts.names
        if facts.owner != name
    )


def _makers(project: Project, wanted: Collection[str]) -> frozenset[str]:
    """Functions outside classes that mention one of these names."""
    return frozenset(
        facts.name
        for index in project.files.values()
        for facts in index.functions.values()
        if facts.owner is None and not facts.names.isdisjoint(wanted)
    )


def _only_trained(
    project: Project, wanted: frozenset[str], makers: frozenset[str]
) -> frozenset[str]:
    """Which of these names only code for training mentions, or a function in ``makers``.

    Code for training is a function of that kind, a method of a class that is not for models or, in
    turn, only made by code for training; and what never runs in inference.
    """
    for_training: set[str] = set()
    for_models: dict[str, set[str]] = {}  # the classes that mention it, or "" for functions
    for path, index in project.files.items():
        aside = _is_aside(project.module_name(path))
        for facts in index.functions.values():
            named = wanted & facts.names
            if facts.owner in named:  # a class is not made by what it does itself
                named -= {facts.owner}
            if not named:
                continue
            trains = aside or is_for_training(facts.name)
            if facts.owner is None:
                trains = trains or facts.name in makers
            else:
                trains = trains or not is_root(project, Symbol("class", facts.owner, path))
            runs = {part for chain in facts.references for part in chain.split(".")}
            for name in named:
                if trains or (name in facts.dormant and name not in runs):
                    for_training.add(name)
                elif name in runs or name not in facts.asked:
                    for_models.setdefault(name, set()).add(facts.owner or "")
    found: set[str] = set()
    while True:
        more = {
            name
            for name in for_training | for_models.keys()
            if name not in found and for_models.get(name, set()) <= found
        }
        if not more:
            return frozenset(found)
        found |= more


def _is_aside(module: str) -> bool:
    return any(_ASIDE.fullmatch(part) for part in module.split("."))


def is_root(project: Project, module: Symbol) -> bool:
    """Whether a module class is a model or a part of one, as far as it tells by itself."""
    assert module.path is not None
    if _is_aside(project.module_name(module.path)):
        return False
    return not any(
        _LOSS.search(base.qualname.rpartition(".")[2])
        or (base.path is None and _TRANSFORM.match(base.qualname))
        for base in project.ancestors(module)
    )
