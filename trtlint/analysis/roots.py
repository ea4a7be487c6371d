"""Where traced code starts: the modules that are models or parts of one.

A loss, a metric or an augmentation may be an ``nn.Module`` too. It runs in training, or before the
network, and no exporter meets it. It is told by what it derives from, by its name, or by the file
it stands in; its ``forward`` is traced only where the traced code of a model calls it.
"""

from __future__ import annotations

import re

from trtlint.analysis.project import Project, Symbol

_LOSS = re.compile(r"(?:Loss(?:es)?|Criterion|Criteria)(?![a-z])|^_?WeightedLoss$")
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
    return tuple(module for module in project.modules if is_root(project, module))


def is_root(project: Project, module: Symbol) -> bool:
    """Whether a module class is a model or a part of one, as far as it tells by itself."""
    assert module.path is not None
    if any(_ASIDE.fullmatch(part) for part in project.module_name(module.path).split(".")):
        return False
    return not any(
        _LOSS.search(base.qualname.rpartition(".")[2])
        or (base.path is None and _TRANSFORM.match(base.qualname))
        for base in project.ancestors(module)
    )
