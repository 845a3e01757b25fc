"""Who runs: every contestant is a whole process, timed from its start to its end, that says how much it did."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

RATE, MEAN = 80.0, 0.010
"""The M/M/1 of `catalog:mm1`: arrivals per second, mean service time in seconds."""


@dataclass(frozen=True)
class Run:
    """A timed process: wall seconds, how many units it did, the mean latency that it found (for the M/M/1); or the sum
    of several such processes."""

    seconds: float
    units: float
    latency_mean: float | None = None
    processes: int = 1

    @property
    def per_second(self) -> float:
        """Units per second of wall time."""
        return self.units / self.seconds

    def __add__(self, other: Run) -> Run:
        """Both runs as one; the mean latency is weighted by units."""
        latencies = [run.latency_mean * run.units for run in (self, other) if run.latency_mean is not None]
        units = self.units + other.units
        mean = sum(latencies) / units if len(latencies) == 2 else None
        return Run(self.seconds + other.seconds, units, mean, self.processes + other.processes)


@dataclass(frozen=True)
class Contestant:
    """Something to time. ``unit`` is what it does; ``run`` plays it once with a seed.

    A machine's speed drifts within a minute, and a yardstick is much shorter than what is held against it: so
    contestants with ``yardstick_of`` run right before and right after the one of that name, and count as one run.
    """

    name: str
    unit: str
    run: Callable[[int], Run]
    yardstick_of: str = ""


@dataclass(frozen=True)
class Sizes:
    """How much each contestant does.

    Attributes:
        horizon: simulated seconds of one M/M/1, for everybody.
        replications: how often callsim plays it in one process, enough to lose its start-up in it (see `lengthened`).
        timeouts: how many bare timeouts are fired.
        checkout: options that make the checkout smaller than its file says, for a quick look.
        policies: requests of each run that measures what a policy costs.
    """

    horizon: float
    replications: int
    timeouts: int
    checkout: tuple[str, ...] = ()
    policies: int = 10_000


def contestants(sizes: Sizes, folder: Path) -> list[Contestant]:
    """All of them, in the order of one round; callsim leaves its results below `folder`."""
    nothing = 1e-9
    return [
        Contestant("callsim mm1", "requests", lambda seed: _callsim_mm1(sizes, folder, seed)),
        *(
            Contestant(f"{name} mm1", "requests", partial(_mm1, f"benchmarks.{name}_mm1", sizes.horizon), "callsim mm1")
            for name in ("textbook", "ciw")
        ),
        Contestant("callsim checkout", "calls", lambda seed: _callsim_checkout(sizes, folder, seed)),
        Contestant("bare timeouts", "timeouts", lambda _: _bare(sizes.timeouts)),
        Contestant("callsim start-up", "starts", lambda seed: _callsim_start(folder, seed)),
        Contestant("textbook start-up", "starts", lambda seed: _mm1("benchmarks.textbook_mm1", nothing, seed)),
        Contestant("ciw start-up", "starts", lambda seed: _mm1("benchmarks.ciw_mm1", nothing, seed)),
        Contestant("bare start-up", "starts", lambda _: _bare(1)),
    ]


START_UP_LIMIT = 0.05
"""No more of a measured process's time than this may go into starting."""


def lengthened(sizes: Sizes, folder: Path) -> Sizes:
    """The sizes with so many replications of callsim's M/M/1 that its start-up stays well below the limit here."""
    start = _callsim_start(folder, 1).seconds
    two = _callsim_mm1(replace(sizes, replications=2), folder, 1).seconds
    wanted = start * (1 / (0.75 * START_UP_LIMIT) - 1)
    return replace(sizes, replications=max(2, math.ceil(wanted / max((two - start) / 2, 1e-3))))


def cost_of(what: str, rounds: int, requests: int) -> Any:
    """What ``benchmarks.policies`` or ``benchmarks.unused`` printed, from a process of its own."""
    options = (f"--rounds={rounds}", f"--requests={requests}")
    _, printed = _timed(sys.executable, "-m", f"benchmarks.{what}", *options)
    return json.loads(printed)


def _mm1(module: str, horizon: float, seed: int) -> Run:
    options = {"rate": RATE, "mean": MEAN, "duration": horizon, "seed": seed}
    seconds, printed = _timed(sys.executable, "-m", module, *(f"--{name}={value}" for name, value in options.items()))
    found = json.loads(printed)
    return Run(seconds, found["requests"], found["latency_mean"])


def _bare(count: int) -> Run:
    seconds, printed = _timed(sys.executable, "-m", "benchmarks.bare_timeouts", f"--count={count}")
    return Run(seconds, json.loads(printed)["timeouts"])


def _callsim_mm1(sizes: Sizes, folder: Path, seed: int) -> Run:
    length = f"--set=run.duration={sizes.horizon:g}s"
    results, seconds = _callsim("mm1", folder, seed, f"--replications={sizes.replications}", length)
    return Run(seconds, _fact(results, "requests"), _mean_latency(results, "answer"))


def _callsim_start(folder: Path, seed: int) -> Run:
    """The same file and door with next to nothing to play."""
    results, seconds = _callsim("mm1", folder, seed, "--replications=2", "--set=run.duration=1s", "--set=run.warmup=0")
    return Run(seconds, _fact(results, "requests"))


def _callsim_checkout(sizes: Sizes, folder: Path, seed: int) -> Run:
    results, seconds = _callsim("checkout", folder, seed, "--replications=1", *sizes.checkout)
    return Run(seconds, _fact(results, "calls"))


def _callsim(name: str, folder: Path, seed: int, *options: str) -> tuple[Path, float]:
    """Plays an experiment of the catalog through the public door, on one process and without the page."""
    door, results = str(Path(sys.executable).with_name("callsim")), folder / name
    fixed = ["--jobs=1", "--no-page", "--overwrite", f"--seed={seed}", f"--out={results}"]
    seconds, _ = _timed(door, "run", f"catalog:{name}", *fixed, *options)
    return results, seconds


def _fact(results: Path, name: str) -> float:
    """What all runs counted together, as callsim left it in its manifest."""
    manifest: dict[str, Any] = json.loads((results / "manifest.json").read_text(encoding="utf-8"))
    return float(manifest["totals"][name])


def _mean_latency(results: Path, operation: str) -> float:
    with (results / "summary.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["operation"], row["metric"], row["phase"]) == (operation, "latency_mean", "all"):
                return float(row["mean"])
    raise LookupError(f"summary.csv has no latency_mean of {operation}")


def _timed(*command: str) -> tuple[float, str]:
    """Wall seconds of a whole process, and what it printed.

    Raises:
        RuntimeError: if it failed, with what it said.
    """
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout
