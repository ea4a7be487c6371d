"""A reason why a call with a converter is not converted as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trtlint.conversion.torch2trt.operands import Call


@dataclass(frozen=True)
class Limit:
    """Why a call is not converted as it stands.

    Attributes:
        rule: the rule that reports it.
        variant: ``ignored``, ``refused`` ...
        why: in a few words.
    """

    rule: str
    variant: str
    why: str


def refused(why: str) -> Limit:
    """The conversion fails."""
    return Limit("torch2trt-converter-limits", "default", why)


def ignored(why: str) -> Limit:
    """The network computes something else."""
    return Limit("torch2trt-ignored-argument", "default", why)


Check = Callable[[Call, str], Limit | None]
