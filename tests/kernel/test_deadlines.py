"""A queue of deadlines of one length does what a heap of timers would."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.deadlines import DeadlineTable
from simulator.kernel.environment import Environment


class Waiter:
    """Waits for an answer, and notes when its time was up."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.expires = 0.0
        self.waiting = True
        self.expired_at: list[float] = []

    def expire(self) -> None:
        self.expired_at.append(self._environment.now)


class Plan(NamedTuple):
    """A wait: when it begins, how long it may last, after how long it is answered (None: never)."""

    begin: float
    length: float
    answered_after: float | None


def play(plans: list[Plan]) -> list[list[float]]:
    """When each of them expired."""
    environment = Environment()
    table = DeadlineTable(environment)
    waiters = [Waiter(environment) for _ in plans]

    def begin(number: int) -> None:
        plan, waiter = plans[number], waiters[number]
        if plan.answered_after is not None:  # scheduled before the deadline: at a tie the answer wins
            environment.at(environment.now + plan.answered_after, answer, waiter)
        table.of(plan.length).add(waiter)

    def answer(waiter: Waiter) -> None:
        waiter.waiting = False

    for number, plan in enumerate(plans):
        environment.at(plan.begin, begin, number)
    environment.run_until(1000)
    return [waiter.expired_at for waiter in waiters]


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        ([Plan(0, 2, None)], [[2]]),
        ([Plan(0, 2, 1)], [[]]),
        ([Plan(0, 2, 3)], [[2]]),
        ([Plan(0, 2, None), Plan(1, 2, None)], [[2], [3]]),
        ([Plan(0, 2, 1), Plan(1, 2, None)], [[], [3]]),
        ([Plan(0, 2, 1), Plan(1, 2, 1), Plan(5, 2, None)], [[], [], [7]]),
        ([Plan(0, 5, None), Plan(1, 2, None)], [[5], [3]]),
        ([Plan(0, 2, None), Plan(0, 2, None)], [[2], [2]]),
    ],
    ids=["expires", "answered", "answered too late", "two", "first answered", "idle between", "lengths", "together"],
)
def test_deadlines_expire_when_they_should(plans: list[Plan], expected: list[list[float]]) -> None:
    assert play(plans) == expected


times = st.integers(0, 40).map(lambda quarter: quarter / 4)
plan_lists = st.lists(
    st.builds(Plan, times, st.sampled_from([0.25, 1.0, 2.5]), st.none() | times.map(lambda time: time + 0.125)),
    max_size=25,
)


@given(plan_lists)
def test_a_queue_of_deadlines_equals_a_heap_of_timers(plans: list[Plan]) -> None:
    naive = [
        [] if plan.answered_after is not None and plan.answered_after < plan.length else [plan.begin + plan.length]
        for plan in plans
    ]
    assert play(plans) == naive


def test_one_timer_serves_many_deadlines() -> None:
    environment = Environment()
    queue = DeadlineTable(environment).of(2.0)
    waiters = [Waiter(environment) for _ in range(1000)]
    for waiter in waiters:
        queue.add(waiter)
        waiter.waiting = False
    environment.run_until(10)
    assert environment.events == 1


def test_a_deadline_can_be_added_while_another_expires() -> None:
    environment = Environment()
    queue = DeadlineTable(environment).of(2.0)
    second = Waiter(environment)

    class Chained(Waiter):
        def expire(self) -> None:
            super().expire()
            queue.add(second)

    first = Chained(environment)
    queue.add(first)
    environment.run_until(10)
    assert (first.expired_at, second.expired_at) == ([2], [4])


def test_queues_of_one_length_are_one() -> None:
    table = DeadlineTable(Environment())
    assert table.of(2.0) is table.of(2.0)
    assert table.of(2.0) is not table.of(3.0)
