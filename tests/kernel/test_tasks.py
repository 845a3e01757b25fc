"""Tasks sleep, park, are woken and closed; what comes too late is dropped."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.environment import Environment, Interrupt, Steps, Task
from simulator.workload.journal import RequestJournal
from tests.kernel.making import Log, make_root


@pytest.fixture
def environment() -> Environment:
    return Environment()


def test_a_task_sleeps_as_long_as_it_says(environment: Environment) -> None:
    log = Log(environment)

    def task() -> Steps:
        log("up")
        yield 1.5
        log("later")
        yield 0.25
        log("done")

    environment.start(task())
    environment.run_until(10)
    assert log.lines == [(0, "up"), (1.5, "later"), (1.75, "done")]


def test_a_zero_delay_lets_others_go_first_without_moving_the_clock(environment: Environment) -> None:
    log = Log(environment)

    def task(name: str) -> Steps:
        log(f"{name}1")
        yield 0
        log(f"{name}2")

    environment.start(task("a"))
    environment.start(task("b"))
    environment.run_until(1)
    assert log.lines == [(0, "a1"), (0, "b1"), (0, "a2"), (0, "b2")]


def test_a_parked_task_goes_on_with_what_it_is_woken_with(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        log((yield None))

    def waker(task: Task) -> Steps:
        yield 2
        environment.wake(task, task.epoch, "good morning")

    environment.start(waker(environment.start(sleeper())))
    environment.run_until(10)
    assert log.lines == [(2, "good morning")]


def test_a_parked_task_that_nobody_wakes_stays_parked(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        yield None
        log("woken")

    environment.start(sleeper())
    environment.run_until(1000)
    assert log.lines == []


def test_the_second_of_two_wakings_for_one_wait_is_dropped(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        log((yield None))
        log((yield 5))

    task = environment.start(sleeper())
    environment.run_until(0)
    epoch = task.epoch
    environment.wake(task, epoch, "first")
    environment.wake(task, epoch, "second")
    environment.run_until(10)
    assert log.lines == [(0, "first"), (5, "None")]


def test_a_sleep_that_was_cut_short_does_not_ring_into_the_next_wait(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        log((yield 3))
        yield 10
        log("slept")

    task = environment.start(sleeper())
    environment.at(1, lambda _: environment.wake(task, task.epoch, "early"), None)
    environment.run_until(100)
    assert log.lines == [(1, "early"), (11, "slept")]


def test_closing_a_task_runs_its_finally_blocks_and_silences_it(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        try:
            yield 3
            log("never")
        finally:
            log("given back")

    task = environment.start(sleeper())
    environment.at(1, lambda _: environment.close(task), None)
    environment.at(2, lambda _: environment.wake(task, task.epoch, None), None)
    environment.run_until(1.5)
    environment.close(task)
    assert log.lines == [(1, "given back")]
    assert task.generator is None


def test_a_wake_up_on_its_way_to_a_task_that_is_closed_first_is_dropped(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        yield None
        log("woken")

    task = environment.start(sleeper())
    environment.run_until(0)

    def wake_and_close(_: None) -> None:
        environment.wake(task, task.epoch, None)
        environment.close(task)

    environment.at(1, wake_and_close, None)
    environment.run_until(5)
    assert log.lines == []


def test_closing_a_task_that_has_not_begun_is_its_end(environment: Environment) -> None:
    root = make_root()
    log = Log(environment)

    def task() -> Steps:
        log("begun")
        yield 1

    root.pending += 1
    started = environment.start(task(), root)
    environment.close(started)
    environment.run_until(5)
    assert (log.lines, root.pending) == ([], 1)


def test_a_request_settles_when_its_last_task_ends(environment: Environment) -> None:
    journal = RequestJournal()
    root = make_root(journal=journal)

    def task(seconds: float) -> Steps:
        yield seconds

    environment.start(task(1), root)
    environment.start(task(2), root)
    environment.run_until(1.5)
    assert (root.pending, len(journal.active)) == (1, 1)
    environment.run_until(3)
    assert (root.pending, len(journal.active)) == (0, 0)


def test_an_interrupt_reaches_a_task_whatever_it_waits_for(environment: Environment) -> None:
    log = Log(environment)

    def sleeper(wait: float | None) -> Steps:
        log((yield wait).__class__.__name__)
        yield 50
        log("undisturbed")

    for wait in (None, 30):
        interrupt = Interrupt(environment.start(sleeper(wait)))
        environment.at(1, environment.interrupt, interrupt)
    environment.run_until(100)
    assert log.lines == [(1, "Interrupt"), (1, "Interrupt"), (51, "undisturbed"), (51, "undisturbed")]


def test_a_cancelled_interrupt_is_dropped_even_on_its_way(environment: Environment) -> None:
    log = Log(environment)

    def sleeper() -> Steps:
        log((yield 30))

    interrupt = Interrupt(environment.start(sleeper()))

    def send_and_cancel(_: None) -> None:
        environment.interrupt(interrupt)
        interrupt.cancelled = True

    environment.at(1, send_and_cancel, None)
    environment.run_until(100)
    assert log.lines == [(30, "None")]


def test_a_reply_that_comes_before_an_interrupt_at_the_same_time_wins(environment: Environment) -> None:
    log = Log(environment)

    def sleeper(interrupts: list[Interrupt]) -> Steps:
        log((yield None))
        interrupts[0].cancelled = True
        yield 9
        log("on")

    interrupts: list[Interrupt] = []
    task = environment.start(sleeper(interrupts))
    interrupts.append(Interrupt(task))
    environment.at(1, lambda _: environment.wake(task, task.epoch, "reply"), None)
    environment.at(1, environment.interrupt, interrupts[0])
    environment.run_until(20)
    assert log.lines == [(1, "reply"), (10, "on")]


def test_an_exception_in_a_task_is_a_bug_that_stops_the_run(environment: Environment) -> None:
    def task() -> Steps:
        yield 1
        raise ArithmeticError("lost a worker")

    environment.start(task())
    with pytest.raises(ArithmeticError, match="lost a worker"):
        environment.run_until(5)


# -- order and time ---------------------------------------------------------------------------------------


def test_ties_are_broken_by_the_order_of_scheduling_whatever_was_scheduled(environment: Environment) -> None:
    log = Log(environment)

    def lean(name: str, delay: float) -> Steps:
        yield delay
        log(name)

    def process() -> Generator[Any, Any, None]:
        yield environment.timeout(1)
        log("process")

    environment.at(1, lambda _: log("action 1"), None)
    environment.start(lean("task", 1))
    environment.run_until(0)
    environment.process(process())
    environment.run_until(0)
    environment.at(1, lambda _: log("action 2"), None)
    environment.before(1, lambda _: log("ahead of all"), None)
    environment.run_until(1)
    assert log.texts == ["ahead of all", "action 1", "task", "process", "action 2"]


@given(st.lists(st.sampled_from([0.5, 1.0, 1.5, 2.0]), min_size=1, max_size=30))
def test_tasks_wake_in_order_of_time_and_then_of_scheduling(delays: list[float]) -> None:
    environment = Environment()
    woken: list[tuple[float, int]] = []

    def task(number: int, delay: float) -> Steps:
        yield delay
        assert environment.now == delay
        woken.append((delay, number))

    for number, delay in enumerate(delays):
        environment.start(task(number, delay))
    environment.run_until(5)
    assert woken == sorted((delay, number) for number, delay in enumerate(delays))


def test_a_plain_simpy_process_shares_the_clock_and_can_wake_tasks(environment: Environment) -> None:
    log = Log(environment)
    door = environment.event()

    def process(task: Task) -> Generator[Any, Any, None]:
        yield environment.timeout(2)
        environment.wake(task, task.epoch, "from simpy")
        yield door
        log("door open")

    def lean() -> Steps:
        log((yield None))
        yield 1
        door.succeed()

    environment.process(process(environment.start(lean())))
    environment.run_until(10)
    assert log.lines == [(2, "from simpy"), (3, "door open")]


def test_a_failed_simpy_event_that_nobody_catches_stops_the_run(environment: Environment) -> None:
    def process() -> Generator[Any, Any, None]:
        yield environment.timeout(1)
        raise LookupError("nothing here")

    environment.process(process())
    with pytest.raises(LookupError, match="nothing here"):
        environment.run_until(5)


def test_a_run_stops_at_its_end_and_goes_on_from_there(environment: Environment) -> None:
    log = Log(environment)
    for time in (1, 2, 3):
        environment.at(time, log, time)
    environment.run_until(2)
    assert (log.texts, environment.now) == (["1", "2"], 2)
    environment.run_until(2.5)
    assert environment.now == 2.5
    environment.run_until(9)
    assert (log.texts, environment.now) == (["1", "2", "3"], 9)


def test_a_run_with_a_condition_stops_at_the_event_that_fulfils_it(environment: Environment) -> None:
    log = Log(environment)
    for time in (1, 2, 3):
        environment.at(time, log, time)
    environment.run_until(9, lambda: len(log.lines) == 2)
    assert (log.texts, environment.now) == (["1", "2"], 2)


def test_events_are_counted(environment: Environment) -> None:
    def task() -> Steps:
        yield 1
        yield 0
        yield 1

    environment.start(task())
    environment.at(1, lambda _: None, None)
    environment.run_until(5)
    assert environment.events == 3
