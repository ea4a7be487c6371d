"""Which functions are traced: what forward reaches, by way of which values."""

from __future__ import annotations

import textwrap

import pytest
from abstract import HEADER, project_of

from trtlint.analysis.conditions import EXPORTERS
from trtlint.analysis.core import Analysis
from trtlint.analysis.project import Project
from trtlint.analysis.traced import MOST_USERS, find_traced


def names(project: Project, exporters: frozenset[str] = EXPORTERS) -> set[str]:
    """Qualified names of everything that is traced."""
    return {t.symbol.qualname for t in find_traced(project, exporters).values()}


def traced(body: str, *, init: str = "pass", top: str = "", signature: str = "self, x") -> set[str]:
    """What is traced of a model in one file, besides its forward."""
    text = (
        f"{HEADER}import functools\n{textwrap.dedent(top)}\n"
        "def helper(x): return x\n"
        "def other(x): return x\n"
        "class Model(nn.Module):\n"
        "    def __init__(self, fn=helper, cls=None, **kwargs):\n"
        "        super().__init__()\n"
        f"{textwrap.indent(textwrap.dedent(init).strip(), ' ' * 8)}\n"
        f"    def forward({signature}):\n"
        f"{textwrap.indent(textwrap.dedent(body).strip(), ' ' * 8)}\n"
        "    def method(self, x): return x\n"
        "    @staticmethod\n"
        "    def static(x): return x\n"
        "    @classmethod\n"
        "    def made(cls, x): return cls.static(x)\n"
    )
    return names(project_of(net=text)) - {"Model.forward"}


@pytest.mark.parametrize(
    ("init", "body"),
    [
        ("self.act = helper", "return self.act(x)"),
        ("self.act = functools.partial(helper, 1)", "return self.act(x)"),
        ("self.act = fn", "return self.act(x)"),
        ("self.act = TABLE['a']", "return self.act(x)"),
        ("self.act = TABLE.get('a')", "return self.act(x)"),
        ("self.act = ALIAS", "return self.act(x)"),
        ("self.act = choose('a')", "return self.act(x)"),
        ("self.act = lambda x: helper(x)", "return self.act(x)"),
        ("self.acts = [helper, other]", "return self.acts[0](x)"),
        ("self.acts = []\nself.acts.append(helper)", "return [act(x) for act in self.acts]"),
        ("setattr(self, 'act', helper)", "return self.act(x)"),
        ("pass", "return TABLE['a'](x)"),
        ("pass", "act = fn_of(x)\nreturn act(x)"),
        ("pass", "return sum(map(helper, x))"),
        ("pass", "return functools.partial(helper, x)()"),
        ("pass", "return wrapped(x)"),
    ],
)
def test_a_function_that_is_a_value(init: str, body: str) -> None:
    top = """
    def choose(name):
        return helper if name else torch.relu
    def fn_of(x):
        return helper
    def decorate(function):
        @functools.wraps(function)
        def inner(*args):
            return helper(*args)
        return inner
    @decorate
    def wrapped(x):
        return x
    def helper(x): return x
    ALIAS = helper
    TABLE = {"a": helper}
    """
    assert "helper" in traced(body, init=init, top=top)


def test_what_only_init_calls_is_not_traced() -> None:
    assert traced("return x * self.k", init="self.k = helper(3)") == set()
    assert traced("return self.method(x)", init="self.method(3)") == {"Model.method"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return self.made(x)", {"Model.made", "Model.static"}),
        ("return type(self).static(x)", set()),  # not followed
        ("return self.__class__.static(x)", {"Model.static"}),
        ("return Model.method(self, x)", {"Model.method"}),
        ("return getattr(self, 'method')(x)", {"Model.method"}),
        ("f = self.method\nreturn f(x)", {"Model.method"}),
        ("helper = self.other\nreturn helper(x)", set()),  # a variable hides the function
        ("def inner(y):\n    return helper(y)\nreturn inner(x)", {"helper"}),
        ("raise ValueError(helper(x))", set()),
        ("return x\nreturn helper(x)", set()),
        ("if not self.training:\n    return x\nreturn helper(x)", set()),
        ("return helper(x) if self.training else other(x)", {"other"}),
        ("return helper(x) if self.config.is_training else other(x)", {"other"}),
        ("return self.training and helper(x)", set()),
        ("if self.training and x.sum() > 0:\n    x = helper(x)\nreturn x", set()),
        ("if self.training or x.sum() > 0:\n    x = helper(x)\nreturn x", {"helper"}),
        ("if self.drop.training:\n    x = helper(x)\nreturn x", set()),
        ("if self.grad_checkpointing:\n    return helper(x)\nreturn other(x)", {"other"}),
        (
            "try:\n    return helper(x)\nexcept ValueError:\n    return other(x)",
            {"helper", "other"},
        ),
        ("with torch.no_grad():\n    return helper(x)\nreturn other(x)", {"helper"}),
    ],
)
def test_what_a_body_runs(body: str, expected: set[str]) -> None:
    assert traced(body) == expected


@pytest.mark.parametrize(
    ("parameters", "body", "expected"),
    [
        ("labels=None", "if labels is not None:\n    x = helper(x)\nreturn x", set()),
        ("labels=None", "if labels is None:\n    return x\nreturn helper(x)", set()),
        ("targets=None", "if targets:\n    x = helper(x)\nreturn x", set()),
        ("labels", "if labels is not None:\n    x = helper(x)\nreturn x", {"helper"}),
        ("mask=None", "if mask is not None:\n    x = helper(x)\nreturn x", {"helper"}),
        (
            "class_labels=None",
            "if class_labels is not None:\n    x = helper(x)\nreturn x",
            {"helper"},
        ),
        (
            "labels=None",
            "if labels is not None:\n    labels = labels + 1\n    x = helper(x)\nreturn x",
            set(),
        ),
        (
            "labels=None",
            "labels = other(labels)\nif labels is not None:\n    x = helper(x)\nreturn x",
            {"helper", "other"},
        ),
        ("training=False", "return helper(x) if training else x", set()),
        ("training=True", "return helper(x) if training else x", {"helper"}),
    ],
)
def test_labels_are_not_given(parameters: str, body: str, expected: set[str]) -> None:
    assert traced(body, signature=f"self, x, {parameters}") == expected


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("torch.jit.is_scripting()", {}),
        ("torch.jit.is_tracing()", {"torchscript"}),
        ("torch.onnx.is_in_onnx_export()", {"dynamo", "torchscript"}),
        ("torch.compiler.is_compiling()", {"dynamo", "torch-tensorrt"}),
        ("torch.compiler.is_exporting()", {"dynamo", "torch-tensorrt"}),
        ("torch._dynamo.is_compiling()", {"dynamo", "torch-tensorrt"}),
        ("is_scripting()", {}),
        ("is_torchdynamo_compiling()", {"dynamo", "torch-tensorrt"}),
        ("is_tracing(x)", {"dynamo", "torchscript", "torch-tensorrt"}),
        ("torch.overrides.has_torch_function_unary(x)", {}),
    ],
)
def test_exporters_answer_as_they_were_measured(question: str, answers: set[str]) -> None:
    text = f"""{HEADER}
from torch.jit import is_scripting
from transformers.utils import is_torchdynamo_compiling
from transformers.utils.import_utils import is_tracing
def yes(x): return x
def no(x): return x
class Model(nn.Module):
    def forward(self, x):
        if {question}:
            return yes(x)
        else:
            return no(x)
"""
    project = project_of(net=text)
    for exporter in EXPORTERS:
        expected = "yes" if exporter in answers else "no"
        assert names(project, frozenset({exporter})) == {"Model.forward", expected}, exporter
    both = {"Model.forward", "no"} | ({"yes"} if answers else set())
    assert names(project) == both


def test_a_question_of_the_projects_own_is_open() -> None:
    top = "def is_tracing(): return True"
    found = traced("return helper(x) if is_tracing() else other(x)", top=top)
    assert found == {"is_tracing", "helper", "other"}


HELPERS = """
class Coder:
    def __init__(self, k): self.k = prepared(k)
    def encode(self, x): return x
    def decode(self, x): return self.single(x)
    def single(self, x): return x
    def __call__(self, x): return x
    @property
    def scale(self): return 2
def prepared(k): return k
def make_coder() -> Coder: return Coder(1)
class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g
class Part(nn.Module):
    def forward(self, x): return x
    def mix(self, x): return x
    def forward_cut(self, x): return x
"""


@pytest.mark.parametrize(
    ("init", "body", "expected"),
    [
        ("self.c = Coder(1)", "return self.c.decode(x)", {"Coder.decode", "Coder.single"}),
        ("self.c = make_coder()", "return self.c.encode(x)", {"Coder.encode"}),
        ("self.c = Coder(1)", "return self.c(x)", {"Coder.__call__"}),
        ("self.c = Coder(1)", "return x * self.c.scale", {"Coder.scale"}),
        ("c: Coder = kwargs['c']\nself.c = c", "return self.c.encode(x)", {"Coder.encode"}),
        ("pass", "return Coder(2).encode(x)", {"Coder.__init__", "prepared", "Coder.encode"}),
        (
            "pass",
            "c = Coder(2)\nreturn c.encode(x)",
            {"Coder.__init__", "prepared", "Coder.encode"},
        ),
        ("pass", "return Scale.apply(x)", {"Scale.forward"}),
        ("self.p = Part()", "return self.p.mix(x)", {"Part.mix"}),
        (
            "self.p = nn.ModuleList([Part() for _ in range(2)])",
            "return self.p[0].mix(x)",
            {"Part.mix"},
        ),
        ("self.p = nn.ModuleDict({'a': Part()})", "return self.p['a'].mix(x)", {"Part.mix"}),
        (
            "self.p = nn.ModuleList()\nfor i in range(2):\n    self.p.append(Part())",
            "for i, p in enumerate(self.p):\n    x = p.mix(x)\nreturn x",
            {"Part.mix"},
        ),
        (
            "layers = []\nlayers.append(Part())\nself.p = nn.Sequential(*layers)",
            "for p in self.p:\n    x = p.mix(x)\nreturn x",
            {"Part.mix"},
        ),
        ("self.p = kwargs['p']", "return self.p.mix(x)", {"Part.mix"}),  # by its name
        ("self.p = kwargs['p']", "return self.p.forward_cut(x)", {"Part.forward_cut"}),
        ("self.forward = self.method", "return x", {"Model.method"}),
    ],
)
def test_methods_of_what_a_model_holds(init: str, body: str, expected: set[str]) -> None:
    assert traced(body, init=init, top=HELPERS) - {"Part.forward", "make_coder"} == expected


def test_the_default_class_of_a_parameter() -> None:
    text = f"""{HEADER}
class Part(nn.Module):
    def mix(self, x): return x
class Model(nn.Module):
    def __init__(self, part=Part):
        super().__init__()
        self.part = part(3)
    def forward(self, x): return self.part.mix(x)
"""
    assert names(project_of(net=text)) == {"Model.forward", "Part.mix"}


def test_mixins_and_super_across_files() -> None:
    project = project_of(
        pkg____init="from .base import *\n",
        pkg__base=f"""{HEADER}
class Mixin:
    def step(self, x): return self.inner(x)
    def inner(self, x): return x
class Base(nn.Module):
    def forward(self, x): return self.step(x)
    def step(self, x): return x
""",
        pkg__net="""
from . import base
import pkg.base as b
class Model(b.Mixin, base.Base):
    def forward(self, x): return super().forward(x)
    def inner(self, x): return super().inner(x)
""",
    )
    expected = {"Model.forward", "Model.inner", "Mixin.step", "Mixin.inner"}
    assert names(project) == expected | {"Base.forward", "Base.step"}


def test_lazy_packages() -> None:
    project = project_of(
        pkg____init="""
from typing import TYPE_CHECKING
_import_structure = {"ops": ["act"]}
if TYPE_CHECKING:
    from .ops import act
else:
    import sys
    sys.modules[__name__] = lazy(_import_structure)
""",
        pkg__ops="def act(x): return x",
        net=f"{HEADER}from pkg import act\n"
        "class Model(nn.Module):\n    def forward(self, x): return act(x)\n",
    )
    assert names(project) == {"Model.forward", "act"}


@pytest.mark.parametrize(
    "base",
    [
        "lightning.LightningModule",
        "transformers.PreTrainedModel",
        "transformers.models.bert.modeling_bert.BertPreTrainedModel",
        "transformers.BertModel",
        "transformers.modeling_layers.GradientCheckpointingLayer",
        "timm.models.resnet.ResNet",
        "timm.layers.Mlp",
        "torchvision.models.ResNet",
        "torchvision.ops.FeaturePyramidNetwork",
        "mmengine.model.BaseModule",
        "mmcv.runner.BaseModule",
        "mmdet.models.BaseDetector",
        "detectron2.modeling.Backbone",
        "detectron2.layers.CNNBlockBase",
        "fairseq.models.FairseqEncoder",
        "diffusers.ModelMixin",
        "torch.jit.ScriptModule",
    ],
)
def test_modules_of_other_packages(base: str) -> None:
    package, _, name = base.rpartition(".")
    text = (
        f"from {package} import {name}\nclass Model({name}):\n    def forward(self, x): return x\n"
    )
    assert names(project_of(net=text)) == {"Model.forward"}


@pytest.mark.parametrize(
    "base",
    [
        "transformers.Trainer",
        "transformers.BertConfig",
        "transformers.PreTrainedTokenizer",
        "torchvision.models.ResNet18_Weights",
        "torchvision.datasets.VisionDataset",
        "torchvision.transforms.v2.Transform",
        "torchvision.transforms.Resize",
        "torchmetrics.Metric",
        "torch.optim.Optimizer",
        "torch.nn.Parameter",
        "torch.nn.modules.loss._Loss",
        "torch.nn.CrossEntropyLoss",
    ],
)
def test_classes_that_are_no_part_of_a_model(base: str) -> None:
    package, _, name = base.rpartition(".")
    text = (
        f"from {package} import {name}\nclass Mine({name}):\n    def forward(self, x): return x\n"
    )
    assert names(project_of(net=text)) == set()


LOSS = f"""{HEADER}
class DiceLoss(nn.Module):
    def forward(self, x, y): return dice(x, y)
def dice(x, y): return x
"""


def test_a_loss_is_traced_where_a_model_calls_it() -> None:
    assert names(project_of(net=LOSS)) == set()
    for where in ("loss", "losses", "criterion", "my_losses", "transforms"):
        text = LOSS.replace("DiceLoss", "Dice")
        assert names(project_of(**{where: text})) == set(), where
    assert names(project_of(net=LOSS.replace("DiceLoss", "Lossless"))) == {
        "Lossless.forward",
        "dice",
    }
    model = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.loss = DiceLoss()
    def forward(self, x, y):
        if BODY:
            return self.loss(x, y)
        return x
"""
    assert names(project_of(net=LOSS + model.replace("BODY", "self.training"))) == {"Model.forward"}
    used = names(project_of(net=LOSS + model.replace("BODY", "x is y")))
    assert used == {"Model.forward", "DiceLoss.forward", "dice"}


def test_what_only_losses_use_is_not_traced() -> None:
    text = f"""{HEADER}
class Matcher(nn.Module):
    def forward(self, x): return x
class SetLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.matcher = Matcher()
    def forward(self, x): return self.matcher(x)
class Unused(nn.Module):
    def forward(self, x): return x
"""
    assert names(project_of(net=text)) == {"Unused.forward"}
    model = "class Net(nn.Module):\n    def __init__(self): self.m = Matcher()\n"
    assert names(project_of(net=text + model)) == {"Unused.forward", "Matcher.forward"}


@pytest.mark.parametrize("name", ["loss", "compute_loss", "get_losses", "loss_by_feat"])
def test_methods_for_training_are_not_traced(name: str) -> None:
    text = f"""{HEADER}
def helper(x): return x
class Model(nn.Module):
    def forward(self, x):
        if isinstance(x, dict):
            return self.{name}(x)
        return self.lossless(x)
    def {name}(self, x): return helper(x)
    def lossless(self, x): return x
"""
    assert names(project_of(net=text)) == {"Model.forward", "Model.lossless"}


@pytest.mark.parametrize("name", ["load_balancing_loss_func", "dice_loss", "pairwise_loss"])
def test_functions_that_compute_a_loss_are_not_traced(name: str) -> None:
    top = f"def {name}(x): return other(x)\ndef lossless(x): return x"
    body = f"loss = lossless(x)\nif self.routed:\n    loss = {name}(x)\nreturn loss"
    assert traced(body, top=top) == {"lossless"}


def test_what_only_makers_for_training_make_is_not_traced() -> None:
    text = f"""{HEADER}
class Teacher(nn.Module):
    def forward(self, x): return x
class Backbone(nn.Module):
    def forward(self, x): return x
class TrainingTask(nn.Module): pass
class Distillation(TrainingTask):
    def __init__(self):
        self.teacher = make_teacher()
        self.student = make_backbone()
    def forward(self, x, target): return self.teacher(x)
def make_teacher(): return Teacher()
def make_backbone(): return Backbone()
class HungarianMatcher(nn.Module):
    def forward(self, x): return x
def make_matcher(): return HungarianMatcher()
class Model(nn.Module):
    def __init__(self): self.part = make_backbone()
    def forward(self, x): return x
"""
    assert names(project_of(net=text)) == {"Backbone.forward", "Model.forward"}


REFILL = """
    def __init__(self, n):
        INIT
    def forward(self, x):
        n = x.size(1)
        if TEST:
            FILL
        return self.table[:n]
    def make_table(self, n): self.table = table(n)
    def note(self, n): self.other = table(n)
"""


@pytest.mark.parametrize(
    ("test", "fill", "init", "runs"),
    [
        ("n > self.table.size(0)", "self.make_table(n)", "self.make_table(n)", False),
        ("n > self.table.shape[0]", "self.table = table(n)", "pass", False),
        ("self.table.shape != x.shape", "self.table = table(n)", "pass", False),
        ("len(self.table) < n", "self.register_buffer('table', table(n))", "pass", False),
        ("n != 3 and n > self.table.size(0)", "self.make_table(n)", "pass", False),
        ("self.table is None or n > len(self.table)", "self.table = table(n)", "pass", False),
        (
            "self.table is None or n > len(self.table)",
            "self.make_table(n)",
            "self.table=None",
            True,
        ),
        ("n > self.table.size(0)", "self.make_table(n)", "self.table = torch.zeros(1, 3)", True),
        ("n > self.table.size(0)", "self.make_table(n)", "self.table = table(n)", False),
        ("n == 3 or n > self.table.size(0)", "self.make_table(n)", "pass", True),
        ("n > self.table.size(0)", "self.note(n)", "pass", True),
        ("n > self.table.size(0)", "x = table(n)", "pass", True),
        ("n > self.limit", "self.make_table(n)", "pass", True),
    ],
)
def test_tables_that_fit_are_not_filled_again(test: str, fill: str, init: str, runs: bool) -> None:
    model = REFILL.replace("TEST", test).replace("FILL", fill).replace("INIT", init)
    text = f"{HEADER}def table(n): return torch.zeros(n)\nclass Model(nn.Module):{model}"
    analysis = Analysis(project_of(net=text))
    assert ("table" in {entry.symbol.qualname for entry in analysis.traced.values()}) == runs
    forward = next(e for e in analysis.traced.values() if e.symbol.qualname == "Model.forward")
    assert bool(analysis.evaluate(forward.symbol).dead) != runs


def test_training_steps_are_not_traced() -> None:
    text = f"""{HEADER}import lightning
def loss(x): return x
class Model(lightning.LightningModule):
    def forward(self, x): return x
    def training_step(self, batch, i): return loss(self(batch))
    def validation_step(self, batch, i): return loss(self(batch))
    def configure_optimizers(self): return loss(1)
"""
    assert names(project_of(net=text)) == {"Model.forward"}


def test_abstract_methods_are_not_traced() -> None:
    text = f"""{HEADER}import abc
class Base(nn.Module):
    @abc.abstractmethod
    def encode(self, x): pass
    def decode(self, x):
        \"\"\"To be overridden.\"\"\"
        raise NotImplementedError
    def forward(self, x): return self.decode(self.encode(x))
class Model(Base):
    def encode(self, x): return x
    def decode(self, x): return x
"""
    assert names(project_of(net=text)) == {"Base.forward", "Model.encode", "Model.decode"}


def test_values_that_are_made_of_one_another_end() -> None:
    found = traced(
        "while x is not None:\n    y = self.a.f(x)\n    x = y.g(x)\nreturn x",
        init="self.a = self.b\nself.b = [self.a, Coder(1)]",
        top=HELPERS,
    )
    assert "Coder.decode" not in found


def test_a_decorator_of_the_class() -> None:
    text = f"""{HEADER}import functools
def around(cls):
    @functools.wraps(cls.forward)
    def forward(self, *args): return helper(*args)
    return cls
def register(cls):
    note(cls)
    return cls
def note(cls): pass
def helper(x): return x
@register
@around
class Model(nn.Module):
    def forward(self, x): return x
"""
    assert names(project_of(net=text)) == {"Model.forward", "around", "helper"}


def test_users_are_counted_to_a_few() -> None:
    models = "\n".join(
        f"class M{i}(nn.Module):\n    def forward(self, x): return shared(x)\n" for i in range(9)
    )
    project = project_of(
        net=f"{HEADER}def shared(x): return deep(x)\ndef deep(x): return x\n{models}"
    )
    for entry in find_traced(project).values():
        if entry.symbol.qualname in ("shared", "deep"):
            assert [user.qualname for user in entry.users] == [f"M{i}" for i in range(MOST_USERS)]


def test_code_behind_a_settled_return_is_dead() -> None:
    text = f"""{HEADER}
class Model(nn.Module):
    def forward(self, x, labels=None):
        if labels is None:
            return x
        y = x + 1
        return y
"""
    analysis = Analysis(project_of(net=text))
    (entry,) = analysis.traced.values()
    evaluation, code = analysis.evaluate(entry.symbol), analysis.code(entry.symbol)
    dead = [code.code(n) for n in code.node.body.body if id(n) in evaluation.dead]
    assert [text.strip() for text in dead] == ["y = x + 1", "return y"]


PARTS = """
class Bases(nn.Module):
    def __init__(self, n):
        self.ids = torch.arange(n)
        if n > 3:
            self.more = torch.arange(n)
        self.register_buffer("table", torch.zeros(n))
        self.gone = torch.arange(n)
    def drop(self):
        del self.gone
"""


@pytest.mark.parametrize(
    ("test", "runs"),
    [
        ("hasattr(self, 'here')", False),
        ("hasattr(self.part, 'ids')", False),
        ("hasattr(self.part, 'table')", False),
        ("n == 2 or hasattr(self, 'here')", False),
        ("n == 2 and hasattr(self, 'here')", True),
        ("not hasattr(self, 'here')", True),
        ("hasattr(self, 'later')", True),
        ("hasattr(self.part, 'more')", True),
        ("hasattr(self.part, 'gone')", True),
        ("hasattr(self.chosen, 'ids')", True),
        ("hasattr(x, 'here')", True),
    ],
)
def test_what_init_always_sets_is_there(test: str, runs: bool) -> None:
    body = f"n = x.shape[0]\nif {test}:\n    return x\nreturn helper(x)"
    init = "self.here = 3\nself.part = Bases(3)\nself.chosen = cls(3)\nif fn:\n    self.later = 1"
    assert ("helper" in traced(body, init=init, top=PARTS)) == runs


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        ("from apex.norm import fused", "if has:\n    return helper(x)", {"other"}),
        ("from apex.norm import fused", "if has and x.ndim:\n    return helper(x)", {"other"}),
        ("import math, apex.norm", "if has:\n    return helper(x)", {"helper", "other"}),
        ("from apex.norm import fused", "if not has:\n    return helper(x)", {"helper", "other"}),
        (
            "from apex.norm import fused",
            "if not has:\n    raise ValueError\nif has:\n    return helper(x)",
            {"other"},
        ),
        (
            "from apex.norm import fused",
            "if has:\n    x = helper(x)\nelse:\n    raise ValueError",
            {"helper", "other"},
        ),
        ("from torch.special import erf", "if has:\n    return helper(x)", {"helper", "other"}),
        ("from .blocks import fused", "if has:\n    return helper(x)", {"helper", "other"}),
        (
            "from apex.norm import fused",
            "has = x\nif has:\n    return helper(x)",
            {"helper", "other"},
        ),
    ],
)
def test_packages_that_a_file_can_do_without(imports: str, body: str, expected: set[str]) -> None:
    top = f"try:\n    {imports}\n    has = True\nexcept ImportError:\n    has = False"
    assert traced(f"{body}\nreturn other(x)", top=top) == expected


def test_an_import_or_none() -> None:
    top = "try:\n    import apex\nexcept ImportError:\n    apex = None"
    body = "if apex is not None:\n    return helper(x)\nreturn other(x)"
    assert traced(body, top=top) == {"other"}


MADE = """
class Part(nn.Module):
    def forward(self, x): return x
class Mapper(nn.Module):
    def __init__(self): self.part = Part()
    def forward(self, x): return self.part(x)
class Used(nn.Module):
    def forward(self, x): return x
class Model(nn.Module):
    def __init__(self, config):
        self.is_training = config.is_training
        if self.is_training:
            self.mapper = Mapper()
        self.used = Used()
    def init_weights(self, module):
        if isinstance(module, Part): pass
    def forward(self, x): return self.used(x)
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", set()),
        ("def make(): return Part()", {"Part.forward"}),
        ("def make(): return Mapper()", {"Part.forward", "Mapper.forward"}),
        ("def show(mapper: Mapper): pass", {"Part.forward", "Mapper.forward"}),
        ("def show(x): return isinstance(x, Mapper)", set()),
    ],
)
def test_what_is_made_in_training_only_is_not_traced(more: str, expected: set[str]) -> None:
    found = names(project_of(net=f"{HEADER}{MADE}{more}"))
    assert found == {"Model.forward", "Used.forward"} | expected


def test_what_is_asked_about_but_never_made_is_traced() -> None:
    text = f"{HEADER}class Model(nn.Module):\n    def forward(self, x): return x\n"
    assert names(project_of(net=f"{text}def f(x): return isinstance(x, Model)")) == {
        "Model.forward"
    }


@pytest.mark.parametrize(
    ("signature", "traced"),
    [
        ("self, x", True),
        ("self, session: Session", False),
        ("self, x, session: 'Session'", False),
        ("self, session: Session | None", True),
        ("self, x, session: Session = None", True),
        ("self, x, *, session: Session", False),
        ("self, pair: Pair", True),
        ("self, data: Data", True),
        ("self, part: Part", True),
        ("self, images: Elsewhere", True),
    ],
)
@pytest.mark.parametrize("within", [False, True])
def test_a_forward_that_no_exporter_can_call(signature: str, traced: bool, within: bool) -> None:
    text = f"""
import dataclasses
from typing import NamedTuple
from elsewhere import Elsewhere
class Session:
    def __init__(self): self.state = {{}}
class Pair(NamedTuple):
    a: int
@dataclasses.dataclass
class Data:
    x: torch.Tensor
class Part(nn.Module): pass
class Model(nn.Module):
    def forward({signature}): return 3
class Outer(nn.Module):
    def __init__(self): self.part = {"Model()" if within else "3"}
"""
    assert ("Model.forward" in names(project_of(net=f"{HEADER}{text}"))) == (traced or within)


@pytest.mark.parametrize(
    ("parameter", "body", "expected"),
    [
        ("after: After | None = None", "if after is not None:\n    x = after(x)", False),
        ("after: After = None", "x = after(x)", False),
        ("after=After()", "x = after(x)", True),
        ("after: After = None", "after = after or After()\nx = after(x)", True),
        ("after: After = None", "x = after.__call__(x)", True),
    ],
)
def test_objects_that_are_handed_to_a_model_to_be_called(
    parameter: str, body: str, expected: bool
) -> None:
    top = "class After:\n    def __call__(self, x): return x"
    found = traced(f"{body}\nreturn x", top=top, signature=f"self, x, *, {parameter}")
    assert ("After.__call__" in found) == expected
