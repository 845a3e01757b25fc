"""Runs come back in the order of the plan, however many processes play them; failures name their run."""

from __future__ import annotations

import multiprocessing

import pytest

from experiments.running.executor import Counted, RunFailed, available_cores, execute
from tests.running import fakes
from tests.running.fakes import Subject, tasks_for

SUBJECTS = [Subject("a", 1.0), Subject("b", 2.0)]


def test_results_come_in_the_order_of_the_plan_whatever_finishes_first() -> None:
    tasks = tasks_for(SUBJECTS, 8)
    alone = list(execute(SUBJECTS, tasks, fakes.play_while_busy, jobs=1))
    together = list(execute(SUBJECTS, tasks, fakes.play_while_busy, jobs=2))
    assert [task for task, _ in together] == tasks
    assert [result.metrics for _, result in together] == [result.metrics for _, result in alone]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_finished_run_is_told(jobs: int) -> None:
    told: list[Counted] = []
    played = list(execute(SUBJECTS, tasks_for(SUBJECTS, 3), fakes.play, jobs=jobs, done=told.append))
    assert len(told) == len(played) == 6


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_run_is_named(jobs: int) -> None:
    running = execute(SUBJECTS, tasks_for(SUBJECTS, 3), fakes.fail_at_second, jobs=jobs)
    assert next(running)[0].replication == 0
    with pytest.raises(RunFailed) as caught:
        next(running)
    text = str(caught.value)
    assert text.startswith("variant a, replication 1, seed 7: ArithmeticError: orders: 3 workers of a")
    assert "tests/running/fakes.py:" in text


def test_a_killed_process_is_a_failed_run_and_not_a_hanging_one() -> None:
    with pytest.raises(RunFailed, match="was there enough memory"):
        list(execute(SUBJECTS, tasks_for(SUBJECTS, 3), fakes.die_at_second, jobs=2))


def test_giving_up_early_leaves_no_process_behind() -> None:
    before = set(multiprocessing.active_children())
    running = execute(SUBJECTS, tasks_for(SUBJECTS, 20), fakes.play_while_busy, jobs=2)
    next(running)
    running.close()
    assert set(multiprocessing.active_children()) <= before


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(execute(SUBJECTS, [], fakes.play, jobs=4)) == []


def test_there_is_at_least_one_core() -> None:
    assert available_cores() >= 1
