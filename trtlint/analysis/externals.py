"""Which classes of other packages are ``nn.Module``s.

A project is read as text, so what its dependencies define is known by name only. Where a package
keeps modules and other classes side by side, the table says what the names of modules look like.
"""

from __future__ import annotations

import re

# The last part of the name is enough.
_BASES = frozenset(
    """LightningModule PreTrainedModel BaseModule ModelMixin
    GradientCheckpointingLayer ScriptModule GraphModule
    FairseqModel BaseFairseqModel FairseqEncoder FairseqDecoder FairseqIncrementalDecoder
    FairseqEncoderModel FairseqEncoderDecoderModel FairseqLanguageModel
    BaseDetector BaseSegmentor BaseBackbone BaseDecodeHead BaseDenseHead BaseRoIHead""".split()
)

_CLASS = r"(?:\w+\.)*[A-Z]\w*"
# Where the classes of a package are modules: the dotted name as it may be written.
_PACKAGES = re.compile(
    "|".join(
        [
            rf"torch\.nn\.(?!Parameter$|init\.|utils\.){_CLASS}",
            rf"torch\.ao\.nn\.{_CLASS}",
            r"torchvision\.(?:models|ops)\.(?:\w+\.)*(?!\w*_Weights$|Weights)[A-Z]\w*",
            rf"timm\.(?:models|layers)\.{_CLASS}",
            rf"segmentation_models_pytorch\.{_CLASS}",
            rf"(?:mmcv\.(?:cnn|ops)|mmengine\.model|mmdet\.models|mmseg\.models|mmcls\.models"
            rf"|mmpretrain\.models|mmpose\.models|mmdet3d\.models|mmaction\.models)\.{_CLASS}",
            rf"detectron2\.(?:layers|modeling)\.{_CLASS}",
            rf"fairseq\.(?:models|modules)\.{_CLASS}",
            r"transformers\.(?:\w+\.)*[A-Z]\w*"
            r"(?:Model|Layer|Attention|Encoder|Decoder|Embeddings?|MLP|Block|Backbone|Norm"
            r"|For[A-Z]\w*|Pooler|Head|Mixer|Experts|RotaryEmbedding)",
            rf"diffusers\.models\.{_CLASS}",
            rf"monai\.networks\.{_CLASS}",
            rf"torchaudio\.models\.{_CLASS}",
            rf"ultralytics\.nn\.{_CLASS}",
            rf"torch_geometric\.nn\.{_CLASS}",
            rf"kornia\.feature\.{_CLASS}",
        ]
    )
)


def is_external_module(name: str) -> bool:
    """Whether the class of that dotted name is an ``nn.Module``."""
    last = name.rpartition(".")[2]
    if last in _BASES or last.endswith("PreTrainedModel"):
        return True
    return _PACKAGES.fullmatch(name) is not None
