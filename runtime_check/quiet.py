"""Keep third-party chatter away from the user: warnings, log lines and prints of one call."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Swallow what libraries print, log and warn; the warnings are handed over."""
    before = logging.root.manager.disable
    # torch exempts this logger from logging.disable(), and pytest listens to every logger.
    trace = logging.getLogger("torch.__trace")
    listeners = [h for h in trace.handlers if not type(h).__module__.startswith("torch.")]
    sink = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        logging.disable(logging.CRITICAL)
        for handler in listeners:
            trace.removeHandler(handler)
        try:
            with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
                yield caught
        finally:
            logging.disable(before)
            for handler in listeners:
                trace.addHandler(handler)


@contextlib.contextmanager
def silent_stdout_descriptor() -> Iterator[None]:
    """Send what C++ code writes to descriptor 1 to nowhere."""
    sys.stdout.flush()
    saved = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(nowhere)
