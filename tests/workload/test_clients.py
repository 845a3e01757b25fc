"""Clients: who asks when, and what is written down of it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.build.model import build
from simulator.build.world import World
from simulator.conservation import check
from simulator.metrics.requests import Requests
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge, Scenario
from simulator.workload.clients import Standstill
from tests.services.bench import experiment


def play(
    arrivals: dict[str, Any], work: Any = 1.0, *, workers: int = 100, duration: float = 10.0, **settings: Any
) -> tuple[World, Requests]:
    """A run of one service whose clients arrive so; its world and its requests."""
    callers = settings.pop("callers", 1)
    spec = experiment(
        services={"shop": {"workers": workers, "operations": {"buy": {"work": work}}, **settings.pop("shop", {})}},
        workload=[{"call": "shop.buy", "arrivals": arrivals, "callers": callers}],
        run={"duration": duration, **settings},
    )
    world = build(Scenario("clients", "base", "", spec, {Edge("client", "shop", "buy"): EdgePolicies()}), 0)
    for client in world.clients:
        client.start()
    world.environment.run_until(duration + 1000.0)
    check(world)
    return world, Requests.of(world.journal.close())


def test_open_clients_ask_whatever_became_of_earlier_requests() -> None:
    _, requests = play({"process": "constant", "rate": 1.0}, work=100.0, workers=1)
    assert requests.column["arrived"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]


def test_nobody_arrives_at_the_end_of_the_duration_or_later() -> None:
    _, requests = play({"process": "constant", "rate": 1.0}, duration=3.0)
    assert requests.column["arrived"].tolist() == [1.0, 2.0]


def test_closed_users_ask_wait_think_and_ask_again() -> None:
    _, requests = play({"process": "closed", "users": 2, "think": 2.0})
    assert sorted(requests.column["arrived"].tolist()) == [2.0, 2.0, 5.0, 5.0, 8.0, 8.0]
    assert sorted(requests.column["answered"].tolist()) == [3.0, 3.0, 6.0, 6.0, 9.0, 9.0]


def test_closed_users_wait_for_their_answers_in_the_queue() -> None:
    _, requests = play({"process": "closed", "users": 3}, workers=1, duration=6.0)
    assert sorted(requests.column["answered"].tolist()) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert requests.latency.max() == 3.0


def test_load_multiplies_rates_and_users() -> None:
    _, fast = play({"process": "constant", "rate": 1.0}, load=3.0)
    assert len(fast) == 29
    _, crowded = play({"process": "closed", "users": 2, "think": 4.0}, load=2.5)
    assert len(set(crowded.column["lane"].tolist())) == 5


def test_each_user_has_luck_of_its_own() -> None:
    world, requests = play(
        {"process": "closed", "users": 20, "think": {"dist": "exponential", "mean": 1.0}}, duration=20.0
    )
    firsts = requests.column["arrived"][requests.column["ordinal"] == 0]
    assert len(set(firsts.tolist())) == 20
    assert len(world.journal.active) == 0


def test_one_more_user_changes_nothing_for_the_others() -> None:
    think = {"dist": "exponential", "mean": 1.0}
    work = {"dist": "exponential", "mean": 0.5}
    arrived = []
    for users in (3, 4):
        _, requests = play({"process": "closed", "users": users, "think": think}, work=work)
        arrived.append(requests.column["arrived"][requests.column["lane"] < 3].tolist())
    assert sorted(arrived[0]) == sorted(arrived[1])


@pytest.mark.parametrize(("callers", "outcomes"), [(1, [0, 0, 0]), (2, [0, 0, 5]), (3, [0, 0, 0])])
def test_client_replicas_take_turns_and_each_balances_for_itself(callers: int, outcomes: list[int]) -> None:
    """Three replicas that each take one request. Client number k begins its round at replica k, so of two clients
    the first sends the first and third request to replicas 0 and 1, where the second client's request is already."""
    shop = {"replicas": 3, "queue": {"capacity": 0}}
    arrivals = {"process": "constant", "rate": 1.0}
    _, requests = play(arrivals, work=10.0, workers=1, callers=callers, shop=shop, duration=3.5)
    assert requests.column["outcome"].tolist() == outcomes


def test_requests_are_written_down_in_order_with_what_became_of_them() -> None:
    _, requests = play({"process": "constant", "rate": 2.0}, work=0.75, workers=1, shop={"queue": {"capacity": 0}})
    assert requests.column["ordinal"].tolist() == list(range(19))
    assert requests.column["outcome"].tolist() == [0, 5] * 9 + [0]
    assert requests.column["rejected"].tolist() == [0, 1] * 9 + [0]
    assert requests.latency.tolist() == [0.75, 0.0] * 9 + [0.75]
    assert requests.column["calls"].tolist() == [1] * 19


def test_a_user_for_whom_no_time_passes_is_an_error_and_no_endless_run() -> None:
    with pytest.raises(Standstill, match=r"workload buy: a user made 10000 requests at 0 s without any time passing"):
        play({"process": "closed", "users": 2, "think": 0.0}, work=0.0)
