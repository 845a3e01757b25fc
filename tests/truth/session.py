"""Models played side by side, one at a time in each process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import NamedTuple

from tests.truth.judging import Judged
from tests.truth.playing import play
from tests.truth.suite import MODELS


class Outcome(NamedTuple):
    """What was found on a model, and the processor seconds that it took."""

    judged: list[Judged]
    seconds: float


def play_all(names: Sequence[str], jobs: int) -> Iterator[tuple[str, Outcome]]:
    """Yield the models' names and outcomes as they come."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[Outcome], str] = {pool.submit(play_named, name): name for name in names}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def play_named(name: str) -> Outcome:
    """Play one model."""
    start = time.process_time()
    judged = play(MODELS[name])
    return Outcome(judged, time.process_time() - start)
