"""Rewrites: each file says what to write instead of a pattern."""
