"""Work spread over processes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# Trees are many objects and hardly any cycle: to look for cycles among all of them again and again
# took more time than parsing them.
SELDOM = (2_000_000, 10, 10)

_task: Callable[[int], object] | None = None  # in a worker: what it does


class Spread(Generic[T, R]):
    """Has ``task`` done for each item, from now on; yields what came of it, in their order.

    That is None where the task raised, or where the process died: whoever asks does that item
    itself, where the error can be seen.

    Args:
        task: what to do. Where processes are not forked, it is pickled.
        items: the longest work first.
        jobs: how many processes.
    """

    def __init__(self, task: Callable[[T], R | None], items: Sequence[T], jobs: int) -> None:
        self._items, self._done = items, False
        context = multiprocessing.get_context(_start_method())
        gc.freeze()  # what the workers share with this process stays shared
        self._others = {*multiprocessing.active_children()}
        self._pool = ProcessPoolExecutor(
            min(jobs, len(items)), context, _install, (_Numbered(task, items),)
        )
        try:
            with _without_interrupts():
                self._started: list[Future[Any]] = [
                    self._pool.submit(_call, i) for i in range(len(items))
                ]
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[tuple[T, R | None]]:
        try:
            for item, future in zip(self._items, self._started, strict=True):
                try:
                    yield item, future.result()
                except BrokenProcessPool:  # noqa: PERF203
                    yield item, None
            self._done = True
        finally:
            self.close()

    def close(self) -> None:
        """End the processes; nobody waits for what is still being worked on."""
        if not self._done:
            for process in {*multiprocessing.active_children()} - self._others:
                process.terminate()
        # Waiting also ends the pool's thread, beside which no later pool could fork.
        self._pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


class _Numbered:
    """A task whose items are named by number, so that a forked worker is sent nothing else."""

    def __init__(self, task: Callable[[T], R | None], items: Sequence[T]) -> None:
        self._run: Callable[[int], R | None] = lambda number: task(items[number])
        self._parts = (task, items)

    def __call__(self, number: int) -> object:
        return self._run(number)

    def __reduce__(self) -> tuple[object, ...]:
        return (_Numbered, self._parts)


def _start_method() -> str:
    """Fork where it is safe: the workers then begin with everything that is imported and read."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return "fork"
    return "spawn"


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait while processes start.

    A terminal sends it to all of them, and one that has not come as far as :func:`_install` would
    answer with a traceback. What is started here inherits the mask, and keeps it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _install(task: Callable[[int], object]) -> None:
    global _task
    _task = task
    gc.set_threshold(*SELDOM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one says goodbye
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool whose process is killed would wait for work forever: its workers hold the pipe."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(number: int) -> object:
    assert _task is not None
    try:
        return _task(number)
    except Exception:
        return None
