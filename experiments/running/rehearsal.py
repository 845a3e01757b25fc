"""Plays a short piece of a run of each variant, to know what the whole will take: time, room on the disk, memory."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from experiments.planning.load import Offered
from experiments.results.parquet import table_of
from experiments.running.pilots import with_run
from simulator.results import Columns, RunResult
from simulator.run import run_once
from simulator.spec.scenario import Scenario

BUDGET = 2.0
"""Seconds for the pieces of all variants together, roughly."""

FIRST_PIECE = 2000.0
"""Executions of operations in the first piece, which says how long the second may be."""

_LONGER = 2.0
"""Each piece is so many times as long as the one before."""

MOST_PIECES = 20
"""So many variants are tried at the most; the others are taken to be like their mean."""

_ROOM = 64 * 120
"""Windows in which a piece is cut at the most: its timeline is to be no larger than a run's."""


class Cost(NamedTuple):
    """What a run takes, times as a processor counts them that has nothing else to do.

    Attributes:
        build: seconds until it begins.
        per_request: seconds for each request, all that it causes included.
        row: bytes of a row per request on the disk; 0 where none is kept.
        per_window: bytes of the timeline of a window. fixed: bytes of the run's other rows.
    """

    build: float
    per_request: float
    row: float
    per_window: float
    fixed: float


def rehearse(scenarios: Sequence[Scenario], offered: Sequence[Offered]) -> Mapping[str, Cost]:
    """Return what a run of each variant takes, by playing pieces from its start; never more than a whole run.

    Args:
        scenarios: all of the plan; of each variant the first is played.
        offered: their loads.
    """
    firsts: dict[str, tuple[Scenario, Offered]] = {}
    for scenario, load in zip(scenarios, offered, strict=True):
        firsts.setdefault(scenario.variant, (scenario, load))
    tried = dict(list(firsts.items())[:MOST_PIECES])
    first, load = next(iter(tried.values()))
    _play(first, _long_enough(first, load))  # the first run of a process loads what all later ones find there
    costs = {name: _cost(*one, BUDGET / len(tried)) for name, one in tried.items()}
    mean = Cost(*(sum(values) / len(costs) for values in zip(*costs.values(), strict=True)))
    return {name: costs.get(name, mean) for name in firsts}


def _cost(scenario: Scenario, offered: Offered, budget: float) -> Cost:
    """Play pieces, each twice as long as the one before, as long as the next is likely to be within the budget."""
    length, spent = _long_enough(scenario, offered), 0.0
    pieces: list[tuple[float, float]] = []
    while True:
        played, seconds = _play(scenario, length)
        pieces.append((played.facts["requests"], seconds))
        spent += seconds
        if spent + _LONGER * seconds > budget or length >= scenario.experiment.run.duration:
            break
        length *= _LONGER
    build, per_request = _line(pieces[0], pieces[-1])
    requests = played.facts["requests"] or 1.0
    rows = played.requests
    windows = len(set(played.timeline["time"])) or 1
    return Cost(
        build,
        per_request,
        _size("requests", rows) / requests if rows is not None else 0.0,
        _size("timeline", played.timeline) / windows,
        sum(_size(name, columns) for name, columns in _others(played)),
    )


def _line(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """What both pieces have in common, and what each request adds; all of it, where they are too much alike to tell."""
    (fewer, shorter), (more, longer) = first, second
    if more < 1.5 * fewer or longer <= shorter:
        return 0.0, longer / (more or 1.0)
    slope = (longer - shorter) / (more - fewer)
    return max(shorter - slope * fewer, 0.0), slope


def _long_enough(scenario: Scenario, offered: Offered) -> float:
    """Seconds in which about as much is executed as in the first piece should be."""
    duration = scenario.experiment.run.duration
    return min(duration, FIRST_PIECE / offered.executions) if offered.executions > 0 else duration / 100


def _play(scenario: Scenario, seconds: float) -> tuple[RunResult, float]:
    """Play so many seconds from the start, without any drain; and how long that took."""
    run = scenario.experiment.run
    duration = min(seconds, run.duration)
    window = max(run.window, duration / _ROOM)
    start = time.process_time()
    result = run_once(with_run(scenario, duration=duration, warmup=0.0, drain=0.0, window=window), 0)
    return result, time.process_time() - start


def _others(played: RunResult) -> Iterator[tuple[str, Columns]]:
    yield "runs", played.metrics
    yield "distributions", played.distributions


def _size(name: str, columns: Columns) -> float:
    """Bytes of a table on the disk."""
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(table_of(name, "", "", 0, columns), file, write_statistics=False)
    return float(len(file.getvalue()))
