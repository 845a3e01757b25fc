from __future__ import annotations

from pathlib import Path

from tests.language.building import SHOP, read

EFFECT = SHOP.replace("charge: {work: 2ms}", "charge: {work: 2ms, effect: true}")
RETRY = 'calls: {"%s": {retry: {max_retries: 1}}}\n'


def warnings(folder: Path, text: str) -> list[str]:
    return [f"{entry.line}: {entry.message}" for entry in read(folder, text).warnings]


def test_nothing_odd_means_no_warning(tmp_path: Path) -> None:
    assert warnings(tmp_path, EFFECT) == []


def test_an_effect_behind_a_retrying_edge_is_a_warning(tmp_path: Path) -> None:
    (only,) = warnings(tmp_path, EFFECT + RETRY % "shop -> bank")
    assert only == "20: its effect is not idempotent and is retried (shop -> bank): it can happen twice"


def test_a_retry_further_up_repeats_the_effect_too(tmp_path: Path) -> None:
    (only,) = warnings(tmp_path, EFFECT + RETRY % "client -> shop")
    assert "client -> shop" in only


def test_an_idempotent_effect_is_none(tmp_path: Path) -> None:
    text = EFFECT.replace("effect: true", "effect: true, idempotent: {window: 24h}")
    assert warnings(tmp_path, text + RETRY % "shop -> bank") == []


MAIL = """
services:
  gateway: {workers: 1, operations: {order: {steps: [{call: shop.buy}]}}}
  shop: {workers: 1, operations: {buy: {steps: [{publish: sold}]}}}
  mail: {workers: 1, operations: {confirm: {work: 1ms, effect: true}}}
brokers: {bus: {preset: durable_queue}}
topics: {sold: {broker: bus, subscribers: [{operation: mail.confirm, deduplicate: %s}]}}
workload: [{call: gateway.order, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
"""


def test_a_handler_that_knows_messages_again_is_not_repeated_by_a_retry_before_the_broker(tmp_path: Path) -> None:
    (only,) = warnings(tmp_path, MAIL % "false" + RETRY % "gateway -> shop")
    assert "gateway -> shop" in only
    assert warnings(tmp_path, MAIL % "true" + RETRY % "gateway -> shop") == []


def test_a_fault_after_the_end_is_a_warning(tmp_path: Path) -> None:
    (only,) = warnings(tmp_path, SHOP + "faults: [{kind: crash, target: bank, at: 2m, for: 5s}]\n")
    assert "begins after" in only


def test_a_policy_that_nothing_uses_is_a_warning(tmp_path: Path) -> None:
    text = SHOP + "policies: {used: {timeout: 1s}, idle: {timeout: 1s}, base: {cancel: always}}\n"
    text += 'calls: {default: {extends: used}, "shop -> bank": {extends: base}}\n'
    (only,) = read(tmp_path, text).warnings
    assert (only.path, only.message) == ("policies.idle", "is used by no entry of calls")


def test_an_entry_for_calls_that_nobody_makes_is_a_warning(tmp_path: Path) -> None:
    (only,) = read(tmp_path, SHOP + 'calls: {"bank -> shop": {timeout: 1s}}\n').warnings
    assert only.message == "no call goes this way"


def test_a_detector_whose_cap_lets_nobody_go_is_a_warning(tmp_path: Path) -> None:
    text = SHOP + 'calls: {"shop -> bank": {outlier: {%s}}}\n'
    (only,) = warnings(tmp_path, text % "")
    assert "max_ejected 10% of 2 replicas is none: nobody is ever ejected" in only
    assert warnings(tmp_path, text % "max_ejected: 50%") == []
    assert warnings(tmp_path, text % "always_eject_one: true") == []


def test_an_effect_past_a_pivot_is_a_warning(tmp_path: Path) -> None:
    """It is tried again until it succeeds; before the pivot it is not."""
    saga = EFFECT.replace("        steps:", "        style: saga\n        steps:", 1)
    pivot = "{call: stock.take, undo: stock.give, pivot: true}"
    past = saga.replace("{call: stock.take, undo: stock.give}", pivot)
    (only,) = warnings(tmp_path, past)
    assert "its effect is not idempotent and is tried again past the pivot of shop.buy" in only
    assert warnings(tmp_path, past.replace("effect: true", "effect: true, idempotent: true")) == []
    assert warnings(tmp_path, past.replace("style: saga", "style: sync")) == []
    assert warnings(tmp_path, saga.replace("{call: bank.charge}", "{call: bank.charge, pivot: true}")) == []
