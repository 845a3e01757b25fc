"""Mutations of sagas, of effects, and of what brokers promise."""

from __future__ import annotations

from math import isclose
from typing import Any

from simulator.kernel.ledger import Ledger
from simulator.messaging.redelivery import ByConnection, ByVisibility
from simulator.messaging.store import Store
from simulator.styles import undoing
from tests.mutations.catching import books, by_hand
from tests.mutations.changing import Mutation, replacing
from tests.support import ONCE, Played

SAGA = f"""
services:
  desk:
    workers: 1
    operations:
      book:
        style: saga
        steps:
          - {{call: hotel.reserve, undo: hotel.release}}
          - {{call: flight.reserve, undo: flight.release}}
          - {{call: bank.pay}}
  hotel: {{workers: 1, operations: {{reserve: {{work: 1s, effect: true}}, release: {{work: 1s}}}}}}
  flight: {{workers: 1, operations: {{reserve: {{work: 1s, effect: true}}, release: {{work: 2s}}}}}}
  bank: {{workers: 1, operations: {{pay: {{work: 1s, effect: true, server_errors: 100%}}}}}}
workload: [{{call: desk.book, arrivals: {ONCE}}}]
run: {{duration: 199s}}
"""

POST = f"""
services:
  desk: {{workers: 1, operations: {{send: {{steps: [{{publish: letters}}]}}}}}}
  mail: {{workers: 2, operations: {{carry: {{work: 3s, effect: true, server_errors: FAILING}}}}}}
brokers: {{post: BROKER}}
topics: {{letters: {{broker: post, subscribers: [mail.carry]}}}}
workload: [{{call: desk.send, arrivals: {ONCE}}}]
faults: FAULTS
run: {{duration: 199s, window: 1s}}
"""


def post(broker: str, failing: str, faults: str) -> str:
    return POST.replace("BROKER", broker).replace("FAILING", failing).replace("FAULTS", faults)


RETURNED = post(
    "{preset: durable_queue, publish_latency: 0s, delivery_latency: 0s, "
    "visibility_timeout: 5s, redelivery_delay: 10s, max_deliveries: 2}",
    failing="100%",
    faults="[]",
)
"""A letter that cannot be carried comes again 10 s after the mail has said so, and then is a dead letter."""

CRASHED = post(
    "{preset: rabbitmq, publish_latency: 0s, delivery_latency: 500ms}",
    failing="0%",
    faults="[{kind: crash, target: mail, at: 101s, for: 10s}]",
)
"""A letter is in hand when the mail crashes, a second after it was sent; the mail is back 10 s later, has it after half
a second, and carries it in 3 s."""


def _all_but_the_first(original: Any) -> Any:
    def is_undone(spec: Any, done: Any) -> bool:
        return "hotel" not in done.step.label and original(spec, done)

    return is_undone


def _goes_on_waiting(original: Any) -> Any:
    def rejected(redelivery: ByVisibility, delivery: Any) -> None:
        waited = delivery.waiting
        original(redelivery, delivery)
        delivery.waiting = waited

    return rejected


def _twice(original: Any) -> Any:
    def add(ledger: Ledger, *args: Any) -> None:
        original(ledger, *args)
        original(ledger, *args)

    return add


def _settles_twice(original: Any) -> Any:
    def settle(store: Store, message: Any) -> None:
        original(store, message)
        store.there -= 1

    return settle


def _taken_back(played: Played) -> None:
    state = played.row().state
    assert state == "undone", f"a booking that cannot be paid is taken back: it is {state}"


def _carried_again_after_ten_seconds(played: Played) -> None:
    at_work = [int(time) for time, share in played.timeline("service:mail", "utilization").items() if share > 0]
    twice = [100, 101, 102, 113, 114, 115]
    assert at_work == twice, f"carried from 100 s to 103 s, refused, and carried again 10 s later: at work in {at_work}"


def _carried_in_the_end(played: Played) -> None:
    row = played.row()
    assert row.state == "done", f"the letter of a crashed mail comes again: it is {row.state}"
    assert isclose(row.completion, 14.5), f"after 1 s, 10 s, half a second and 3 s: {row.completion}"


MUTATIONS = [
    Mutation(
        "a saga leaves out one undo",
        replacing(undoing, "is_undone", _all_but_the_first),
        by_hand("a saga that turns round", SAGA, _taken_back),
        "it is orphaned",
    ),
    Mutation(
        "a delivery that was refused stays alive beside its successor",
        replacing(ByVisibility, "rejected", _goes_on_waiting),
        by_hand("a letter that is refused", RETURNED, _carried_again_after_ten_seconds),
        "at work in [100, 101, 102, 105, 106, 107]",
    ),
    Mutation(
        "what a crashed consumer had in hand is forgotten",
        replacing(ByConnection, "lost", lambda _: lambda redelivery, delivery, how: None),
        by_hand("a consumer that crashes", CRASHED, _carried_in_the_end),
        "it is unfinished",
    ),
    Mutation(
        "a message is taken off the queue twice",
        replacing(Store, "settle", _settles_twice),
        books("a consumer that crashes", CRASHED),
        "1 messages taken, 1 handled, 0 dead-lettered, 0 lost, -1 there",
    ),
    Mutation(
        "an effect is written down twice",
        replacing(Ledger, "add", _twice),
        books("a saga that turns round", SAGA),
        "2 executions left one, 4 units were added",
    ),
]
