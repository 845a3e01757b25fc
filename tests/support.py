"""Small experiments for tests: write one down, play one replication of it, read its figures and its requests.

Most of them have constant laws and constant arrivals, so that every number can be worked out by hand. `ONCE` is one
request at 100 s; with a duration of 199 s there is time to see what follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import numpy as np

from experiments.language import load
from simulator.results import RunResult
from simulator.run import Measure, run_once
from simulator.spec.scenario import Scenario

ONCE = "{process: renewal, law: 100s}"
"""Arrivals: one, at 100 s, where the run lasts less than 200 s."""


class Row(NamedTuple):
    """One request: when it came, how it ended, what it left. Times are in seconds."""

    operation: str
    request: int
    arrived: float
    answered: float
    outcome: str
    reason: str
    state: str
    completed: float
    calls: int
    retries: int
    timeouts: int
    rejected: int
    duplicates: int
    lost: int
    dead_lettered: int
    stuck: int

    @property
    def latency(self) -> float:
        """From arrival to answer, rounded to the nanosecond."""
        return round(self.answered - self.arrived, 9)

    @property
    def completion(self) -> float:
        """From arrival until done or undone, rounded to the nanosecond."""
        return round(self.completed - self.arrived, 9)


@dataclass(frozen=True)
class Played:
    """One replication that has been played."""

    scenario: Scenario
    result: RunResult

    def figure(self, operation: str, metric: str, phase: str = "all") -> float:
        """One figure of the table of metrics."""
        columns = self.result.metrics
        keys = zip(columns["phase"], columns["operation"], columns["metric"], strict=True)
        found = [place for place, key in enumerate(keys) if key == (phase, operation, metric)]
        assert len(found) == 1, f"{phase}, {operation}, {metric}: {len(found)} rows"
        return columns["value"][found[0]]

    def phases(self) -> set[str]:
        """The names of the phases in the table of metrics."""
        return set(self.result.metrics["phase"])

    def count(self, operation: str, metric: str = "throughput") -> int:
        """How many times something happened before arrivals stopped: a rate times the measured seconds."""
        run = self.scenario.experiment.run
        return round(self.figure(operation, metric) * (run.duration - run.warmup))

    def busy(self, service: str) -> float:
        """Worker-seconds that a service was occupied before arrivals stopped, rounded to the microsecond."""
        run = self.scenario.experiment.run
        spec = self.scenario.experiment.services[service]
        seconds = (run.duration - run.warmup) * spec.places * spec.replica_count
        return round(self.figure(f"service:{service}", "utilization") * seconds, 6)

    def rows(self, operation: str | None = None) -> list[Row]:
        """The requests of one workload entry (or of all), in order of arrival."""
        columns = self.result.requests
        assert columns is not None
        lists = [np.asarray(columns[name]).tolist() for name in Row._fields]
        rows = [Row(*values) for values in zip(*lists, strict=True)]
        return [row for row in rows if operation is None or row.operation == operation]

    def row(self, operation: str | None = None) -> Row:
        """The only request."""
        (only,) = self.rows(operation)
        return only

    def outcomes(self, operation: str | None = None) -> list[str]:
        """How the requests ended, in order of arrival."""
        return [row.outcome for row in self.rows(operation)]

    def timeline(self, operation: str, metric: str) -> dict[float, float]:
        """One series, by the begin of its windows."""
        columns = self.result.timeline
        rows = zip(columns["operation"], columns["metric"], columns["time"], columns["value"], strict=True)
        return {time: value for name, kind, time, value in rows if (name, kind) == (operation, metric)}

    def work_order(self, services: Sequence[str]) -> list[str]:
        """Which service was at work in each window in which one was, one name per window and service."""
        seen = [
            (time, service)
            for service in services
            for time, share in self.timeline(f"service:{service}", "utilization").items()
            if share > 1e-9
        ]
        return [service for _, service in sorted(seen)]


def scenario(folder: Path, text: str, *overrides: str, variant: str | None = None) -> Scenario:
    """The scenario of an experiment's text, or that of one of its variants."""
    file = folder / "experiment.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    (only,) = load(file, overrides).scenarios(None if variant is None else [variant])
    return only


def play(
    folder: Path,
    text: str,
    *overrides: str,
    variant: str | None = None,
    replication: int = 0,
    measure: Measure | None = None,
) -> Played:
    """Play one replication of an experiment's text; `overrides` are ``PATH=VALUE`` texts."""
    chosen = scenario(folder, text, *overrides, variant=variant)
    return Played(chosen, run_once(chosen, replication, measure=measure or Measure()))


def play_catalog(name: str, *overrides: str, variant: str | None = None, replication: int = 0) -> Played:
    """Play one replication of an experiment that ships, or of one of its variants."""
    (chosen,) = load(f"catalog:{name}", overrides).scenarios(None if variant is None else [variant])
    return Played(chosen, run_once(chosen, replication))


def columns_of(result: RunResult) -> dict[str, Any]:
    """Everything that leaves a run, as plain lists."""
    tables = {
        "metrics": result.metrics,
        "timeline": result.timeline,
        "distributions": result.distributions,
        "requests": result.requests or {},
        "breaker_states": result.breaker_states,
        "effects": result.effects,
        "losses": result.losses,
    }
    return {f"{table}.{name}": list(values) for table, columns in tables.items() for name, values in columns.items()}
