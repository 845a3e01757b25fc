"""Runs that need no simulator. Functions of a module, so that worker processes can be given them."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path
from typing import NamedTuple

from experiments.results.cells import Setting
from experiments.running.plan import Task
from simulator.results import Columns, RunResult


class Subject(NamedTuple):
    """What a fake plays: its name, and how high its figures are."""

    name: str
    level: float


def tasks_for(subjects: list[Subject], replications: int) -> list[Task]:
    return [
        Task(position, Setting(subject.name, ""), replication, seed=7)
        for position, subject in enumerate(subjects)
        for replication in range(replications)
    ]


def play(subject: Subject, replication: int) -> RunResult:
    """Figures that depend on the subject and the replication only."""
    latency = subject.level + 0.01 * math.sin(replication)
    return result_with(latency)


def play_while_busy(subject: Subject, replication: int) -> RunResult:
    """The same, but the first runs take longest, so that later ones finish before them."""
    total = 0
    for number in range(60_000 * (6 - min(replication, 6)) + 1):
        total += number
    return play(subject, replication)


def fail_at_second(subject: Subject, replication: int) -> RunResult:
    if replication == 1:
        raise ArithmeticError(f"orders: 3 workers of {subject.name} were never returned")
    return play(subject, replication)


def die_at_second(subject: Subject, replication: int) -> RunResult:
    if replication == 1:
        os._exit(9)
    return play(subject, replication)


def result_with(latency: float) -> RunResult:
    return RunResult(
        metrics={
            "phase": ["all", "all"],
            "operation": ["shop", "shop"],
            "metric": ["throughput", "latency_p99"],
            "value": [10.0, latency],
            "of": [60.0, 1.0],
        },
        timeline={
            "operation": ["shop", "shop"],
            "metric": ["throughput", "throughput"],
            "time": [1.0, 0.0],
            "value": [10.0, latency],
        },
        distributions={"operation": ["shop"], "measure": ["latency"], "survival": [0.5], "value": [latency]},
        requests={
            "operation": ["shop", "shop"],
            "request": [1, 0],
            "arrived": [0.5, 0.25],
            "answered": [0.5 + latency, math.nan],
            "outcome": [0, 3],
            "reason": ["", ""],
            "state": ["done", "undone"],
            "completed": [0.5 + latency, math.nan],
            **{name: [0, 1] for name in ("calls", "retries", "timeouts", "rejected")},
            **{name: [0, 0] for name in ("duplicates", "lost", "dead_lettered", "stuck")},
            "staleness": [0.0, math.nan],
        },
        facts={"calls": 2.0, "requests": 2.0},
        breaker_states={"operation": [], "time": [], "state": []},
    )


def hold_a_pipe_for_ever(subject: Subject, replication: int) -> RunResult:
    """Opens the named pipe `subject.name`, says so, and never ends: the pipe is open as long as the process lives."""
    with Path(subject.name).open("w", encoding="utf-8") as pipe:
        pipe.write("up\n")
        pipe.flush()
        signal.pause()
    return play(subject, replication)


def batch_columns(rows: list[tuple[str, str, float, float]]) -> tuple[Columns, Columns]:
    """The batches of one run: operation, metric, value and size of each, in order; no samples."""
    names = ("operation", "metric", "value", "of")
    columns: Columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    columns["phase"] = [str(number) for number in range(len(rows))]
    return columns, {name: [] for name in ("phase", "operation", "family", "of", "values")}
