"""Where traced code starts: the modules that are models or parts of one.

A loss, a metric or an augmentation may be an ``nn.Module`` too. It runs in training, or before the
network, and no exporter meets it. It is told by what it derives from, by its name, or by the file
it stands in; its ``forward`` is traced only where the traced code of a model calls it. The same
goes for what only losses use, such as the matcher of a detector.
"""

from __future__ import annotations

import re
from collections.abc import Collection

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
    only_trained = _only_trained(project, wanted, makers)
    return tuple(module for module in candidates if module.qualname not in only_trained)


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
    """Which of these names only code for training mentions, or a function in ``makers``."""
    for_training: set[str] = set()
    for_models: set[str] = set()
    for path, index in project.files.items():
        aside = _is_aside(project.module_name(path))
        for facts in index.functions.values():
            named = wanted & facts.names
            if not named:
                continue
            trains = aside or is_for_training(facts.name)
            if facts.owner is None:
                trains = trains or facts.name in makers
            else:
                trains = trains or not is_root(project, Symbol("class", facts.owner, path))
            (for_training if trains else for_models).update(named)
    return frozenset(for_training - for_models)


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
