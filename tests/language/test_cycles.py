from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language.cycles import endless_cycle
from tests.language.building import SHOP, problems


def test_a_chain_ends() -> None:
    assert endless_cycle({"a": {"b": 5.0}, "b": {"c": 5.0}, "c": {}}) is None


@pytest.mark.parametrize(("share", "ends"), [(0.49, True), (0.5, False), (0.51, False)])
def test_a_cycle_ends_if_it_is_taken_less_than_once_on_average(share: float, ends: bool) -> None:
    cycle = endless_cycle({"a": {"b": 2.0}, "b": {"a": share}})
    assert (cycle is None) == ends
    assert ends or cycle == ["a", "b", "a"]


def test_two_cycles_that_end_alone_may_not_end_together() -> None:
    visits = {"a": {"a": 0.6, "b": 1.0}, "b": {"a": 0.5}}
    assert endless_cycle({"a": {"a": 0.6}}) is None
    assert endless_cycle(visits) is not None


def test_a_choice_that_ends_the_cycle_is_allowed(tmp_path: Path) -> None:
    step = "choose: [{share: %s, steps: [{call: shop.buy}]}, {share: %s}]"
    allowed = SHOP.replace("{work: 5ms}", step % ("40%", "60%"))
    assert problems(tmp_path, allowed) == []
    (only,) = problems(tmp_path, SHOP.replace("{work: 5ms}", step % ("100%", "0%")))
    assert only.startswith("10: services.shop.operations.buy.steps[2].choose[0].steps[0].call: calls go round")


def test_repetitions_multiply(tmp_path: Path) -> None:
    step = "choose: [{share: 40%, steps: [{call: shop.buy, times: 3}]}, {share: 60%}]"
    (only,) = problems(tmp_path, SHOP.replace("{work: 5ms}", step))
    assert "without end" in only


def test_a_message_to_every_replica_counts_for_each(tmp_path: Path) -> None:
    text = SHOP.replace(
        "charge: {work: 2ms}", "charge: {steps: [{choose: [{share: 60%, steps: [{publish: paid}]}, {share: 40%}]}]}"
    )
    topics = "brokers: {b: {preset: %s}}\ntopics: {paid: {broker: b, subscribers: [bank.charge]}}\n"
    assert problems(tmp_path, text + topics % "durable_queue") == []
    (only,) = problems(tmp_path, text + topics % "redis_pubsub")
    assert "bank.charge -> bank.charge" in only
