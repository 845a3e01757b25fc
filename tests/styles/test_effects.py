"""The effect ledger: what each execution leaves, what an undo takes back, and what is said of it at the end."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.support import Played, play

LEDGER = """
services:
  shop:
    workers: 8
    operations:
      buy: {steps: [{call: bank.charge}]}
  bank:
    workers: 8
    operations:
      charge: {work: 20ms, effect: true}
      refund: {work: 1ms}
      other: {work: 5ms, effect: true}
      no: {work: 1ms, client_errors: 100%}
workload: [{call: shop.buy, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""
BUY = "services.shop.operations.buy"
TWICE_LATE = 'calls."shop -> bank.charge"={timeout: 5ms, retry: {max_retries: 2, backoff: {kind: fixed, base: 10s}}}'
"""Three attempts, each given up after 5 ms, each of which the bank carries out."""


def ledger(folder: Path, *overrides: str) -> Played:
    return play(folder, LEDGER, *overrides)


def steps(written: str) -> str:
    return f"{BUY}.steps={written}"


def test_an_effect_is_left_whether_or_not_anybody_still_waits(tmp_path: Path) -> None:
    played = ledger(tmp_path, 'calls."shop -> bank.charge"={timeout: 5ms}')
    assert (played.row().outcome, played.row().state) == ("server_error", "done")
    assert played.figure("buy", "false_error") == 1.0


def test_every_retry_leaves_its_effect_under_the_same_key(tmp_path: Path) -> None:
    row = ledger(tmp_path, TWICE_LATE).row()
    assert (row.outcome, row.state, row.duplicates) == ("server_error", "done", 2)


def test_retries_of_a_caller_further_up_count_too(tmp_path: Path) -> None:
    above = 'calls."client -> shop"={timeout: 5ms, retry: {max_retries: 1, backoff: {kind: fixed, base: 10s}}}'
    assert ledger(tmp_path, above).row().duplicates == 1


def test_an_idempotent_repetition_answers_ok_and_leaves_nothing_more(tmp_path: Path) -> None:
    row = ledger(tmp_path, TWICE_LATE, "services.bank.operations.charge.idempotent=true").row()
    assert (row.state, row.duplicates) == ("done", 0)


@pytest.mark.parametrize(("window", "duplicates"), [("24h", 0), ("25s", 0), ("15s", 1), ("5s", 2)])
def test_repetitions_are_recognised_for_a_window(tmp_path: Path, window: str, duplicates: int) -> None:
    """The attempts are 10 s apart; the window runs from the unit that was left, not from the last repetition."""
    written = f"services.bank.operations.charge.idempotent={{window: {window}}}"
    assert ledger(tmp_path, TWICE_LATE, written).row().duplicates == duplicates


def test_each_repetition_of_times_is_an_effect_of_its_own(tmp_path: Path) -> None:
    row = ledger(tmp_path, steps("[{call: bank.charge, times: 3}]")).row()
    assert (row.state, row.duplicates) == ("done", 0)
    late = 'calls."shop -> bank.charge"={timeout: 5ms}'
    assert ledger(tmp_path, steps("[{call: bank.charge, times: 3}]"), late).row().state == "orphaned"


def test_two_steps_that_call_the_same_operation_are_two_effects(tmp_path: Path) -> None:
    row = ledger(tmp_path, steps("[{call: bank.charge}, {call: bank.charge}]")).row()
    assert (row.state, row.duplicates) == ("done", 0)


def test_effects_under_steps_that_are_not_critical_are_not_expected(tmp_path: Path) -> None:
    written = steps("[{call: bank.charge}, {call: bank.other, critical: false}]")
    errors = "services.bank.operations.other.server_errors=100%"
    assert ledger(tmp_path, written, errors).row().state == "done"


def test_a_request_without_expected_effects_is_done_if_its_critical_steps_ended_ok(tmp_path: Path) -> None:
    plain = "services.bank.operations.charge.effect=false"
    assert ledger(tmp_path, plain).row().state == "done"
    failed = "services.bank.operations.charge.server_errors=100%"
    assert ledger(tmp_path, plain, failed).row().state == "undone"


def test_a_retry_that_takes_the_other_branch_is_done_with_that_one(tmp_path: Path) -> None:
    """An attempt that failed left nothing: whichever branch the last one took, it made one charge."""
    played = ledger(
        tmp_path,
        steps("[{choose: [{share: 50%, steps: [{call: bank.charge}]}, {share: 50%, steps: [{call: bank.other}]}]}]"),
        "services.bank.operations.charge.server_errors=50%",
        "services.bank.operations.other.server_errors=50%",
        'calls."client -> shop"={retry: {max_retries: 5}}',
        "workload=[{call: shop.buy, arrivals: {process: renewal, law: 1s}}]",
    )
    rows = played.rows()
    assert sum(row.retries for row in rows) > 100
    assert {(row.outcome, row.state) for row in rows} <= {("ok", "done"), ("server_error", "undone")}


def test_an_undo_takes_back_one_unit_of_each_effect_under_its_step(tmp_path: Path) -> None:
    saga = f"{BUY}.style=saga"
    two = "services.bank.operations.both={steps: [{call: bank.charge}, {call: bank.other}]}"
    written = steps("[{call: bank.both, undo: bank.refund}, {call: bank.no}]")
    row = ledger(tmp_path, saga, two, written).row()
    assert (row.state, row.stuck) == ("undone", 0)


def test_one_refund_of_two_charges_leaves_one(tmp_path: Path) -> None:
    saga = f"{BUY}.style=saga"
    written = steps("[{call: bank.charge, undo: bank.refund}, {call: bank.no}]")
    once_late = (
        'calls."shop -> bank.charge"='
        "{timeout: {dist: empirical, values: [15ms]}, retry: {max_retries: 1, backoff: {kind: fixed, base: 10s}}}"
    )
    slow_first = "faults=[{kind: slowdown, target: bank.charge, factor: 2, at: 0s, for: 105s}]"
    row = ledger(tmp_path, saga, written, once_late, slow_first, "services.bank.operations.charge.work=10ms").row()
    # The first attempt takes 20 ms and is given up at 15 ms; the second takes 10 ms. Two units, one taken back: nothing
    # else is expected, so the request counts as done, though the customer was told otherwise.
    assert (row.outcome, row.state, row.retries) == ("client_error", "done", 1)


def test_false_ok_and_fulfilled(tmp_path: Path) -> None:
    accepted = ledger(tmp_path, f"{BUY}.style=queue", "services.bank.operations.charge.client_errors=100%")
    assert (accepted.figure("buy", "false_ok"), accepted.figure("buy", "fulfilled")) == (1.0, 0.0)
    # done after 22 ms: within 21 ms of the window's end, if that is all that is granted, it is not.
    late = ["run.duration=100.001s", "run.drain=10s"]
    granted = [f"{BUY}.style=queue", *late]
    assert ledger(tmp_path, *granted, "run.fulfilled_within=20ms").figure("buy", "fulfilled") == 0.0
    assert ledger(tmp_path, *granted, "run.fulfilled_within=22ms").figure("buy", "fulfilled") == 1.0


TWO = steps("[{call: bank.charge}, {call: bank.other}]")


def test_the_inconsistency_window_runs_from_the_first_effect_to_the_last(tmp_path: Path) -> None:
    played = ledger(tmp_path, TWO)
    assert played.figure("buy", "inconsistency_window_mean") == pytest.approx(0.005)
    assert played.figure("buy", "inconsistency_window_p99") == pytest.approx(0.005)


def test_undoing_closes_the_inconsistency_window(tmp_path: Path) -> None:
    written = steps("[{call: bank.charge, undo: bank.refund}, {call: bank.other}]")
    errors = "services.bank.operations.other.server_errors=100%"
    played = ledger(tmp_path, written, f"{BUY}.style=saga", errors)
    assert played.figure("buy", "inconsistency_window_mean") == pytest.approx(0.005 + 0.001)


def test_a_request_still_mixed_at_the_end_counts_as_infinite_and_is_left_out_of_the_mean(tmp_path: Path) -> None:
    played = ledger(tmp_path, TWO, "services.bank.operations.other.server_errors=100%")
    assert played.row().state == "orphaned"
    assert math.isnan(played.figure("buy", "inconsistency_window_mean"))
    assert played.figure("buy", "inconsistency_window_p50") == math.inf
    assert played.figure("buy", "inconsistency_window_left_out") == 1
    assert played.figure("buy", "completion_p50") == math.inf
    assert played.figure("buy", "completion_left_out") == 1


def test_requests_with_fewer_than_two_effects_have_no_inconsistency_window(tmp_path: Path) -> None:
    played = ledger(tmp_path)
    assert math.isnan(played.figure("buy", "inconsistency_window_mean"))
    assert math.isnan(played.figure("buy", "inconsistency_window_p50"))
    assert played.figure("buy", "inconsistency_window_left_out") == 0


def test_effects_of_handlers_are_expected_of_a_critical_message(tmp_path: Path) -> None:
    bus = "brokers={bus: {preset: redis_pubsub}}"
    topic = "topics={sold: {broker: bus, subscribers: [bank.other]}}"
    played = ledger(tmp_path, bus, topic, steps("[{call: bank.charge}, {publish: sold}]"))
    assert played.row().state == "done"
    assert played.row().completion == pytest.approx(0.020 + 0.002 + 0.005)
    lost = "faults=[{kind: crash, target: bank, at: 100.0205s, for: 1s}]"
    assert ledger(tmp_path, bus, topic, steps("[{call: bank.charge}, {publish: sold}]"), lost).row().state == "orphaned"
