"""Where traced code starts: the modules that are models or parts of one.

A loss, a metric or an augmentation may be an ``nn.Module`` too. It runs in training, or before the
network, and no exporter meets it. It is told by what it derives from, by its name, or by the file
it stands in; its ``forward`` is traced only where the traced code of a model calls it. The same
goes for what only losses use, such as the matcher of a detector.
"""

from __future__ import annotations

import re

from trtlint.analysis.project import Project, Symbol

_LOSS = re.compile(r"(?:Loss(?:es)?|Criterion|Criteria|TrainingTask)(?![a-z])|^_?WeightedLoss$")
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


def is_training_method(name: str) -> bool:
    """Whether a method of that name is for training, such as ``compute_loss``.

    A forward that calls one does so for what training hands in, as in ``if isinstance(x, dict)`` of
    ultralytics or ``mode == "loss"`` of mmengine.
    """
    return _TRAINING.fullmatch(name) is not None


def models(project: Project) -> tuple[Symbol, ...]:
    """The module classes that a network may be made of."""
    candidates = [module for module in project.modules if is_root(project, module)]
    wanted = {module.qualname for module in candidates}
    for_training: set[str] = set()
    for_models: set[str] = set()
    for path, index in project.files.items():
        aside = _is_aside(project.module_name(path))
        for facts in index.functions.values():
            named = wanted & facts.names
            if not named:
                continue
            owner = facts.owner.rpartition(".")[2] if facts.owner else ""
            trains = aside or _LOSS.search(owner) or is_training_method(facts.name)
            (for_training if trains else for_models).update(named)
    only_trained = for_training - for_models  # matchers and assigners that nothing else mentions
    return tuple(module for module in candidates if module.qualname not in only_trained)


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
