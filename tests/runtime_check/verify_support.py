"""What the tests of verify share."""

from pathlib import Path

import torch
import verify_models as models

from trtlint.runtime_check.api import VerifyOptions, verify

SOURCE = Path(models.__file__).read_text().splitlines()


def line(text):
    """Where a piece of source stands in verify_models.py."""
    found = [i for i, source in enumerate(SOURCE, 1) if text in source]
    assert len(found) == 1, text
    return found[0]


def statuses(result):
    return {name: level.status for name, level in result.levels.items()}


def check(model, *shape, **options):
    torch.manual_seed(0)
    return verify(model, torch.randn(*shape), options=VerifyOptions(**options))


SKIPPED = {"network": "skipped", "engine": "skipped"}
ALL_PASSED = {"eager": "passed", "export": "passed", "onnx": "passed", "build": "passed", **SKIPPED}
NOT_EXPORTED = {
    "eager": "passed",
    "export": "failed",
    "onnx": "skipped",
    "build": "skipped",
    **SKIPPED,
}
