"""Steps: parallel, choose, times, on_error, pause, and what holds a worker meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

STEPS = "services.a.operations.run.steps"
ABC = """
services:
  a:
    workers: 8
    operations:
      run:
        steps: [{work: 1ms}]
        on_failure: [{work: 1ms}]
  b:
    workers: 8
    operations:
      fast: {work: 10ms, effect: true}
      slow: {work: 30ms, effect: true}
      fail: {work: 20ms, server_errors: 100%}
      no: {work: 5ms, client_errors: 100%}
      undo: {work: 1ms}
workload: [{call: a.run, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""


def steps(folder: Path, written: str, *overrides: str) -> Played:
    return play(folder, ABC, f"{STEPS}={written}", *overrides)


def parallel(folder: Path, settings: str, *calls: str) -> Played:
    branches = ", ".join(f"{{call: b.{name}}}" for name in calls)
    extra = f", {settings}" if settings else ""
    return steps(folder, f"[{{parallel: {{steps: [{branches}]{extra}}}}}]")


# -- parallel --------------------------------------------------------------------------------------------------


def test_branches_start_together_and_all_are_waited_for(tmp_path: Path) -> None:
    played = parallel(tmp_path, "", "fast", "slow")
    assert (played.row().outcome, played.row().latency, played.row().state) == ("ok", 0.030, "done")
    assert played.busy("a") == pytest.approx(0.030)  # one worker for the whole request


def test_a_branch_of_several_steps_is_run_in_order(tmp_path: Path) -> None:
    played = steps(tmp_path, "[{parallel: {steps: [[{call: b.fast}, {call: b.fast}], {call: b.slow}]}}]")
    assert (played.row().latency, played.count("service:b")) == (0.030, 3)


def test_any_takes_the_first_and_the_others_go_on(tmp_path: Path) -> None:
    played = parallel(tmp_path, "until: any", "fast", "slow")
    assert played.row().latency == 0.010
    assert played.busy("b") == pytest.approx(0.040)


def test_a_quorum_takes_the_first_k(tmp_path: Path) -> None:
    played = parallel(tmp_path, "until: 2", "fast", "slow", "fast")
    assert played.row().latency == 0.010
    assert parallel(tmp_path, "until: 2", "fast", "slow", "slow").row().latency == 0.030


def test_any_passes_over_failures_while_a_success_is_possible(tmp_path: Path) -> None:
    assert parallel(tmp_path, "until: any", "no", "slow").row().latency == 0.030
    row = parallel(tmp_path, "until: any", "no", "fail").row()
    assert (row.outcome, row.latency) == ("client_error", 0.020)  # as the first failure was


def test_a_failure_waits_for_the_other_branches(tmp_path: Path) -> None:
    row = parallel(tmp_path, "", "fail", "slow").row()
    assert (row.outcome, row.latency, row.state) == ("server_error", 0.030, "done")


def test_a_failure_may_end_the_step_at_once(tmp_path: Path) -> None:
    played = parallel(tmp_path, "on_failure: fail_fast", "fail", "slow")
    assert (played.row().outcome, played.row().latency) == ("server_error", 0.020)
    assert played.busy("b") == pytest.approx(0.050)  # nobody cancels the slow call: it goes on


def test_fail_fast_gives_up_the_others_under_their_edges_cancel(tmp_path: Path) -> None:
    branches = "[{parallel: {steps: [{call: b.fail}, {call: b.slow}], on_failure: fail_fast}}]"
    played = steps(tmp_path, branches, 'calls."a -> b".cancel=always')
    assert played.row().state == "undone"
    assert played.busy("b") == pytest.approx(0.040)


def test_a_quorum_that_can_still_be_reached_does_not_fail_fast(tmp_path: Path) -> None:
    row = parallel(tmp_path, "until: 1, on_failure: fail_fast", "no", "fast").row()
    assert (row.outcome, row.latency) == ("ok", 0.010)


def test_a_failed_parallel_step_is_undone_only_when_all_branches_have_ended(tmp_path: Path) -> None:
    branches = "{call: b.fail}, {call: b.slow, undo: b.undo}"
    saga = "services.a.operations.run.style=saga"
    row = steps(tmp_path, f"[{{parallel: {{steps: [{branches}]}}}}]", saga).row()
    assert (row.state, row.latency) == ("undone", 0.031)


def test_what_a_quorum_did_not_need_is_waited_for_before_it_is_undone(tmp_path: Path) -> None:
    branches = "{call: b.fast, undo: b.undo}, {call: b.slow, undo: b.undo}"
    written = f"[{{parallel: {{steps: [{branches}], until: any}}}}, {{call: b.no}}]"
    played = steps(tmp_path, written, "services.a.operations.run.style=saga")
    # 10 ms for the quorum, 5 ms for the refusal; the slow branch ends at 30 ms, then both are undone.
    assert played.row().latency == pytest.approx(0.032)
    assert played.count("service:b") == 5


# -- choose ----------------------------------------------------------------------------------------------------

CHOICE = "[{choose: [{share: 30%, steps: [{call: b.fast}]}, {share: 70%, steps: [{call: b.slow}]}]}]"


def test_a_choice_takes_one_branch_by_its_share(tmp_path: Path) -> None:
    stream = "workload.run.arrivals={process: constant, rate: 20/s}"
    played = steps(tmp_path, CHOICE, stream)
    fast = [row.latency for row in played.rows()].count(0.010)
    # 3979 requests: a binomial share, five standard deviations (false alarm below 1 in a million).
    assert len(played.rows()) == 3979
    assert fast / 3979 == pytest.approx(0.30, abs=5 * (0.3 * 0.7 / 3979) ** 0.5)
    assert {row.state for row in played.rows()} == {"done"}  # the other branch's effects are not expected


def test_a_branch_may_be_empty(tmp_path: Path) -> None:
    row = steps(tmp_path, "[{choose: [{share: 100%}]}, {work: 2ms}]").row()
    assert (row.outcome, row.state, row.latency) == ("ok", "done", 0.002)


def test_a_failure_in_a_branch_is_the_operations(tmp_path: Path) -> None:
    assert steps(tmp_path, "[{choose: [{share: 100%, steps: [{call: b.no}]}]}]").row().outcome == "client_error"


# -- times, on_error, critical ---------------------------------------------------------------------------------


def test_a_call_may_be_made_several_times_one_after_the_other(tmp_path: Path) -> None:
    played = steps(tmp_path, "[{call: b.fast, times: 3}]")
    row = played.row()
    assert (row.latency, row.state, row.duplicates) == (0.030, "done", 0)
    assert played.count("call:a->b") == 3


def test_repetitions_end_with_the_first_failure(tmp_path: Path) -> None:
    assert steps(tmp_path, "[{call: b.fail, times: 3}]").count("call:a->b") == 1


@pytest.mark.parametrize(
    ("treatment", "outcome", "calls"), [("continue", "ok", 2), ("client_error", "client_error", 1)]
)
def test_on_error_says_what_an_outcome_becomes(tmp_path: Path, treatment: str, outcome: str, calls: int) -> None:
    played = steps(tmp_path, f"[{{call: b.fail, on_error: {{server_error: {treatment}}}}}, {{call: b.fast}}]")
    assert (played.row().outcome, played.count("call:a->b")) == (outcome, calls)


def test_on_error_turns_a_client_error_into_the_callers_own(tmp_path: Path) -> None:
    played = steps(tmp_path, "[{call: b.no, on_error: {client_error: server_error}}]")
    assert played.row().outcome == "server_error"
    other = steps(tmp_path, "[{call: b.no, on_error: {timeout: continue}}]")
    assert other.row().outcome == "client_error"


def test_a_failed_step_that_is_not_critical_has_been_waited_for_and_is_passed_over(tmp_path: Path) -> None:
    row = steps(tmp_path, "[{call: b.fail, critical: false}, {call: b.fast}]").row()
    assert (row.outcome, row.latency, row.state) == ("ok", 0.030, "done")


def test_on_failure_runs_after_the_answer_and_its_own_failure_is_only_counted(tmp_path: Path) -> None:
    more = "services.a.operations.run.on_failure=[{call: b.fail}, {call: b.fast}]"
    played = steps(tmp_path, "[{call: b.no}]", more)
    assert (played.row().outcome, played.row().latency) == ("client_error", 0.005)
    assert played.count("service:b") == 3
    assert played.busy("a") == pytest.approx(0.005 + 0.020 + 0.010)


def test_on_failure_runs_once_per_failed_execution(tmp_path: Path) -> None:
    retry = 'calls."client -> a"={retry: {max_retries: 2}}'
    played = steps(tmp_path, "[{call: b.fail}]", retry, "services.a.operations.run.on_failure=[{call: b.fast}]")
    assert (played.count("service:a"), played.count("service:b")) == (3, 6)


# -- pause and workers -----------------------------------------------------------------------------------------

PAUSE = "[{work: 10ms}, {pause: 50ms}, {work: 10ms}]"
TWO = "workload=[{call: a.run, arrivals: {process: renewal, law: 100s}}, "
TWO += "{name: second, call: a.run, arrivals: {process: renewal, law: 100.001s}}]"


def test_a_pause_keeps_its_worker(tmp_path: Path) -> None:
    played = steps(tmp_path, PAUSE, TWO, "services.a.workers=1")
    assert played.row("run").latency == 0.070
    assert played.row("second").latency == pytest.approx(0.069 + 0.070)
    assert played.busy("a") == pytest.approx(0.140)


def test_an_event_loop_gives_its_worker_back_in_a_pause(tmp_path: Path) -> None:
    played = steps(tmp_path, PAUSE, TWO, "services.a.workers=1", "services.a.holds_worker=false")
    assert played.row("run").latency == 0.070
    assert played.row("second").latency == pytest.approx(0.009 + 0.070)
    assert played.busy("a") == pytest.approx(0.040)


def test_an_event_loop_gives_its_worker_back_while_it_calls(tmp_path: Path) -> None:
    calls = "[{work: 10ms}, {call: b.slow}, {work: 10ms}]"
    held = steps(tmp_path, calls, TWO, "services.a.workers=1")
    assert held.busy("a") == pytest.approx(0.100)
    free = steps(tmp_path, calls, TWO, "services.a.workers=1", "services.a.holds_worker=false")
    assert free.busy("a") == pytest.approx(0.040)
    assert [free.row(name).latency for name in ("run", "second")] == pytest.approx([0.050, 0.059])


def test_who_comes_back_queues_at_the_tail_and_is_never_refused(tmp_path: Path) -> None:
    settings = ["services.a.workers=1", "services.a.holds_worker=false", "services.a.queue.capacity=1"]
    third = TWO[:-1] + ", {name: third, call: a.run, arrivals: {process: renewal, law: 100.009s}}]"
    played = steps(tmp_path, "[{work: 10ms}, {pause: 1ms}, {work: 10ms}]", third, *settings)
    # The second waits (capacity 1), the third is refused; the first comes back at 11 ms and waits for the second.
    assert played.row("third").reason == "queue_full"
    assert [played.row(name).latency for name in ("run", "second")] == pytest.approx([0.030, 0.039])
