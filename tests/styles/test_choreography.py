"""Choreography: each step is an event in the queue of whoever handles it; failures travel backwards as events."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, STEPS, fails, refuses, shop
from tests.support import Played

HOP = 0.002
"""1 ms to publish an event, 1 ms to deliver it."""

IN_SECONDS = [
    "services.stock.operations={take: {work: 1s, effect: true}, give: {work: 1s}}",
    "services.bank.operations={charge: {work: 1s, effect: true}, refund: {work: 1s}}",
    "services.basket.operations.clear.work=1s",
    f"{STEPS}[2]={{work: 1s, undo: 1s}}",
    "brokers.jobs={publish_latency: 0ms, delivery_latency: 0ms, redelivery_delay: 0s}",
    "brokers.bus={publish_latency: 0ms, delivery_latency: 0ms}",
    "run.window=1s",
]
SERVICES = ["bank", "basket", "shop", "stock"]


def choreography(folder: Path, *overrides: str) -> Played:
    return shop(folder, "choreography", *overrides)


def test_each_step_is_a_message_to_whoever_handles_it(tmp_path: Path) -> None:
    played = choreography(tmp_path)
    assert played.count("broker:jobs") == 5
    # The shop has no worker waiting for others: it accepts (1 ms), works (5 ms), publishes to the bus (1 ms), and
    # sends the two events that follow its own steps (1 ms each).
    assert played.busy("shop") == pytest.approx(0.001 + 0.005 + 0.001, abs=1e-6)


def test_the_next_event_leaves_when_the_step_is_done(tmp_path: Path) -> None:
    assert choreography(tmp_path, *IN_SECONDS).work_order(SERVICES) == ["stock", "bank", "shop", "basket"]


def test_the_policies_of_the_edge_do_not_apply(tmp_path: Path) -> None:
    strict = "calls.default={timeout: 1ms, retry: {max_retries: 3}, breaker: {max_failures: 1}}"
    row = choreography(tmp_path, strict).row()
    assert (row.state, row.retries, row.timeouts, row.duplicates) == ("done", 0, 0, 0)


def test_the_policies_of_calls_further_down_do(tmp_path: Path) -> None:
    provider = "services.provider={workers: 4, operations: {charge: {work: 50ms, effect: true}}}"
    further = "services.bank.operations.charge={steps: [{call: provider.charge}], work: none, effect: false}"
    timeout = 'calls."bank -> provider"={timeout: 20ms, retry: {max_retries: 1}}'
    row = choreography(tmp_path, provider, further, timeout, "brokers.jobs.max_deliveries=1").row()
    assert (row.timeouts, row.retries, row.dead_lettered) == (2, 1, 1)


def test_compensating_events_go_backwards_through_the_completed_steps(tmp_path: Path) -> None:
    last = f"{OPERATION}.server_errors=100%"
    played = choreography(tmp_path, *IN_SECONDS, last)
    assert played.work_order(SERVICES) == ["stock", "bank", "shop", "basket", "shop", "bank", "stock"]
    assert (played.row().state, played.row().stuck, played.count("topic:failed")) == ("undone", 0, 1)


def test_a_dead_letter_turns_it_round(tmp_path: Path) -> None:
    played = choreography(tmp_path, *IN_SECONDS, fails("bank.charge"))
    assert played.work_order(SERVICES) == ["stock"] + ["bank"] * 5 + ["stock"]
    row = played.row()
    assert (row.outcome, row.state, row.dead_lettered, row.stuck) == ("ok", "undone", 1, 0)


def test_a_client_error_turns_it_round_at_once(tmp_path: Path) -> None:
    played = choreography(tmp_path, *IN_SECONDS, refuses("bank.charge"))
    assert played.work_order(SERVICES) == ["stock", "bank", "stock"]
    assert (played.row().dead_lettered, played.row().state) == (0, "undone")


def test_a_dead_lettered_undo_is_stuck_and_the_others_go_on(tmp_path: Path) -> None:
    played = choreography(tmp_path, *IN_SECONDS, f"{OPERATION}.server_errors=100%", fails("bank.refund"))
    forward = ["stock", "bank", "shop", "basket"]
    assert played.work_order(SERVICES) == forward + ["shop"] + ["bank"] * 5 + ["stock"]
    row = played.row()
    assert (row.state, row.stuck, row.dead_lettered) == ("orphaned", 1, 1)
    assert played.count("topic:failed") == 1


def test_a_step_that_is_not_critical_is_passed_over_when_it_is_a_dead_letter(tmp_path: Path) -> None:
    last = f"{STEPS}=[{{call: basket.clear, critical: false}}, {{call: stock.take}}]"
    played = choreography(tmp_path, last, fails("basket.clear"))
    row = played.row()
    assert (row.state, row.dead_lettered, played.count("service:stock")) == ("done", 1, 1)


def test_steps_may_be_repeated(tmp_path: Path) -> None:
    played = choreography(tmp_path, f"{STEPS}[0]={{times: 3}}")
    row = played.row()
    assert (row.state, row.duplicates, played.count("service:stock")) == ("done", 0, 3)


def test_repeated_steps_are_undone_together(tmp_path: Path) -> None:
    played = choreography(tmp_path, f"{STEPS}[0]={{times: 3}}", refuses("bank.charge"))
    assert (played.row().state, played.count("service:stock")) == ("undone", 4)


def test_a_parallel_step_as_a_whole_is_one_step_of_the_operations_own_service(tmp_path: Path) -> None:
    both = f"{STEPS}=[{{parallel: {{steps: [{{call: stock.take}}, {{call: bank.charge}}]}}}}]"
    played = choreography(tmp_path, both)
    assert played.count("broker:jobs") == 1
    assert played.row().state == "done"
    assert played.row().completion == pytest.approx(HOP + 0.020)
    assert played.busy("shop") == pytest.approx(0.001 + 0.020)


def test_what_an_error_becomes_is_heeded(tmp_path: Path) -> None:
    treated = f"{STEPS}[1]={{on_error: {{server_error: client_error}}}}"
    played = choreography(tmp_path, fails("bank.charge"), treated)
    assert (played.count("service:bank"), played.row().dead_lettered, played.row().state) == (1, 0, "undone")
    passed = f"{STEPS}[1]={{on_error: {{server_error: continue}}}}"
    played = choreography(tmp_path, fails("bank.charge"), passed)
    assert (played.count("service:bank"), played.row().dead_lettered, played.row().state) == (1, 0, "orphaned")
    assert played.figure("buy", "false_ok") == 1.0
    assert played.count("topic:failed") == 0
