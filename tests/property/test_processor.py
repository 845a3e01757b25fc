"""Processors against a plain reference that looks at every job at every event, whatever comes, goes and freezes."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.processor import NEVER, ByPriority, Job, Processor, Sharing


class Order(NamedTuple):
    """A job as it is ordered: when it comes, how long it takes, its priority, when it is taken out (None: never)."""

    begin: int
    seconds: int
    priority: int
    out: int | None


TIME = st.integers(0, 12)
ORDERS = st.lists(st.builds(Order, TIME, st.integers(1, 8), st.integers(-1, 1), st.none() | TIME), max_size=9)
FREEZES = st.none() | st.tuples(TIME, st.integers(1, 5))
SERVERS = st.integers(1, 3)


class Reference:
    """Every job with the work that it has left, in exact fractions; nothing remembered, nothing clever."""

    def __init__(self, servers: int, *, sharing: bool) -> None:
        self.servers = servers
        self.sharing = sharing
        self.left: dict[int, Fraction] = {}
        self.frozen = False

    def rates(self, orders: list[Order]) -> dict[int, Fraction]:
        if self.frozen or not self.left:
            return {}
        if self.sharing:
            return dict.fromkeys(self.left, min(Fraction(1), Fraction(self.servers, len(self.left))))
        first = sorted(self.left, key=lambda number: (-orders[number].priority, list(self.left).index(number)))
        return dict.fromkeys(first[: self.servers], Fraction(1))

    def work(self, now: Fraction, until: Fraction, orders: list[Order], ends: dict[int, Fraction]) -> None:
        while True:
            rates = self.rates(orders)
            next_end = min((now + self.left[number] / rate for number, rate in rates.items()), default=until + 1)
            upto = min(until, next_end)
            for number, rate in rates.items():
                self.left[number] -= (upto - now) * rate
            for number in [number for number in rates if self.left[number] == 0]:
                ends[number] = upto
                del self.left[number]
            if next_end > until:
                return
            now = upto


def events(orders: list[Order], freeze: tuple[int, int] | None) -> list[tuple[int, str, int]]:
    found = [(order.begin, "add", number) for number, order in enumerate(orders)]
    found += [(order.out, "remove", number) for number, order in enumerate(orders) if order.out is not None]
    if freeze is not None:
        found += [(freeze[0], "freeze", -1), (sum(freeze), "thaw", -1)]
    return sorted(found, key=lambda event: event[0])


def expected(
    orders: list[Order], freeze: tuple[int, int] | None, servers: int, *, sharing: bool
) -> dict[int, Fraction]:
    reference, now = Reference(servers, sharing=sharing), Fraction(0)
    ends: dict[int, Fraction] = {}
    for time, what, number in [*events(orders, freeze), (10_000, "end", -1)]:
        reference.work(now, Fraction(time), orders, ends)
        now = Fraction(time)
        if what == "add":
            reference.left[number] = Fraction(orders[number].seconds)
        elif what == "remove":
            reference.left.pop(number, None)
        elif what in ("freeze", "thaw"):
            reference.frozen = what == "freeze"
    return ends


def played(
    processor: Processor, orders: list[Order], freeze: tuple[int, int] | None
) -> tuple[dict[int, float], list[Job], float]:
    """When each job ended; all jobs; the server-seconds that were spent at work."""
    jobs = [Job(float(order.seconds), order.priority) for order in orders]
    ends: dict[int, float] = {}
    busy, now, frozen = 0.0, 0.0, False

    def advance(until: float) -> None:
        nonlocal busy, now
        while (due := processor.due()) <= until:
            busy += 0.0 if frozen else processor.running * (due - now)
            now = max(due, now)
            ends.update((jobs.index(job), due) for job in processor.advance(due))
        if not frozen and until < NEVER:
            busy += processor.running * (until - now)
        now = until
        assert processor.advance(until) == []

    for time, what, number in events(orders, freeze):
        advance(float(time))
        if what == "add":
            processor.add(jobs[number], now)
        elif what == "remove" and jobs[number].present:
            processor.remove(jobs[number], now)
        elif what == "freeze":
            processor.freeze(now)
            frozen = True
        elif what == "thaw":
            processor.thaw(now)
            frozen = False
        assert processor.running + processor.standing >= 0
        assert processor.running <= processor.servers
    advance(10_000.0)
    return ends, jobs, busy


@pytest.mark.parametrize("sharing", [True, False])
@settings(deadline=None, max_examples=150)
@given(ORDERS, FREEZES, SERVERS)
def test_jobs_end_when_they_do_in_plain_arithmetic(
    sharing: bool, orders: list[Order], freeze: tuple[int, int] | None, servers: int
) -> None:
    processor: Processor = Sharing(servers) if sharing else ByPriority(servers)
    ends, _, _ = played(processor, orders, freeze)
    wanted = expected(orders, freeze, servers, sharing=sharing)
    assert sorted(ends) == sorted(wanted)
    assert [ends[number] for number in sorted(ends)] == pytest.approx([float(wanted[n]) for n in sorted(wanted)])


@pytest.mark.parametrize("sharing", [True, False])
@settings(deadline=None, max_examples=80)
@given(ORDERS, SERVERS)
def test_work_is_conserved(sharing: bool, orders: list[Order], servers: int) -> None:
    """What the servers spent is what the jobs needed, whoever was stopped or slowed meanwhile."""
    stay = [order._replace(out=None) for order in orders]
    processor: Processor = Sharing(servers) if sharing else ByPriority(servers)
    ends, jobs, busy = played(processor, stay, None)
    assert len(ends) == len(jobs)
    assert busy == pytest.approx(sum(order.seconds for order in stay))
    assert processor.due() == NEVER
    assert (processor.running, processor.standing) == (0, 0)
