"""Mutations of services, of what they count, and of the way to them."""

from __future__ import annotations

from math import isclose
from pathlib import Path
from typing import Any

from simulator.network.attempt import Attempt
from simulator.network.link import Link
from simulator.policies.bulkhead import Bulkhead
from simulator.services.leaf import Leaf
from simulator.services.replica import Replica
from simulator.services.workers import WorkTally
from tests.invariance import test_littles_law
from tests.mutations.catching import books, by_hand, law
from tests.mutations.changing import Mutation, replacing
from tests.support import Played

CROWD = """
services:
  shop:
    workers: 3
    queue: {discipline: lifo}       # first come, first served, nobody would give up before a worker is free
    operations: {buy: {work: {dist: exponential, mean: 20ms}}}
policies: {hasty: {timeout: 50ms, cancel: always, bulkhead: {limit: 8, queue: 4}}}
calls: {client -> shop: {extends: hasty}}
workload: [{call: shop.buy, arrivals: {process: poisson, rate: 160/s}}]
run: {duration: 5s}
"""

ONE = """
defaults: {network: {latency: 10ms}}
services: {shop: {workers: 1, operations: {buy: {work: 5ms}}}}
workload: [{call: shop.buy, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""


def _forgets_the_next(_: Any) -> Any:
    def pass_on(replica: Replica) -> None:
        replica.busy -= 1
        replica.tally.busy += replica.environment._now
        replica.tally.busy_now -= 1

    return pass_on


def _stops_and_keeps_the_worker(original: Any) -> Any:
    def stop(replica: Replica, origin: Any) -> None:
        if type(origin.execution) is not Leaf:
            original(replica, origin)
            return
        origin.execution = None
        replica.executing -= 1
        replica.tally.executed += 1

    return stop


def _answers_twice(original: Any) -> Any:
    def receive(attempt: Attempt, reply: Any) -> None:
        attempt.link.answered += 1
        original(attempt, reply)

    return receive


def _at_once(_: Any) -> Any:
    def carry_back(link: Link, attempt: Attempt, reply: Any) -> None:
        link._deliver(attempt, reply, 0.0)

    return carry_back


def _keeps_the_permit(_: Any) -> Any:
    def leave(bulkhead: Bulkhead[Any], now: float) -> None:
        """Nobody gets it."""

    return leave


def _both_ways(played: Played) -> None:
    assert isclose(played.row().latency, 0.025), f"10 ms there, 5 ms of work, 10 ms back: {played.row().latency} s"


def _littles_law(folder: Path) -> None:
    test_littles_law.test_every_called_service_keeps_littles_law("saga", "fifo", folder)


LITTLE = law("Little's law in every service (tests/invariance)", _littles_law)

MUTATIONS = [
    Mutation(
        "a worker that becomes free does not wake the next request",
        replacing(Replica, "_pass_on", _forgets_the_next),
        LITTLE,
        "gateway",
    ),
    Mutation(
        "a timeout forgets to free the worker",
        replacing(Replica, "stop", _stops_and_keeps_the_worker),
        books("a crowd in a hurry", CROWD),
        "3 workers busy, 0 executions",
    ),
    Mutation(
        "who gives up waiting stays in the queue's count",
        replacing(Replica, "dequeued", lambda _: lambda replica: None),
        books("a crowd in a hurry", CROWD),
        "waiting",
    ),
    Mutation(
        "an answer is counted twice",
        replacing(Attempt, "receive", _answers_twice),
        books("a crowd in a hurry", CROWD),
        "attempts sent",
    ),
    Mutation(
        "busy time is counted twice",
        replacing(WorkTally, "busy_seconds", lambda original: lambda tally, now: 2 * original(tally, now)),
        LITTLE,
        "gateway",
    ),
    Mutation(
        "latency is counted on the way there only",
        replacing(Link, "carry_back", _at_once),
        by_hand("one request over a slow link", ONE, _both_ways),
        "10 ms back: 0.015 s",
    ),
    Mutation(
        "a bulkhead's permit does not come back",
        replacing(Bulkhead, "leave", _keeps_the_permit),
        books("a crowd in a hurry", CROWD),
        "a bulkhead with 8 permits out",
    ),
]
