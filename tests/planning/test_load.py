"""Offered load by hand: workers, event loops, cores, pools, styles, topics, brokers, cycles, closed users."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from experiments.planning.load import Load, Offered, offered_load
from tests.support import play, scenario

SHOP = """\
network:
  "shop -> bank": {latency: 5ms}
services:
  shop:
    replicas: 2
    workers: 4
    operations:
      buy:
        steps:
          - {work: 10ms}
          - {call: bank.pay}
  bank: {workers: 2, operations: {pay: {work: {dist: exponential, mean: 20ms}}}}
workload:
  - {call: shop.buy, arrivals: {process: poisson, rate: 50/s}}
run: {duration: 100s}
"""
EXTRA = "services.shop.operations.buy.steps"


def offered(folder: Path, text: str = SHOP, *overrides: str) -> Offered:
    return offered_load(scenario(folder, text, *overrides))


def load(found: Offered, component: str, resource: str = "workers") -> Load:
    (only,) = [one for one in found.loads if (one.component, one.resource) == (component, resource)]
    return only


def test_a_worker_is_held_while_its_request_waits_for_a_call(tmp_path: Path) -> None:
    found = offered(tmp_path)
    assert load(found, "service:bank").load == pytest.approx(50 * 0.020 / 2)
    assert load(found, "service:shop").holding == pytest.approx(0.010 + 0.005 + 0.020 + 0.005)
    assert load(found, "service:shop").load == pytest.approx(50 * 0.040 / 8)
    assert found.answers["buy"] == pytest.approx(0.040)
    assert [one.component for one in found.loads] == ["service:bank", "service:shop"]


def test_an_event_loop_is_held_only_by_its_own_work(tmp_path: Path) -> None:
    found = offered(tmp_path, SHOP, "services.shop.holds_worker=false")
    assert load(found, "service:shop").load == pytest.approx(50 * 0.010 / 8)


def test_cores_are_loaded_by_the_cpu_part(tmp_path: Path) -> None:
    found = offered(tmp_path, SHOP, "services.shop.cores=1", f"{EXTRA}[0].work={{cpu: 6ms, io: 14ms}}")
    assert load(found, "service:shop", "cores").load == pytest.approx(50 * 0.006 / 2)
    assert load(found, "service:shop").load == pytest.approx(50 * 0.050 / 8)


def test_a_permit_is_held_across_the_call_inside(tmp_path: Path) -> None:
    pool = ("services.shop.pools={db: {size: 3}}", f"{EXTRA}=[{{with: {{pool: db, steps: [{{call: bank.pay}}]}}}}]")
    found = offered(tmp_path, SHOP, *pool)
    assert load(found, "pool:shop/db", "permits").load == pytest.approx(50 * 0.030 / 6)


def test_choices_repetitions_and_branches_count_with_their_shares(tmp_path: Path) -> None:
    steps = "[{choose: [{share: 20%, steps: [{call: bank.pay, times: 3}]}, {share: 80%, steps: [{work: 5ms}]}]}]"
    found = offered(tmp_path, SHOP, f"{EXTRA}={steps}")
    assert load(found, "service:bank").rate == pytest.approx(50 * 0.2 * 3)
    assert load(found, "service:shop").holding == pytest.approx(0.2 * 3 * 0.030 + 0.8 * 0.005)


def test_side_by_side_takes_as_long_as_the_slowest(tmp_path: Path) -> None:
    steps = "[{parallel: {steps: [{call: bank.pay}, {work: 100ms}]}}]"
    found = offered(tmp_path, SHOP, f"{EXTRA}={steps}", "services.bank.operations.pay.work=20ms")
    assert load(found, "service:shop").holding == pytest.approx(0.100)
    assert load(found, "service:bank").rate == pytest.approx(50.0)


def test_a_timeout_bounds_the_wait_of_the_caller_only(tmp_path: Path) -> None:
    changes = ("services.bank.operations.pay.work=100s", 'calls={"shop -> bank": {timeout: 1s}}')
    found = offered(tmp_path, SHOP, *changes)
    assert load(found, "service:shop").holding == pytest.approx(1.010)
    assert load(found, "service:bank").holding == pytest.approx(100.0)


def test_what_follows_a_client_error_is_asked_for_less_often(tmp_path: Path) -> None:
    found = offered(tmp_path, SHOP, "services.shop.operations.buy.client_errors=40%")
    assert load(found, "service:bank").rate == pytest.approx(30.0)


def test_a_saga_undoes_what_precedes_a_client_error(tmp_path: Path) -> None:
    changes = (
        "services.bank.operations.give={work: 1ms}",
        "services.bank.operations.check={work: 1ms, client_errors: 10%}",
        "services.shop.operations.buy.style=saga",
        f"{EXTRA}=[{{call: bank.pay, undo: bank.give}}, {{call: bank.check}}]",
    )
    assert load(offered(tmp_path, SHOP, *changes), "service:bank").rate == pytest.approx(50 * 2.1)


@pytest.mark.parametrize("style", ["sync", "queue", "saga", "choreography", "hybrid"])
def test_every_style_asks_the_called_service_alike(tmp_path: Path, style: str) -> None:
    found = offered(tmp_path, SHOP, f"services.shop.operations.buy.style={style}")
    assert load(found, "service:bank").load == pytest.approx(0.5)


def test_in_choreography_nobody_waits_for_the_called_service(tmp_path: Path) -> None:
    found = offered(tmp_path, SHOP, "services.shop.operations.buy.style=choreography")
    assert load(found, "service:shop").load == pytest.approx(50 * (0.001 + 0.010) / 8)


TOPIC = """\
services:
  mail: {replicas: 2, workers: 10, operations: {send: {work: {dist: exponential, mean: 50ms}}}}
brokers: {post: {preset: BROKER, delivery_latency: 2ms, capacity: 200/s}}
topics: {notices: {broker: post, subscribers: [{operation: mail.send, HANDLING}]}}
workload:
  - {name: notice, publish: notices, arrivals: {process: poisson, rate: 30/s}}
run: {duration: 100s}
"""


def topic(folder: Path, broker: str, handling: str) -> Offered:
    return offered(folder, TOPIC.replace("BROKER", broker).replace("HANDLING", handling))


def test_consumers_of_a_queue_are_occupied_on_the_way_as_well(tmp_path: Path) -> None:
    found = topic(tmp_path, "durable_queue", "consumers: 1")
    assert load(found, "topic:notices", "consumers").load == pytest.approx(30 * 0.052 / 2)
    assert load(found, "service:mail").load == pytest.approx(30 * 0.050 / 20)
    assert load(found, "broker:post", "messages").load == pytest.approx(60 / 200)


def test_one_message_at_a_time_and_replica(tmp_path: Path) -> None:
    found = topic(tmp_path, "redis_pubsub", "handling: sequential")
    assert load(found, "topic:notices", "consumers").load == pytest.approx(30 * 0.050)  # each replica gets all


def test_a_partition_has_one_consumer(tmp_path: Path) -> None:
    assert load(topic(tmp_path, "kafka", "consumers: 4"), "topic:notices", "consumers").servers == 1


def test_consumers_of_calls_by_message_are_occupied_on_the_way_as_well(tmp_path: Path) -> None:
    """Work of 2 ms, and 1 ms from the broker: a worker is free for a third of the time, and yet the queue grows."""
    text = """\
    services:
      shop: {workers: unlimited, operations: {buy: {style: choreography, steps: [{call: bank.pay}]}}}
      bank: {workers: 4, operations: {pay: {work: 2ms}}}
    workload:
      - {call: shop.buy, arrivals: {process: poisson, rate: 1500/s}}
    run: {duration: 4s, drain: 0s, record: summary}
    """
    found = offered(tmp_path, text)
    assert load(found, "service:bank").load == pytest.approx(0.75)
    assert load(found, "broker:durable_queue", "consumers of bank.pay").load == pytest.approx(1.125)
    played = play(tmp_path, text)
    assert played.figure("service:bank", "utilization") == pytest.approx(2 / 3, rel=0.01)
    assert played.figure("broker:durable_queue", "backlog_end") == pytest.approx(4 * (1500 - 4000 / 3), rel=0.4)


def test_full_batches_are_handled_once(tmp_path: Path) -> None:
    found = topic(tmp_path, "durable_queue", "consumers: 1, batch: {size: 10}")
    assert load(found, "service:mail").rate == pytest.approx(3.0)


def test_calls_that_come_back_are_counted_until_they_have_died_out(tmp_path: Path) -> None:
    steps = "[{work: 10ms}, {choose: [{share: 75%, steps: [{call: shop.buy}]}, {share: 25%, steps: []}]}]"
    found = offered(tmp_path, SHOP, f"{EXTRA}={steps}")
    assert load(found, "service:shop").rate == pytest.approx(50 * 4)
    assert found.answers["buy"] == pytest.approx(0.040)


def test_a_mean_that_is_infinite_is_an_infinite_load(tmp_path: Path) -> None:
    found = offered(tmp_path, SHOP, "services.bank.operations.pay.work={dist: pareto, minimum: 1ms, alpha: 1}")
    assert load(found, "service:bank").load == math.inf
    assert load(found, "service:bank").overloaded


@pytest.mark.parametrize(
    ("users", "rate", "busy"),
    [(10, 10 / (0.96 + 0.040), 10 * 0.020 / 2), (1000, 2 / 0.020, 1.0)],
)
def test_closed_users_send_what_the_asymptotic_bounds_allow(
    tmp_path: Path, users: int, rate: float, busy: float
) -> None:
    arrivals = f"workload[0].arrivals={{process: closed, users: {users}, think: 960ms}}"
    found = offered(tmp_path, SHOP, arrivals)
    assert found.rates["buy"].mean == pytest.approx(rate)
    assert load(found, "service:bank").load == pytest.approx(busy)
    assert not load(found, "service:bank").overloaded


def test_autoscaling_is_reckoned_at_both_ends(tmp_path: Path) -> None:
    scale = "services.bank.autoscale={min: 1, max: 4, metric: utilization, target: 60%}"
    found = load(offered(tmp_path, SHOP, scale), "service:bank")
    assert (found.load, found.at_least) == pytest.approx((0.125, 0.5))


def test_a_path_is_split_among_the_branches_of_its_route(tmp_path: Path) -> None:
    changes = (
        "services.old={workers: 1, operations: {pay: {work: 10ms}}}",
        "routes={pay: {on: shop, prefix: /pay, split: {a: {to: bank.pay, share: 90%}, b: {to: old.pay, share: 10%}}}}",
        "workload=[{name: paid, path: /pay/1, arrivals: {process: poisson, rate: 20/s}}]",
    )
    found = offered(tmp_path, SHOP, *changes)
    assert load(found, "service:bank").rate == pytest.approx(18.0)
    assert load(found, "service:old").rate == pytest.approx(2.0)
    assert load(found, "service:shop").holding == pytest.approx(0.9 * 0.030 + 0.1 * 0.010)
