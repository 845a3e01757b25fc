"""Little's law, L = λ W, in every service: how many are there on average is what the service itself counts, how many
come and how long each of them stays is what its callers measure.

Arrivals stop long before the end, so the system is empty at both ends of the window, and the law is no statement about
averages of chance but an identity of sums: it holds to the last digits that floating-point numbers have. See
J. D. C. Little and S. C. Graves, "Little's Law" (in Building Intuition, Springer 2008), theorem LL.1.

The callers' watches tell how long their requests stay only where giving up also ends the stay (`cancel: always`), and
only of calls that end: what a crash or a cancellation closes from outside is not recorded. So here leaves time out and
crash, and the services above them do not.
"""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from tests.support import Played, play

EXACT = 1e-9
"""Relative: what adding some ten thousand numbers in another order may make of a sum."""

SHOP = """
services:
  gateway:
    workers: 30
    operations:
      buy: {steps: [{call: shop.buy}]}
      look: {steps: [{call: stock.look}, {work: 1ms}]}
  shop:
    replicas: 2
    workers: 6
    queue: {capacity: 12}
    operations:
      buy:
        style: STYLE
        steps:
          - {call: stock.take, undo: stock.give}
          - parallel: {steps: [{call: bank.charge, undo: bank.refund}, {work: {dist: exponential, mean: 8ms}}]}
          - {publish: sold, critical: false}
          - {call: stock.look, critical: false}
  stock:
    workers: 3
    queue: {discipline: lifo}
    operations:
      take: {work: {dist: exponential, mean: 9ms}, effect: true, client_errors: 3%}
      give: {work: 4ms, server_errors: 20%}
      look: {work: {dist: exponential, mean: 3ms}}
  bank:
    replicas: 2
    workers: 2
    operations:
      charge: {steps: [{work: 3ms}, {call: provider.charge}]}
      refund: {work: 5ms, server_errors: 10%}
  provider:
    workers: 5
    queue: {discipline: DISCIPLINE}
    operations:
      charge: {work: {dist: exponential, mean: 20ms}, server_errors: 5%, effect: true}
  mail:
    workers: 1
    operations:
      confirm: {work: 12ms, effect: true}
brokers:
  jobs: {preset: durable_queue, publish_latency: 0s, delivery_latency: 0s}
topics:
  sold: {broker: jobs, subscribers: [mail.confirm]}
policies:
  hard:
    retry: {max_retries: 2, backoff: {kind: exponential, base: 5ms, jitter: full}}
    breaker: {preset: strict, max_failures: 20, open_for: 100ms}
calls:
  default: hard
  "* -> stock": {timeout: 70ms, cancel: always}
  bank -> provider: {timeout: 70ms, cancel: always}
workload:
  - {call: gateway.buy, arrivals: {process: stages, stages: [{rate: 60/s, for: 12s}, {rate: 0/s, for: 18s}]}}
  - {call: gateway.look, arrivals: {process: stages, stages: [{rate: 80/s, for: 12s}, {rate: 0/s, for: 18s}]}}
faults:
  - {name: slow, kind: slowdown, target: provider, factor: 4, at: 2s, for: 2s}
  - {name: crash, kind: crash, target: provider, at: 5s, for: 1s}
  - {name: pause, kind: pause, target: stock, at: 7s, for: 1s}
  - {name: errors, kind: errors, target: bank.charge, share: 50%, at: 9s, for: 1s}
run: {duration: 30s, seed: 5}
"""


def shop(folder: Path, style: str, discipline: str = "fifo") -> Played:
    return play(folder, SHOP.replace("STYLE", style).replace("DISCIPLINE", discipline))


def there(played: Played, service: str) -> float:
    """L: how many were there on average, waiting or in service, by the service's own figures."""
    spec = played.scenario.experiment.services[service]
    busy = played.figure(f"service:{service}", "utilization") * spec.places * spec.replica_count
    return busy + played.figure(f"service:{service}", "queue_length")


def came_and_stayed(played: Played, service: str) -> float:
    """λ W: attempts per second times their mean time, over all callers, by what the callers saw."""
    columns = played.result.metrics
    into = {name for name in columns["operation"] if name.startswith("call:") and name.endswith(f"->{service}")}
    rates = {edge: played.figure(edge, "throughput") for edge in into}
    return sum(rate * played.figure(edge, "answer_latency_mean") for edge, rate in rates.items() if rate)


def stormy(played: Played) -> bool:
    """Whether what makes the law hard to keep has happened: retries, timeouts, refusals, undone sagas."""
    return all(played.figure("buy", metric) > 0 for metric in ("retries", "timeouts", "rejected"))


@pytest.mark.parametrize("discipline", ["fifo", "ps", "codel"])
@pytest.mark.parametrize("style", ["sync", "saga"])
def test_every_called_service_keeps_littles_law(style: str, discipline: str, tmp_path: Path) -> None:
    played = shop(tmp_path, style, discipline)
    assert stormy(played)
    for service in ("gateway", "shop", "stock", "bank", "provider"):
        found, due = there(played, service), came_and_stayed(played, service)
        assert found > 0.01
        assert found == pytest.approx(due, rel=EXACT), f"{service}: {found:.4f} are there, {due:.4f} came and stayed"


def test_a_service_that_messages_reach_is_busy_for_as_many_as_came_times_what_each_takes(tmp_path: Path) -> None:
    played = shop(tmp_path, "sync")
    sent = played.figure("topic:sold", "throughput")
    assert sent > 1
    assert there(played, "mail") == pytest.approx(sent * 0.012, rel=EXACT)


def test_requests_that_wait_in_a_queue_keep_littles_law_with_it(tmp_path: Path) -> None:
    """At the service and in its queue together are as many as come times the mean time until they are done."""
    played = play(
        tmp_path,
        """
        services:
          desk:
            workers: 2
            operations:
              file: {style: queue, broker: tray, steps: [{work: {dist: exponential, mean: 90ms}, effect: true}]}
        brokers: {tray: {preset: durable_queue, publish_latency: 0s, delivery_latency: 0s, visibility_timeout: 10m}}
        workload:
          - {call: desk.file, arrivals: {process: stages, stages: [{rate: 20/s, for: 20s}, {rate: 0/s, for: 40s}]}}
        faults: [{name: pause, kind: pause, target: desk, at: 5s, for: 3s}]
        run: {duration: 60s, seed: 2}
        """,
    )
    (queue,) = {name for name in played.result.metrics["operation"] if name.startswith("broker:")}
    done = played.figure("file", "goodput")
    assert played.figure("file", "completion_mean") < inf
    assert played.figure(queue, "backlog") > 1
    inside = there(played, "desk") + played.figure(queue, "backlog")
    assert inside == pytest.approx(done * played.figure("file", "completion_mean"), rel=EXACT)
