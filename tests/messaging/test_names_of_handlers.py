"""What a handler did is told by the name of its operation, whatever its subscription is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

SLOW = """
brokers: {jobs: {preset: durable_queue, visibility_timeout: 1s}}
topics: {placed: {broker: jobs, subscribers: [{operation: bank.charge, name: bookkeeping}]}}
services:
  orders: {workers: 50, operations: {place: {steps: [{publish: placed}]}}}
  bank: {workers: 50, operations: {charge: {work: 1500ms, effect: true}}}
workload: [{call: orders.place, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 10s, drain: 60s}
"""


@pytest.mark.parametrize(
    ("subscribers", "names"),
    [
        ("[{operation: bank.charge, name: bookkeeping}]", {"bank.charge"}),
        ("[bank.charge]", {"bank.charge"}),
        (
            "[bank.charge, {operation: bank.charge, name: bookkeeping}]",
            {"bank.charge (charge)", "bank.charge (bookkeeping)"},
        ),
    ],
)
def test_an_effect_of_a_handler_goes_by_the_operation(tmp_path: Path, subscribers: str, names: set[str]) -> None:
    """A charge that outlasts the visibility timeout is made twice, by each of two subscriptions if there are two."""
    columns = play(tmp_path, SLOW, f"topics.placed.subscribers={subscribers}").result.effects
    rows = zip(columns["what"], columns["effect"], columns["place"], columns["cause"], strict=True)
    twice = [row for row in rows if row[0] == "more_than_once" and row[3]]
    assert {effect for _, effect, _, _ in twice} == names
    assert all(effect == place for _, effect, place, _ in twice)
