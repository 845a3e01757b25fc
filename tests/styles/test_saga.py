"""Sagas: what is undone, in which order, under which policies, and what becomes of an undo that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, STEPS, fails, refuses, shop
from tests.support import Played

LAST_STEP_FAILS = f"{OPERATION}.server_errors=100%"
"""Drawn after all steps: at 40 ms (35 ms of critical work, the publish, the basket) everything has to be undone."""


def saga(folder: Path, settings: str, *overrides: str) -> Played:
    style = "saga" if not settings else f"{{kind: saga, {settings}}}"
    return shop(folder, style, *overrides)


def test_completed_steps_are_undone_before_the_answer(tmp_path: Path) -> None:
    played = saga(tmp_path, "", LAST_STEP_FAILS)
    row = played.row()
    assert (row.outcome, row.state, row.stuck) == ("server_error", "undone", 0)
    assert row.latency == pytest.approx(0.040 + 0.003 + 0.020 + 0.010)
    assert row.completion == pytest.approx(row.latency)


def test_undos_run_in_reverse(tmp_path: Path) -> None:
    seconds = [
        "services.stock.operations={take: {work: 1s, effect: true}, give: {work: 1s}}",
        "services.bank.operations={charge: {work: 1s, effect: true}, refund: {work: 1s}}",
        f"{STEPS}=[{{call: stock.take, undo: stock.give}}, {{call: bank.charge, undo: bank.refund}}, "
        "{work: 1s, effect: true, undo: 1s}]",
        "services.shop.holds_worker=false",
        "run.window=1s",
    ]
    played = saga(tmp_path, "", LAST_STEP_FAILS, *seconds)
    assert played.work_order(["bank", "shop", "stock"]) == ["stock", "bank", "shop", "shop", "bank", "stock"]


def test_a_step_without_an_undo_stays_done(tmp_path: Path) -> None:
    row = saga(tmp_path, "", LAST_STEP_FAILS, f"{STEPS}[0]={{undo: none}}").row()
    assert (row.outcome, row.state, row.stuck) == ("server_error", "orphaned", 0)


def test_a_failed_undo_is_stuck_and_the_others_go_on(tmp_path: Path) -> None:
    played = saga(tmp_path, "", LAST_STEP_FAILS, fails("bank.refund"))
    assert (played.row().state, played.row().stuck) == ("orphaned", 1)
    assert played.count("service:stock") == 2  # taken and given back
    assert played.figure("buy", "stuck_sagas") == 1.0


def test_after_a_failed_undo_a_saga_may_stop(tmp_path: Path) -> None:
    played = saga(tmp_path, "on_undo_failure: stop", LAST_STEP_FAILS, fails("bank.refund"))
    assert (played.row().state, played.row().stuck) == ("orphaned", 1)
    assert played.count("service:stock") == 1


def test_a_failed_undo_may_be_repeated_until_it_succeeds(tmp_path: Path) -> None:
    errors = "faults=[{kind: errors, target: bank.refund, share: 100%, at: 0s, for: 102s}]"
    played = saga(tmp_path, "on_undo_failure: retry", LAST_STEP_FAILS, errors)
    row = played.row()
    assert (row.outcome, row.state, row.stuck) == ("server_error", "undone", 0)
    # Refunds at 43 ms, a second later, two seconds after that: the third one succeeds.
    assert row.latency == pytest.approx(0.043 + 3 * 0.020 + 1 + 2 + 0.010)


def test_an_undo_has_the_policies_of_its_edge(tmp_path: Path) -> None:
    errors = "faults=[{kind: errors, target: bank.refund, share: 100%, at: 0s, for: 100.1s}]"
    retry = 'calls."shop -> bank"={retry: {max_retries: 3, backoff: {kind: fixed, base: 100ms}}}'
    row = saga(tmp_path, "", LAST_STEP_FAILS, errors, retry).row()
    assert (row.state, row.stuck, row.retries) == ("undone", 0, 1)


def test_an_undo_may_have_policies_of_its_own(tmp_path: Path) -> None:
    errors = "faults=[{kind: errors, target: bank.refund, share: 100%, at: 0s, for: 100.1s}]"
    own = "{call: bank.refund, retry: {max_retries: 2, backoff: {kind: fixed, base: 100ms}}}"
    row = saga(tmp_path, "", LAST_STEP_FAILS, errors, f"{STEPS}[1]={{call: bank.charge, undo: {own}}}").row()
    assert (row.state, row.stuck, row.retries) == ("undone", 0, 1)


CHARGE_TIMES_OUT = 'calls."shop -> bank.charge"={timeout: 5ms}'
"""The charge takes 20 ms: the shop gives up at 15 ms, and the money moves at 30 ms all the same."""


def test_the_failed_step_itself_is_not_undone_as_in_the_document(tmp_path: Path) -> None:
    played = saga(tmp_path, "", CHARGE_TIMES_OUT)
    assert (played.row().outcome, played.row().state) == ("server_error", "orphaned")
    assert played.count("service:bank") == 1


@pytest.mark.parametrize("which", ["unknown", "always"])
def test_a_step_whose_outcome_is_unknown_may_be_undone(tmp_path: Path, which: str) -> None:
    played = saga(tmp_path, f"undo_failed_step: {which}", CHARGE_TIMES_OUT)
    assert (played.row().outcome, played.row().state) == ("server_error", "undone")
    assert played.count("service:bank") == 2


def test_an_undo_that_overtakes_its_effect_does_nothing(tmp_path: Path) -> None:
    quick = "services.bank.operations.refund.work=1ms"
    row = saga(tmp_path, "undo_failed_step: unknown", CHARGE_TIMES_OUT, quick).row()
    assert (row.state, row.stuck) == ("orphaned", 0)


@pytest.mark.parametrize(("which", "calls"), [("never", 1), ("unknown", 1), ("always", 2)])
def test_a_step_that_said_no_is_undone_only_with_always(tmp_path: Path, which: str, calls: int) -> None:
    played = saga(tmp_path, f"undo_failed_step: {which}", fails("bank.charge"))
    assert (played.count("service:bank"), played.row().state) == (calls, "undone")


def test_an_unreachable_step_counts_as_unknown(tmp_path: Path) -> None:
    cut = "faults=[{kind: partition, mode: refuse, target: shop -> bank, at: 0s, for: 100.012s}]"
    assert saga(tmp_path, "undo_failed_step: unknown", cut).count("service:bank") == 0  # the refund does not get there
    assert saga(tmp_path, "undo_failed_step: unknown", cut).row().stuck == 1


def test_a_saga_that_takes_too_long_is_undone(tmp_path: Path) -> None:
    row = saga(tmp_path, "timeout: 25ms").row()
    assert (row.outcome, row.latency) == ("server_error", 0.035)
    assert row.state == "orphaned"  # the charge under way is the failed step: it goes on, and is not undone


def test_the_step_under_way_when_a_saga_takes_too_long_is_of_unknown_outcome(tmp_path: Path) -> None:
    row = saga(tmp_path, "timeout: 25ms, undo_failed_step: unknown").row()
    assert (row.outcome, row.state) == ("server_error", "undone")
    assert row.latency == pytest.approx(0.025 + 0.020 + 0.010)


def test_a_saga_in_time_is_not_disturbed(tmp_path: Path) -> None:
    assert saga(tmp_path, "timeout: 41ms").row().state == "done"


def test_one_refund_gives_back_one_of_two_charges(tmp_path: Path) -> None:
    retry = 'calls."shop -> bank.charge"={timeout: 5ms, retry: {max_retries: 1, backoff: {kind: fixed, base: 1s}}}'
    row = saga(tmp_path, "undo_failed_step: always", retry).row()
    assert (row.outcome, row.state, row.duplicates) == ("server_error", "orphaned", 0)


CRASH = "faults=[{kind: crash, target: shop, replicas: 1, at: 100.025s, for: 20s}]"
"""The first replica of the shop dies while the charge is under way (from 10 to 30 ms)."""


def test_a_saga_whose_orchestrator_crashes_is_left_half_done(tmp_path: Path) -> None:
    row = saga(tmp_path, "", "services.shop.replicas=2", CRASH).row()
    assert (row.outcome, row.state) == ("unreachable", "orphaned")
    assert row.latency == 0.025


def test_a_durable_saga_is_resumed_on_another_replica(tmp_path: Path) -> None:
    played = saga(tmp_path, "durable: true, resume_after: 2s", "services.shop.replicas=2", CRASH)
    row = played.row()
    assert (row.outcome, row.state) == ("unreachable", "done")
    assert played.figure("buy", "false_error") == 1.0
    assert played.count("service:stock") == 1  # what had ended is not repeated
    assert (played.count("service:bank"), row.duplicates) == (2, 1)  # what was in progress is
    assert row.completion == pytest.approx(0.025 + 2 + 0.020 + 0.005)


def test_a_durable_saga_goes_on_undoing(tmp_path: Path) -> None:
    # The undos begin at 40 ms; the refund is under way from 43 to 63 ms.
    crash = CRASH.replace("100.025s", "100.05s")
    settings = "durable: true, resume_after: 2s"
    played = saga(tmp_path, settings, "services.shop.replicas=2", crash, LAST_STEP_FAILS)
    assert (played.row().outcome, played.row().state, played.row().stuck) == ("unreachable", "undone", 0)
    assert (played.count("service:bank"), played.count("service:stock")) == (3, 2)
    assert played.count("topic:failed") == 1


def test_a_durable_saga_waits_for_a_replica_to_come_back(tmp_path: Path) -> None:
    row = saga(tmp_path, "durable: true, resume_after: 2s", CRASH).row()
    assert (row.outcome, row.state) == ("unreachable", "done")
    assert 20 < row.completion < 23


def test_a_client_error_before_the_first_step_needs_no_undo(tmp_path: Path) -> None:
    assert saga(tmp_path, "", refuses("stock.take")).count("service:stock") == 1


def test_a_deadline_that_is_handed_down_holds_for_undos_too(tmp_path: Path) -> None:
    """As the document's context does: the charge ends after it, the refund is not carried out any more."""
    deadline = 'calls."client -> shop"={deadline: {total: 25ms, propagate: true}}'
    played = saga(tmp_path, "", deadline)
    assert (played.row().outcome, played.row().latency) == ("timeout", 0.025)
    assert (played.row().state, played.row().stuck > 0) == ("orphaned", True)
    without = saga(tmp_path, "", deadline.replace("true", "false"), LAST_STEP_FAILS)
    assert (without.row().state, without.row().stuck) == ("undone", 0)
