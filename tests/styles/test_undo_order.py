"""Undos one after the other or at once, how often they are tried again, and what is undone of parallel steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, STEPS, fails, refuses, shop
from tests.styles.test_choreography import IN_SECONDS
from tests.support import Played

LAST_STEP_FAILS = f"{OPERATION}.server_errors=100%"
"""Drawn at 40 ms: everything has to be undone (own work 3 ms, refund 20 ms, stock 10 ms)."""


def saga(folder: Path, settings: str, *overrides: str, kind: str = "saga") -> Played:
    return shop(folder, f"{{kind: {kind}, {settings}}}", *overrides)


def down(operation: str, until: str) -> str:
    return f"{{kind: errors, target: {operation}, share: 100%, at: 0s, for: {until}}}"


def test_undos_at_once_take_as_long_as_the_longest(tmp_path: Path) -> None:
    row = saga(tmp_path, "undo_order: parallel", LAST_STEP_FAILS).row()
    assert (row.outcome, row.state, row.stuck) == ("server_error", "undone", 0)
    assert row.latency == pytest.approx(0.040 + 0.020)


def test_undos_at_once_are_begun_in_reverse(tmp_path: Path) -> None:
    """Both ask the bank, whose one worker takes a second each: only what ends first meets the fault."""
    one_by_one = [
        "services.bank.workers=1",
        "services.bank.operations={charge: {work: 1s, effect: false}, refund: {work: 1s}, restock: {work: 1s}}",
        "services.stock.operations.take.work=1s",
        f"{STEPS}=[{{call: stock.take, undo: bank.restock}}, {{call: bank.charge, undo: bank.refund}}]",
        "faults=[{kind: errors, target: bank, share: 100%, at: 102.5s, for: 1s}]",
    ]
    row = saga(tmp_path, "undo_order: parallel", LAST_STEP_FAILS, *one_by_one).row()
    assert row.latency == pytest.approx(2 + 2)
    assert row.stuck == 1
    assert row.state == "undone"  # the refund failed; the stock, whose effect alone counts here, came second


def test_one_of_several_undos_at_once_may_be_stuck(tmp_path: Path) -> None:
    played = saga(tmp_path, "undo_order: parallel", LAST_STEP_FAILS, fails("bank.refund"))
    assert (played.row().state, played.row().stuck) == ("orphaned", 1)
    assert played.count("service:stock") == 2


def test_an_undo_is_tried_as_often_as_the_file_says(tmp_path: Path) -> None:
    settings = "on_undo_failure: retry, undo_retry: {max_retries: 2, backoff: {kind: fixed, base: 500ms}}"
    played = saga(tmp_path, settings, LAST_STEP_FAILS, fails("bank.refund"))
    row = played.row()
    assert (row.state, row.stuck) == ("orphaned", 1)
    assert row.latency == pytest.approx(0.043 + 3 * 0.020 + 2 * 0.5 + 0.010)  # the others go on
    assert (played.count("service:bank"), played.count("service:stock")) == (1 + 3, 2)


def test_undos_at_once_are_tried_again_each_by_itself(tmp_path: Path) -> None:
    settings = "undo_order: parallel, on_undo_failure: retry"
    errors = f"faults=[{down('bank.refund', '101s')}, {{name: b, {down('stock.give', '100.5s')[1:]}]"
    played = saga(tmp_path, settings, LAST_STEP_FAILS, errors)
    assert (played.row().state, played.row().stuck) == ("undone", 0)
    # The refund fails at 40 ms and succeeds a second after that; so does the give, meanwhile.
    assert played.row().latency == pytest.approx(0.040 + 0.020 + 1 + 0.020)


def test_an_undos_backoff_may_be_random_and_each_request_has_its_own(tmp_path: Path) -> None:
    backoff = "{kind: exponential, base: 1s, jitter: full}"
    settings = f"on_undo_failure: retry, undo_retry: {{backoff: {backoff}}}"
    stream = "workload.buy.arrivals={process: constant, rate: 1/s}"
    short = ("run.duration=6s", f"faults=[{down('bank.refund', '6s')}]")
    rows = saga(tmp_path, settings, LAST_STEP_FAILS, stream, *short).rows()
    assert {row.state for row in rows} == {"undone"}
    assert len({row.latency for row in rows}) == len(rows)


@pytest.mark.parametrize("kind", ["saga", "choreography"])
def test_what_a_failed_parallel_step_has_completed_is_undone(tmp_path: Path, kind: str) -> None:
    both = "{parallel: {steps: [{call: stock.take, undo: stock.give}, {call: bank.charge, undo: bank.refund}]}}"
    played = saga(tmp_path, "timeout: 60s", f"{STEPS}=[{both}]", refuses("bank.charge"), kind=kind)
    assert (played.row().state, played.row().stuck) == ("undone", 0)
    assert (played.count("service:stock"), played.count("service:bank")) == (2, 1)


def test_a_parallel_step_that_becomes_a_dead_letter_is_undone_as_far_as_it_came(tmp_path: Path) -> None:
    both = "{parallel: {steps: [{call: stock.take, undo: stock.give}, {call: bank.charge, undo: bank.refund}]}}"
    once = "services.stock.operations.take.idempotent=true"
    played = shop(tmp_path, "choreography", f"{STEPS}=[{both}]", once, fails("bank.charge"))
    row = played.row()
    assert (row.dead_lettered, row.state, row.stuck) == (1, "undone", 0)
    assert played.count("service:stock") == 5 + 1  # taken at each of five deliveries, given back once


@pytest.mark.parametrize("kind", ["saga", "choreography"])
def test_nested_choices_are_undone_with_the_branch_they_took(tmp_path: Path, kind: str) -> None:
    way = "{choose: [{share: 100%, steps: [{call: stock.take, undo: stock.give}]}]}"
    nested = f"{STEPS}=[{{parallel: {{steps: [{way}, {{call: basket.clear}}]}}}}, {{call: bank.charge}}]"
    played = saga(tmp_path, "timeout: 60s", nested, refuses("bank.charge"), kind=kind)
    assert (played.row().state, played.count("service:stock")) == ("undone", 2)


CHARGE_IS_CUT_OFF = (
    f"{STEPS}=[{{parallel: {{on_failure: fail_fast, steps: [{{call: basket.clear}}, "
    "{call: bank.charge, undo: bank.refund}]}}]"
)
"""The basket fails at 4 ms; the charge (20 ms) is given up then, and the money moves all the same."""


@pytest.mark.parametrize(
    ("which", "state", "refunds"), [("never", "orphaned", 0), ("unknown", "undone", 1), ("always", "undone", 1)]
)
def test_a_branch_that_is_given_up_is_of_unknown_outcome(tmp_path: Path, which: str, state: str, refunds: int) -> None:
    effect = "services.basket.operations.clear={work: 4ms, effect: true, client_errors: 100%}"
    played = saga(tmp_path, f"undo_failed_step: {which}", CHARGE_IS_CUT_OFF, effect)
    assert (played.row().state, played.count("service:bank")) == (state, 1 + refunds)


def test_a_timeout_within_a_parallel_step_leaves_calls_of_unknown_outcome(tmp_path: Path) -> None:
    both = "{parallel: {steps: [{call: stock.take, undo: stock.give}, {call: bank.charge, undo: bank.refund}]}}"
    played = saga(tmp_path, "timeout: 15ms, undo_failed_step: unknown", f"{STEPS}=[{both}]")
    assert (played.row().outcome, played.row().state, played.row().stuck) == ("server_error", "undone", 0)
    assert (played.count("service:stock"), played.count("service:bank")) == (2, 2)


def test_branches_that_nobody_needs_any_more_are_waited_for_before_anything_is_undone(tmp_path: Path) -> None:
    quick = "{parallel: {until: any, steps: [{call: stock.take, undo: stock.give}, "
    quick += "{call: bank.charge, undo: bank.refund}]}}"
    for step in (quick, f"{{parallel: {{steps: [{quick}]}}}}"):  # and inside of another one
        played = saga(tmp_path, "undo_failed_step: never", f"{STEPS}=[{step}]", LAST_STEP_FAILS)
        assert (played.row().state, played.row().duplicates) == ("undone", 0)
        # The failure comes at 10 ms, the charge ends at 20; then the refund and the stock.
        assert played.row().latency == pytest.approx(0.020 + 0.020 + 0.010)


def test_a_crash_ends_branches_that_nobody_needs_any_more(tmp_path: Path) -> None:
    """Those of a branch too: else they would go on at a replica that is down."""
    quick = "{parallel: {until: any, steps: [{call: stock.take}, [{pause: 1s}, {call: bank.charge}]]}}"
    outer = f"{STEPS}=[{{parallel: {{steps: [{quick}]}}}}, {{pause: 5s}}]"
    crash = "faults=[{kind: crash, target: shop, at: 100.5s, for: 5s}]"
    assert shop(tmp_path, "saga", outer, crash).count("service:bank") == 0


@pytest.mark.parametrize(("which", "calls"), [("never", 5), ("unknown", 6), ("always", 6)])
def test_nobody_knows_what_the_handlers_of_a_dead_letter_left(tmp_path: Path, which: str, calls: int) -> None:
    played = saga(tmp_path, f"undo_failed_step: {which}", fails("bank.charge"), kind="choreography")
    assert (played.count("service:bank"), played.row().state) == (calls, "undone")


@pytest.mark.parametrize(("which", "calls"), [("never", 1), ("unknown", 1), ("always", 2)])
def test_a_client_error_is_an_answer_in_a_choreography_too(tmp_path: Path, which: str, calls: int) -> None:
    played = saga(tmp_path, f"undo_failed_step: {which}", refuses("bank.charge"), kind="choreography")
    assert (played.count("service:bank"), played.row().state) == (calls, "undone")


def test_after_a_dead_lettered_undo_a_choreography_may_stop(tmp_path: Path) -> None:
    played = saga(tmp_path, "on_undo_failure: stop", LAST_STEP_FAILS, fails("bank.refund"), kind="choreography")
    assert (played.row().state, played.row().stuck, played.row().dead_lettered) == ("orphaned", 1, 1)
    assert played.count("service:stock") == 1
    assert played.count("topic:failed") == 1


def test_compensating_events_may_leave_all_at_once(tmp_path: Path) -> None:
    last_first = saga(tmp_path, "undo_order: reverse", *IN_SECONDS, LAST_STEP_FAILS, kind="choreography").row()
    at_once = saga(tmp_path, "undo_order: parallel", *IN_SECONDS, LAST_STEP_FAILS, kind="choreography")
    assert last_first.completion == pytest.approx(4 + 3)
    assert at_once.row().completion == pytest.approx(4 + 1)
    assert at_once.row().state == "undone"
    assert at_once.count("topic:failed") == 1


def test_events_at_once_are_settled_when_the_last_is_even_if_one_is_stuck(tmp_path: Path) -> None:
    played = saga(tmp_path, "undo_order: parallel", LAST_STEP_FAILS, fails("bank.refund"), kind="choreography")
    assert (played.row().state, played.row().stuck) == ("orphaned", 1)
    assert (played.count("service:stock"), played.count("topic:failed")) == (2, 1)


def test_a_choreography_that_takes_too_long_turns_round_after_the_step_in_hand(tmp_path: Path) -> None:
    played = saga(tmp_path, "timeout: 1500ms", *IN_SECONDS, kind="choreography")
    # Stock until 1 s, the charge until 2 s: nobody publishes the next event; then back.
    assert played.work_order(["bank", "basket", "shop", "stock"]) == ["stock", "bank", "bank", "stock"]
    assert (played.row().outcome, played.row().state) == ("ok", "undone")
    assert played.figure("buy", "false_ok") == 1.0


def test_a_choreography_in_time_is_not_disturbed(tmp_path: Path) -> None:
    assert saga(tmp_path, "timeout: 4100ms", *IN_SECONDS, kind="choreography").row().state == "done"


def test_an_undo_of_repeated_calls_is_one(tmp_path: Path) -> None:
    thrice = (f"{STEPS}[0].times=3", refuses("bank.charge"))
    for kind in ("saga", "choreography"):
        played = shop(tmp_path, kind, *thrice)
        assert (played.row().state, played.count("service:stock")) == ("undone", 3 + 1)
