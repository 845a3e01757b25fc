"""A progress bar on the error stream, for those who wait: shown on a terminal, after two seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from experiments.running.executor import Counted
from experiments.running.watch import UNWATCHED, Watch

PATIENCE = 2.0
"""Seconds before a bar appears: what is done sooner needs none."""


@contextmanager
def progress_bar(*, wanted: bool = True) -> Iterator[Watch]:
    """Lend a watch to be told of runs; it draws a bar with the rate and the time left. Further runs lengthen it.

    Args:
        wanted: false, or an error stream that is no terminal: nothing is ever shown.
    """
    if not wanted or not sys.stderr.isatty():
        yield UNWATCHED
        return
    bar = Progress(
        TextColumn("playing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        refresh_per_second=4,
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("playing", total=0, rate="", left="")
    calls, total = 0.0, 0

    def expect(more: int) -> None:
        nonlocal total
        total += more
        bar.update(task, total=total)

    def done(result: Counted) -> None:
        nonlocal calls
        calls += result.facts.get("calls", 0.0)
        elapsed = bar.tasks[0].elapsed or 0.0
        rate = f"{calls / elapsed:,.0f} calls/s" if calls and elapsed else ""
        finished = bar.tasks[0].completed + 1
        bar.update(task, advance=1, rate=rate, left=time_left(elapsed, int(finished), total))

    timer = threading.Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield Watch(expect, done)
    finally:
        timer.cancel()
        bar.stop()


def time_left(elapsed: float, finished: int, total: int) -> str:
    """Return when the rest will be done if it is like what is done: runs of several processes end in bunches, so only
    the average over all of them tells anything.

    Args:
        elapsed: seconds so far.
        finished: runs so far, at least 1.
        total: runs in all.
    """
    seconds = round(elapsed / finished * (total - finished))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} left" if finished < total else ""
