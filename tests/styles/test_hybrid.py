"""Hybrid: the critical steps inside the request, as a saga; the others in one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, STEPS, STREAM, fails, refuses, shop
from tests.support import Played

TWO_LATER = f"{STEPS}=[{{call: stock.take, undo: stock.give}}, {{call: basket.clear, critical: false}}, "
TWO_LATER += "{call: bank.charge, critical: false}]"
"""One critical step; the basket and the bank come later, in one message."""


def hybrid(folder: Path, *overrides: str) -> Played:
    return shop(folder, "hybrid", *overrides)


def test_one_message_carries_the_steps_that_are_not_critical(tmp_path: Path) -> None:
    played = hybrid(tmp_path, TWO_LATER)
    assert played.count("broker:jobs") == 1
    row = played.row()
    assert (row.outcome, row.state, row.latency) == ("ok", "done", 0.011)
    assert (played.count("service:basket"), played.count("service:bank")) == (1, 1)
    assert played.figure("broker:jobs", "message_age_p99") == pytest.approx(
        0.001 + 0.004 + 0.020
    )  # from when the broker has it


def test_it_is_done_when_its_critical_steps_are(tmp_path: Path) -> None:
    assert hybrid(tmp_path, TWO_LATER).row().completion == pytest.approx(0.010)


def test_a_failure_later_is_delivered_again_from_the_first_of_them(tmp_path: Path) -> None:
    played = hybrid(tmp_path, TWO_LATER, fails("bank.charge"))
    row = played.row()
    assert (row.outcome, row.state, row.dead_lettered) == ("ok", "done", 1)
    assert (played.count("service:basket"), played.count("service:bank")) == (5, 5)
    assert played.count("service:stock") == 1  # nothing is undone
    assert played.count("topic:failed") == 0


def test_they_are_handled_as_if_they_were_critical(tmp_path: Path) -> None:
    played = hybrid(tmp_path, TWO_LATER, fails("basket.clear"))
    assert (played.count("service:basket"), played.count("service:bank")) == (5, 0)


def test_a_client_error_among_them_ends_them(tmp_path: Path) -> None:
    played = hybrid(tmp_path, TWO_LATER, refuses("basket.clear"))
    assert (played.count("service:basket"), played.count("service:bank")) == (1, 0)
    assert (played.row().state, played.row().dead_lettered) == ("done", 0)


def test_a_publish_among_them_is_published_directly(tmp_path: Path) -> None:
    played = hybrid(tmp_path)
    assert (played.count("topic:sold"), played.count("broker:jobs")) == (1, 1)
    only = hybrid(tmp_path, f"{STEPS}=[{{work: 5ms}}, {{publish: sold, critical: false}}]")
    assert only.count("topic:sold") == 1
    assert only.row().latency == pytest.approx(0.006)  # no message of its own


def test_a_message_that_the_broker_refuses_is_lost_and_the_answer_stays_ok(tmp_path: Path) -> None:
    outage = "faults=[{kind: broker_down, target: 'broker:jobs', at: 90s, for: 20s}]"
    played = hybrid(tmp_path, TWO_LATER, outage)
    row = played.row()
    assert (row.outcome, row.state, row.lost) == ("ok", "done", 1)
    assert (played.count("service:basket"), played.count("topic:failed")) == (0, 0)


def losses(played: Played, operation: str) -> dict[str, int]:
    columns = played.result.losses
    rows = zip(columns["operation"], columns["reason"], columns["messages"], strict=True)
    return {reason: int(count) for name, reason, count in rows if name == operation}


def test_a_message_is_lost_if_it_never_came_but_not_if_its_confirmation_was(tmp_path: Path) -> None:
    """Publishing goes wrong with either loss (1 - 0.7² = 51 %), but the broker lacks only what was lost on its way."""
    played = hybrid(tmp_path, TWO_LATER, STREAM, 'network={"shop -> jobs": {loss: 30%}}', "run.drain=100s")
    lost = sum(row.lost for row in played.rows())
    handled = played.count("service:basket")
    assert lost == losses(played, "broker:jobs")["network"]
    assert 30 < lost < 90  # of 199; 102 would not be confirmed
    assert handled >= 199 - lost - 2  # the last may come after the end


def test_a_message_that_meets_a_full_queue_is_lost_as_refused(tmp_path: Path) -> None:
    full = "brokers.jobs={preset: rabbitmq, max_length: 1, overflow: reject_publish, prefetch: 1}"
    burst = "workload.buy.arrivals={process: constant, rate: 100/s}"
    slow = "services.basket.operations.clear.work=1s"
    played = hybrid(tmp_path, TWO_LATER, full, burst, slow, "run.duration=2s")
    lost = losses(played, "broker:jobs")["broker_refused"]
    assert 0 < lost <= sum(row.lost for row in played.rows())  # those of the drain are no longer in the table


def test_the_critical_steps_are_a_saga(tmp_path: Path) -> None:
    played = hybrid(tmp_path, f"{OPERATION}.server_errors=100%")
    row = played.row()
    assert (row.outcome, row.state) == ("server_error", "undone")
    # 35 ms of critical steps, and their undos; nothing was published, no message sent.
    assert row.latency == pytest.approx(0.035 + 0.003 + 0.020 + 0.010)
    assert (played.count("topic:sold"), played.count("broker:jobs"), played.count("topic:failed")) == (0, 0, 1)


def test_its_saga_has_the_sagas_settings(tmp_path: Path) -> None:
    style = "{kind: hybrid, undo_failed_step: unknown}"
    played = shop(tmp_path, style, 'calls."shop -> bank.charge"={timeout: 5ms}')
    assert (played.count("service:bank"), played.row().state) == (2, "undone")
