"""A proof that failed."""

from __future__ import annotations


class Undecided(Exception):
    """Something could not be proven; the message is the clause that the user reads."""
