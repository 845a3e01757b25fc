"""Transactions, as a file writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.steps import all_steps
from simulator.spec.transactions import TransactionStep
from tests.language.building import problems, read, scenario

SHOP = """
services:
  shop:
    workers: 2
    operations:
      buy:
        steps:
          - {transaction: STEP}
      hear: {work: 1ms}
brokers: {bus: {preset: durable_queue}}
topics: {sold: {broker: bus, subscribers: [shop.hear]}}
workload: [{call: shop.buy, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
"""


def shop(step: str) -> str:
    return SHOP.replace("STEP", step)


def written(folder: Path, step: str) -> TransactionStep:
    steps = scenario(folder, shop(step)).experiment.services["shop"].operations["buy"].steps
    (found,) = [step for step in all_steps(steps) if isinstance(step, TransactionStep)]
    return found


def test_what_is_not_written_is_an_outbox_polled_every_tenth_of_a_second(tmp_path: Path) -> None:
    spec = written(tmp_path, "{work: 2ms, publish: sold}").transaction
    assert (spec.mode, spec.effect, spec.undo, spec.on_publish_failure) == ("outbox", True, None, "fail")
    relay = spec.relay
    assert (relay.every, relay.delay, relay.batch, relay.mark.mean(), relay.mtbf) == (0.1, None, 100, 0.001, None)


@pytest.mark.parametrize(
    "step",
    [
        "{work: {cpu: 1ms, io: 2ms}, publish: sold, mode: outbox, relay: {every: 1s, batch: 1, mtbf: 1h, mttr: 1s}}",
        "{work: 1ms, publish: sold, relay: {delay: {dist: exponential, mean: 20ms}, mark: 0s}}",
        "{work: 1ms, publish: sold, mode: commit_then_publish, on_publish_failure: continue, undo: 1ms}",
        "{work: 1ms, publish: sold, mode: publish_then_commit, commit_errors: 1%, effect: false}",
    ],
)
def test_every_way_is_accepted(tmp_path: Path, step: str) -> None:
    assert problems(tmp_path, shop(step)) == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{work: 1ms}", "'publish' is missing"),
        ("{publish: sold}", "'work' is missing"),
        ("{work: 1ms, publish: slod}", "there is no topic 'slod'; did you mean 'sold'?"),
        ("{work: 1ms, publish: sold, mode: inbox}", "must be one of outbox, commit_then_publish, publish_then_commit"),
        ("{work: 1ms, publish: sold, mode: commit_then_publish, relay: {every: 1s}}", "only an outbox has one"),
        ("{work: 1ms, publish: sold, on_publish_failure: continue}", "only for the mode commit_then_publish"),
        ("{work: 1ms, publish: sold, relay: {mtbf: 1h}}", "'mttr' is missing"),
        (
            "{work: 1ms, publish: sold, relay: {mtbf: {dist: constant, value: 0s}, mttr: 1s}}",
            "mean time between crashes must be above 0",
        ),
        ("{work: 1ms, publish: sold, relay: {pol: 1s}}", "unknown key"),
    ],
)
def test_mistakes_are_said_with_their_place(tmp_path: Path, step: str, said: str) -> None:
    (found,) = problems(tmp_path, shop(step))
    assert said in found
    assert found.startswith("8:")


def test_a_handler_that_commits_and_tells_again_goes_round_without_end(tmp_path: Path) -> None:
    ring = shop("{work: 1ms, publish: sold}").replace("subscribers: [shop.hear]", "subscribers: [shop.buy]")
    (found,) = problems(tmp_path, ring)
    assert "calls go round without end: shop.buy -> shop.buy" in found


def test_a_commit_behind_a_retrying_edge_is_worth_a_warning(tmp_path: Path) -> None:
    retried = shop("{work: 1ms, publish: sold}") + 'calls: {"client -> shop": {retry: {max_retries: 2}}}\n'
    assert any("its effect is not idempotent" in warning.message for warning in read(tmp_path, retried).warnings)


def test_objectives_know_the_outbox_of_a_service(tmp_path: Path) -> None:
    text = shop("{work: 1ms, publish: sold}")
    assert problems(tmp_path, text + "objectives: {outbox:shop: {backlog_max: 10}}\n") == []
    (found,) = problems(tmp_path, text + "objectives: {outbox:shp: {backlog_max: 10}}\n")
    assert "there is no outbox 'shp'; did you mean 'shop'?" in found
