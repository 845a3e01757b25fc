"""One shop for all styles: two calls with an undo, work of its own, a message, and a call that is not critical.

Without faults: 10 ms of stock, 20 ms of bank, 5 ms of own work, a publish (1 ms), 4 ms of basket.
"""

from __future__ import annotations

from pathlib import Path

from tests.support import Played, play

SHOP = """
services:
  shop:
    workers: 8
    operations:
      buy:
        style: sync
        broker: jobs
        steps:
          - {call: stock.take, undo: stock.give}
          - {call: bank.charge, undo: bank.refund}
          - {work: 5ms, effect: true, undo: 3ms}
          - {publish: sold, critical: false}
          - {call: basket.clear, critical: false}
        on_failure: [{publish: failed}]
  stock:
    workers: 8
    operations:
      take: {work: 10ms, effect: true}
      give: {work: 10ms}
  bank:
    workers: 8
    operations:
      charge: {work: 20ms, effect: true}
      refund: {work: 20ms}
  basket: {workers: 8, operations: {clear: {work: 4ms}}}
  mail:
    workers: 8
    operations:
      confirm: {work: 1ms}
      apologise: {work: 1ms}
brokers:
  bus: {preset: redis_pubsub}
  jobs: {preset: durable_queue, visibility_timeout: 10s, redelivery_delay: 1s, max_deliveries: 5}
topics:
  sold: {broker: bus, subscribers: [mail.confirm]}
  failed: {broker: bus, subscribers: [mail.apologise]}
workload: [{call: shop.buy, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""

STYLES = ["sync", "queue", "saga", "choreography", "hybrid"]
ACCEPTING = {"queue", "choreography"}
"""Styles that answer before they have done anything."""

OPERATION = "services.shop.operations.buy"
STEPS = f"{OPERATION}.steps"
STREAM = "workload.buy.arrivals={process: constant, rate: 1/s}"
"""One request a second (at 1, 2, … s) instead of one at 100 s."""


def shop(folder: Path, style: str, *overrides: str) -> Played:
    """Play the shop in one style."""
    return play(folder, SHOP, f"{OPERATION}.style={style}", *overrides)


def fails(operation: str, share: str = "100%") -> str:
    """Let a share of an operation's executions end as server_error."""
    service, _, name = operation.partition(".")
    return f"services.{service}.operations.{name}.server_errors={share}"


def refuses(operation: str, share: str = "100%") -> str:
    """Let a share of an operation's executions end as client_error."""
    service, _, name = operation.partition(".")
    return f"services.{service}.operations.{name}.client_errors={share}"
