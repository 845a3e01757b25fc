"""Cores, workers, disciplines and pools, as a file writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import problems, scenario

DESK = """
services:
  desk:
    SERVICE
    operations: {run: {steps: STEPS}}
workload: [{call: desk.run, arrivals: {process: poisson, rate: 1/s}, priority: -2}]
run: {duration: 1m}
"""


def desk(service: str = "workers: 2", steps: str = "[{work: 1ms}]") -> str:
    return DESK.replace("SERVICE", service.replace("; ", "\n    ")).replace("STEPS", steps)


@pytest.mark.parametrize(
    ("service", "steps"),
    [
        ("workers: unlimited; cores: 4", "[{work: {cpu: 1ms, io: {dist: exponential, mean: 2ms}}}]"),
        ("workers: 2; cores: 1", "[{work: {io: 1ms}, effect: true, undo: 2ms}]"),
        ("workers: 2; queue: {discipline: priority, preemptive: true, capacity: 3}", "[{work: {cpu: 1ms}}]"),
        ("workers: 2; queue: {discipline: ps}; adaptive_limit: {kind: vegas}", "[{work: 1ms}]"),
        ("workers: 2; queue: {discipline: codel, target: 20ms, interval: 1s}", "[{work: 1ms}]"),
        ("workers: 2; pools: {db: {size: 3, wait: 0}, disk: {size: 1}}", "[{with: {pool: db, steps: [{work: 1ms}]}}]"),
        (
            "workers: 2; pools: {db: {size: 3}, disk: {size: 1}}",
            "[{with: {pool: db, steps: [{with: {pool: disk, steps: [{pause: 1ms}]}}]}}]",
        ),
    ],
)
def test_resources_are_accepted(tmp_path: Path, service: str, steps: str) -> None:
    assert problems(tmp_path, desk(service, steps)) == []


@pytest.mark.parametrize(
    ("service", "steps", "said"),
    [
        ("workers: unlimted", "", "must be a whole number, or unlimited; did you mean 'unlimited'?"),
        ("workers: true", "", "must be a whole number"),
        ("workers: 0", "", "must be at least 1"),
        ("workers: 2; cores: 0", "", "must be at least 1"),
        ("workers: 2; cores: 2; queue: {discipline: ps}", "", "ps shares out the workers themselves"),
        ("workers: unlimited; queue: {discipline: ps}", "", "ps needs a number of workers"),
        ("workers: 2; holds_worker: false; queue: {discipline: ps}", "", "leave holds_worker out"),
        (
            "workers: 2; cores: 1; queue: {discipline: priority, preemptive: true}",
            "",
            "preemptive priority shares out the workers",
        ),
        ("workers: 2; queue: {discipline: ps}; shed: {kind: codel}", "", "has no line to shed from"),
        ("workers: 2; queue: {discipline: codel}; shed: {kind: codel}", "", "sheds already"),
        ("workers: 2; queue: {preemptive: true}", "", "preemptive belongs to discipline: priority, not to fifo"),
        ("workers: 2; queue: {discipline: ps, target: 5ms}", "", "target belongs to discipline: codel, not to ps"),
        ("workers: 2; queue: {discipline: prioriy}", "", "did you mean 'priority'?"),
        ("workers: 2; pools: {db: {wait: 1s}}", "", "'size' is missing"),
        ("workers: 2; pools: {db: {size: 2, wait: 1}}", "", "1 has no unit"),
        ("workers: 2", "[{work: {cpu: 1ms, oi: 1ms}}]", "unknown key; known here: cpu, io"),
        ("workers: 2", "[{work: {cpu: {dist: exponental, mean: 1ms}}}]", "did you mean 'exponential'?"),
        ("workers: 2", "[{with: {pool: db, steps: [{work: 1ms}]}}]", "desk has no pool 'db'"),
        (
            "workers: 2; pools: {database: {size: 2}}",
            "[{with: {pool: databse, steps: [{work: 1ms}]}}]",
            "desk has no pool 'databse'; did you mean 'database'?",
        ),
        (
            "workers: 2; pools: {db: {size: 2}}",
            "[{with: {pool: db, steps: [{parallel: {steps: [{with: {pool: db, steps: [{work: 1ms}]}}]}}]}}]",
            "a permit of 'db' is held already",
        ),
        ("workers: 2; pools: {db: {size: 2}}", "[{with: {pool: db, steps: [{call: desk.rnu}]}}]", "no operation 'rnu'"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, service: str, steps: str, said: str) -> None:
    (only,) = problems(tmp_path, desk(service, steps or "[{work: 1ms}]"))
    assert said in only


def test_work_in_parts_can_be_swept_and_replaced(tmp_path: Path) -> None:
    """A law under cpu is reached by its path; parts over a law, or a law over parts, replace the whole."""
    text = desk("workers: 2; cores: 1", "[{work: {cpu: 1ms, io: 2ms}}]")
    step = "services.desk.operations.run.steps[0].work"
    made = scenario(tmp_path, text, f"{step}.io.value=7ms")
    (work,) = made.experiment.services["desk"].operations["run"].work_steps
    assert work.work.io.mean() == 0.007  # type: ignore[union-attr]
    made = scenario(tmp_path, text, f"{step}={{dist: exponential, mean: 4ms}}")
    assert made.experiment.services["desk"].operations["run"].work_steps[0].work.mean() == 0.004  # type: ignore[union-attr]
    whole = desk("workers: 2; cores: 1")
    made = scenario(tmp_path, whole, f"{step}={{io: 4ms}}")
    assert made.experiment.services["desk"].operations["run"].work_steps[0].work.io.mean() == 0.004  # type: ignore[union-attr]


def test_an_objective_may_be_about_a_pool(tmp_path: Path) -> None:
    text = desk("workers: 2; pools: {db: {size: 2}}")
    assert problems(tmp_path, text + "objectives: {pool:desk/db: {wait_mean: 5ms}}\n") == []
    (only,) = problems(tmp_path, text + "objectives: {pool:desk/bd: {wait_mean: 5ms}}\n")
    assert "there is no pool 'desk/bd'" in only


def test_calls_inside_a_pool_count_as_calls(tmp_path: Path) -> None:
    """A cycle through a `with` is a cycle."""
    text = desk("workers: 2; pools: {db: {size: 2}}", "[{with: {pool: db, steps: [{call: desk.run}]}}]")
    (only,) = problems(tmp_path, text)
    assert "desk.run" in only


def test_the_order_of_pools_means_nothing(tmp_path: Path) -> None:
    steps = "[{with: {pool: a, steps: [{with: {pool: b, steps: [{work: 1ms}]}}]}}]"
    one = scenario(tmp_path, desk("workers: 2; pools: {a: {size: 1}, b: {size: 2}}", steps))
    other = scenario(tmp_path, desk("workers: 2; pools: {b: {size: 2}, a: {size: 1}}", steps))
    assert repr(one) == repr(other)
