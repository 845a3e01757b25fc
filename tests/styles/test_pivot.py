"""The point of no return: before it a saga is undone, past it the saga goes only forward."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import STEPS, fails, refuses, shop
from tests.support import Played

ORDER = f"{STEPS}=[{{call: stock.take, undo: stock.give}}, {{call: bank.charge, pivot: true}}, {{call: basket.clear}}]"
"""10 ms of stock, the charge (20 ms) as pivot, 4 ms of basket, which has to succeed then."""
BASKET = "services.basket.operations.clear={work: 4ms, effect: true}"


def order(folder: Path, style: str, *overrides: str) -> Played:
    return shop(folder, style, ORDER, BASKET, *overrides)


def down(operation: str, until: str) -> str:
    return f"faults=[{{kind: errors, target: {operation}, share: 100%, at: 0s, for: {until}}}]"


@pytest.mark.parametrize("style", ["saga", "hybrid", "choreography"])
def test_what_comes_before_a_failed_pivot_is_undone(tmp_path: Path, style: str) -> None:
    played = order(tmp_path, style, refuses("bank.charge"))
    assert (played.row().state, played.row().stuck) == ("undone", 0)
    assert (played.count("service:stock"), played.count("service:basket")) == (2, 0)


@pytest.mark.parametrize("style", ["saga", "hybrid"])
def test_past_the_pivot_a_step_is_tried_again_until_it_succeeds(tmp_path: Path, style: str) -> None:
    played = order(tmp_path, style, down("basket.clear", "103.5s"))
    row = played.row()
    assert (row.outcome, row.state, row.stuck, row.duplicates) == ("ok", "done", 0, 0)
    # Tried at 30 ms, one second later, two seconds after that, four after that: the fourth one succeeds.
    assert row.latency == pytest.approx(0.030 + 4 * 0.004 + 1 + 2 + 4)
    assert played.count("service:stock") == 1


def test_the_wait_is_the_files(tmp_path: Path) -> None:
    style = "{kind: saga, forward_retry: {backoff: {kind: fixed, base: 500ms}}}"
    row = order(tmp_path, style, down("basket.clear", "101.2s")).row()
    assert (row.outcome, row.state) == ("ok", "done")
    assert row.latency == pytest.approx(0.030 + 4 * 0.004 + 3 * 0.5)


def test_without_a_pivot_the_same_saga_is_undone(tmp_path: Path) -> None:
    played = order(tmp_path, "saga", f"{STEPS}[1].pivot=false", f"{STEPS}[1].undo=bank.refund", fails("basket.clear"))
    assert (played.row().outcome, played.row().state) == ("server_error", "undone")


@pytest.mark.parametrize("style", ["saga", "hybrid", "choreography"])
def test_a_client_error_past_the_pivot_leaves_the_saga_stuck(tmp_path: Path, style: str) -> None:
    played = order(tmp_path, style, refuses("basket.clear"))
    row = played.row()
    assert (row.outcome, row.state, row.stuck) == ("ok" if style == "choreography" else "client_error", "orphaned", 1)
    assert (played.count("service:stock"), played.count("service:basket")) == (1, 1)
    assert played.count("topic:failed") == 1
    assert played.figure("buy", "stuck_sagas") == 1.0


def test_a_saga_whose_retries_are_used_up_is_stuck(tmp_path: Path) -> None:
    style = "{kind: saga, forward_retry: {max_retries: 2, backoff: {kind: fixed, base: 1s}}}"
    played = order(tmp_path, style, fails("basket.clear"))
    row = played.row()
    assert (row.outcome, row.state, row.stuck) == ("server_error", "orphaned", 1)
    assert (played.count("service:basket"), played.count("service:stock")) == (3, 1)


def test_in_a_choreography_the_brokers_deliveries_are_the_retries(tmp_path: Path) -> None:
    played = order(tmp_path, "choreography", down("basket.clear", "102.5s"))
    row = played.row()
    assert (row.outcome, row.state, row.dead_lettered, row.stuck) == ("ok", "done", 0, 0)
    dead = order(tmp_path, "choreography", fails("basket.clear"))
    assert (dead.row().state, dead.row().dead_lettered, dead.row().stuck) == ("orphaned", 1, 1)
    assert (dead.count("service:basket"), dead.count("service:stock")) == (5, 1)  # nothing is given back
    assert dead.count("topic:failed") == 1


def test_a_timeout_past_the_pivot_undoes_nothing(tmp_path: Path) -> None:
    played = order(tmp_path, "{kind: saga, timeout: 5s}", fails("basket.clear"))
    row = played.row()
    assert (row.outcome, row.latency, row.state, row.stuck) == ("server_error", 5.0, "orphaned", 1)
    assert played.count("service:stock") == 1


def test_a_timeout_while_the_pivot_is_under_way_turns_the_saga_round(tmp_path: Path) -> None:
    refund = f"{STEPS}[1].undo=bank.refund"
    played = order(tmp_path, "{kind: saga, timeout: 15ms, undo_failed_step: unknown}", refund)
    assert (played.row().outcome, played.row().state, played.row().stuck) == ("server_error", "undone", 0)


def test_a_deadline_ends_the_trying(tmp_path: Path) -> None:
    deadline = 'calls."client -> shop"={deadline: {total: 2s, propagate: true}}'
    played = order(tmp_path, "saga", deadline, fails("basket.clear"))
    row = played.row()
    assert (row.state, row.stuck) == ("orphaned", 1)
    assert played.count("service:basket") == 2  # at 30 ms and a second later; the next wait would lead beyond 2 s


def test_a_durable_saga_goes_on_trying_past_its_pivot(tmp_path: Path) -> None:
    crash = "{kind: crash, target: shop, replicas: 1, at: 101s, for: 20s}"
    errors = "{kind: errors, target: basket.clear, share: 100%, at: 0s, for: 103.5s}"
    replicas = "services.shop.replicas=2"
    faults = f"faults=[{crash}, {errors}]"
    row = order(tmp_path, "{kind: saga, durable: true, resume_after: 1s}", replicas, faults).row()
    assert (row.outcome, row.state, row.stuck) == ("unreachable", "done", 0)
    left = order(tmp_path, "saga", replicas, faults).row()
    assert (left.outcome, left.state) == ("unreachable", "orphaned")


def test_the_operations_own_errors_past_the_pivot_are_tried_again_too(tmp_path: Path) -> None:
    played = order(tmp_path, "saga", down("shop.buy", "102.5s"))
    assert (played.row().outcome, played.row().state, played.row().stuck) == ("ok", "done", 0)
    assert played.row().latency == pytest.approx(0.034 + 1 + 2)


@pytest.mark.parametrize("style", ["sync", "queue"])
def test_where_nothing_is_undone_a_pivot_changes_nothing(tmp_path: Path, style: str) -> None:
    failing = fails("basket.clear")
    with_pivot = order(tmp_path, style, failing).row()
    without = order(tmp_path, style, failing, f"{STEPS}[1].pivot=false").row()
    assert repr(with_pivot) == repr(without)
