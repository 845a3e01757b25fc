"""What holds in all five styles, and what tells them apart when a step fails for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import ACCEPTING, OPERATION, STEPS, STREAM, STYLES, fails, refuses, shop

every_style = pytest.mark.parametrize("style", STYLES)


@every_style
def test_without_faults_every_request_is_done_and_nothing_is_left_over(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, STREAM, "run.duration=60.9s")
    rows = played.rows()
    assert len(rows) == 60
    assert {(row.outcome, row.state) for row in rows} == {("ok", "done")}
    zero = ("orphaned", "undone", "duplicates", "lost", "dead_lettered", "retries", "stuck_sagas", "unfinished")
    assert {metric: played.figure("buy", metric) for metric in zero} == dict.fromkeys(zero, 0.0)
    assert played.figure("buy", "fulfilled") == 1.0
    assert played.figure("buy", "false_ok") == played.figure("buy", "false_error") == 0.0


@every_style
def test_the_same_work_is_done_in_every_style(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, STREAM, "run.duration=60.9s")
    assert played.busy("stock") == pytest.approx(60 * 0.010)
    assert played.busy("bank") == pytest.approx(60 * 0.020)
    assert played.busy("basket") == pytest.approx(60 * 0.004)
    assert (played.count("topic:sold"), played.count("topic:failed")) == (60, 0)


@every_style
def test_completion_comes_when_the_last_effect_is_in_place(tmp_path: Path, style: str) -> None:
    row = shop(tmp_path, style).row()
    # Per message: 1 ms to publish, 1 ms to deliver. A choreography sends one for each of its three effects.
    messages = {"queue": 1, "choreography": 3}.get(style, 0)
    assert row.completion == pytest.approx(0.035 + 0.002 * messages)


@every_style
def test_answers_come_when_the_style_says(tmp_path: Path, style: str) -> None:
    answers = {"sync": 0.035 + 0.001 + 0.004, "queue": 0.001, "saga": 0.040, "choreography": 0.001}
    answers["hybrid"] = 0.035 + 0.001 + 0.001  # the publish, then the message that carries the clearing
    assert shop(tmp_path, style).row().latency == pytest.approx(answers[style])


@every_style
def test_a_critical_step_that_always_fails(tmp_path: Path, style: str) -> None:
    row = shop(tmp_path, style, fails("bank.charge")).row()
    assert row.outcome == ("ok" if style in ACCEPTING else "server_error")
    assert row.state == ("orphaned" if style in {"sync", "queue"} else "undone")
    # The queue begins from the first step at each of its five deliveries: the stock is taken five times.
    assert row.duplicates == (4 if style == "queue" else 0)
    assert row.dead_lettered == (1 if style in ACCEPTING else 0)
    assert row.stuck == 0


@every_style
def test_a_failure_publishes_its_message_once(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, fails("bank.charge"))
    assert (played.count("topic:failed"), played.count("topic:sold")) == (1, 0)


@every_style
def test_who_answered_ok_and_did_not_do_it_has_lied(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, fails("bank.charge"))
    assert played.figure("buy", "false_ok") == (1.0 if style in ACCEPTING else 0.0)
    assert played.figure("buy", "fulfilled") == 0.0


@every_style
def test_a_client_error_is_final(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, refuses("stock.take"))
    row = played.row()
    assert row.outcome == ("ok" if style in ACCEPTING else "client_error")
    assert (row.state, row.dead_lettered, row.duplicates) == ("undone", 0, 0)
    assert played.count("service:stock") == 1
    assert played.count("topic:failed") == 1


@every_style
def test_a_client_error_in_a_later_step(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, refuses("bank.charge"))
    assert played.row().state == ("orphaned" if style in {"sync", "queue"} else "undone")
    assert played.count("service:bank") == 1
    assert played.count("service:stock") == (1 if style in {"sync", "queue"} else 2)  # and given back
    assert played.count("topic:failed") == 1


@every_style
def test_a_step_that_is_not_critical_may_fail(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, fails("basket.clear"))
    row = played.row()
    assert (row.outcome, row.state) == ("ok", "done")
    # Where a message of its own carries it, it is delivered five times and then a dead letter.
    own_message = style in {"choreography", "hybrid"}
    assert row.dead_lettered == (1 if own_message else 0)
    assert played.count("service:basket") == (5 if own_message else 1)
    assert played.count("topic:failed") == 0


@every_style
def test_a_client_error_of_a_step_that_is_not_critical_is_only_counted(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, refuses("basket.clear"))
    assert (played.row().outcome, played.row().state, played.row().dead_lettered) == ("ok", "done", 0)
    assert (played.count("service:basket"), played.count("topic:failed")) == (1, 0)


@every_style
def test_the_operations_own_server_error(tmp_path: Path, style: str) -> None:
    """Drawn after the last step: the time is spent, and what its callees did stays, unless the style undoes it."""
    row = shop(tmp_path, style, f"{OPERATION}.server_errors=100%").row()
    assert row.outcome == ("ok" if style in ACCEPTING else "server_error")
    # Nothing undoes in sync and queue, so all three effects are there: the customer has it and was told otherwise.
    assert row.state == ("done" if style in {"sync", "queue"} else "undone")


@every_style
def test_an_outage_of_the_broker_is_refused_where_the_broker_is_needed(tmp_path: Path, style: str) -> None:
    outage = "faults=[{kind: broker_down, target: 'broker:jobs', at: 90s, for: 20s}]"
    played = shop(tmp_path, style, outage)
    row = played.row()
    accepting = style in ACCEPTING
    assert row.outcome == ("server_error" if accepting else "ok")
    assert row.state == ("undone" if accepting else "done")
    assert row.lost == (1 if style == "hybrid" else 0)
    assert played.count("topic:failed") == (1 if accepting else 0)


@every_style
def test_messages_are_conserved_through_a_crash_of_the_consumer(tmp_path: Path, style: str) -> None:
    crash = "faults=[{kind: crash, target: shop, at: 20.02s, for: 5s}]"
    played = shop(tmp_path, style, STREAM, "run.duration=60.9s", crash)
    rows = played.rows()
    assert len(rows) == 60
    assert not any(row.state == "unfinished" for row in rows)
    # What is delivered again by a queue is done in the end; what was lost with the replica is not.
    lost = [row for row in rows if 19.9 < row.arrived < 25.1]
    assert len(lost) == 6
    later = [row for row in rows if row not in lost]
    assert {(row.outcome, row.state) for row in later} == {("ok", "done")}
    if style in ACCEPTING:
        assert [row.state for row in lost if row.outcome == "ok"] == ["done"]
    assert {row.outcome for row in lost[1:-1]} == {"unreachable"}


# -- what steps within steps leave to be undone ------------------------------------------------------------------

BOTH = "{parallel: {steps: [{call: stock.take, undo: stock.give}, {call: bank.charge, undo: bank.refund}]}}"
CHOSEN = "{choose: [{share: 100%, steps: [{call: stock.take, undo: stock.give, times: 2}]}]}"
UNDOING = {"saga", "choreography", "hybrid"}


@every_style
def test_what_a_parallel_step_did_is_undone_branch_by_branch(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, f"{STEPS}=[{BOTH}, {{call: basket.clear}}]", fails("basket.clear"))
    assert played.row().state == ("undone" if style in UNDOING else "done")
    deliveries = 5 if style == "queue" else 1
    undos = 1 if style in UNDOING else 0
    assert played.count("service:stock") == played.count("service:bank") == deliveries + undos


@every_style
def test_what_a_chosen_branch_did_is_undone(tmp_path: Path, style: str) -> None:
    played = shop(tmp_path, style, f"{STEPS}=[{CHOSEN}, {{call: basket.clear}}]", fails("basket.clear"))
    assert played.row().state == ("undone" if style in UNDOING else "done")
    taken = 10 if style == "queue" else 2
    assert played.count("service:stock") == taken + (1 if style in UNDOING else 0)  # one undo for both repetitions


@every_style
def test_a_saga_further_down_undoes_its_own_steps(tmp_path: Path, style: str) -> None:
    steps = "[{call: stock.take, undo: stock.give}, {work: 5ms, effect: true, undo: 1ms}]"
    inner = f"services.bank.operations.charge={{work: none, style: saga, effect: false, steps: {steps}}}"
    played = shop(tmp_path, style, inner, fails("bank.charge"), f"{STEPS}[0]={{call: basket.clear, undo: none}}")
    assert played.row().state == "undone"
    assert played.count("service:stock") == 2 * (5 if style in ACCEPTING else 1)
