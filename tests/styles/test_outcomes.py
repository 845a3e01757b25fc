"""Outcomes upwards: what a caller sees of a failure further down, and how failures are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

CHAIN = """
services:
  front: {workers: 8, operations: {ask: {steps: [{call: middle.ask}]}}}
  middle: {workers: 8, operations: {ask: {steps: [{call: back.ask}, {work: 1ms}]}}}
  back:
    workers: 1
    operations: {ask: {work: 10ms}}
workload: [{call: front.ask, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""
BACK = "services.back.operations.ask"
TO_BACK = 'calls."middle -> back"'


def chain(folder: Path, *overrides: str) -> Played:
    return play(folder, CHAIN, *overrides)


def test_a_client_error_stays_one_all_the_way_up(tmp_path: Path) -> None:
    assert chain(tmp_path, f"{BACK}.client_errors=100%").row().outcome == "client_error"


@pytest.mark.parametrize(
    ("what_happens", "cause"),
    [
        (f"{BACK}.server_errors=100%", "server_error at back.ask"),
        (f"{TO_BACK}={{timeout: 4ms}}", "timeout at middle -> back.ask"),
        ("faults=[{kind: crash, target: back, at: 90s, for: 20s}]", "unreachable at middle -> back.ask"),
    ],
)
def test_any_other_failure_becomes_a_server_error_with_its_cause_kept(
    tmp_path: Path, what_happens: str, cause: str
) -> None:
    row = chain(tmp_path, what_happens).row()
    assert (row.outcome, row.state, row.reason) == ("server_error", "undone", cause)


def test_a_full_queue_is_seen_by_the_caller_on_its_own_link_only(tmp_path: Path) -> None:
    more = "workload=[{call: front.ask, arrivals: {process: renewal, law: 100s}}, "
    more += "{name: direct, call: back.ask, arrivals: {process: renewal, law: 99.999s}}]"
    played = chain(tmp_path, more, "services.back.queue.capacity=0")
    row = played.row("ask")
    assert (row.outcome, row.reason, row.rejected) == ("server_error", "queue_full", 1)
    swapped = more.replace("100s", "X").replace("99.999s", "100.001s").replace("X", "100s")
    row = chain(tmp_path, swapped, "services.back.queue.capacity=0").row("direct")
    assert (row.outcome, row.reason, row.rejected) == ("rejected", "queue_full", 1)


RETRY = "retry: {max_retries: 2}"


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (f"{BACK}.server_errors=100%", 3),
        (f"{BACK}.client_errors=100%", 1),
        ("services.back.operations.ask.work=1s", 3),
    ],
)
def test_what_is_retried_unless_said_otherwise(tmp_path: Path, failure: str, attempts: int) -> None:
    played = chain(tmp_path, failure, f"{TO_BACK}={{timeout: 100ms, {RETRY}}}")
    assert played.count("call:middle->back") == attempts


def test_an_unreachable_service_is_retried(tmp_path: Path) -> None:
    crash = "faults=[{kind: crash, target: back, at: 90s, for: 20s}]"
    assert chain(tmp_path, crash, f"{TO_BACK}={{{RETRY}}}").row().retries == 2


def test_a_rejection_is_retried_only_if_listed(tmp_path: Path) -> None:
    full = [
        "services.back.queue.capacity=0",
        "workload.ask.arrivals={process: constant, rate: 199/s}",
        "run.duration=1s",
    ]
    assert chain(tmp_path, *full, f"{TO_BACK}={{{RETRY}}}").figure("ask", "retries") == 0
    listed = f"{TO_BACK}={{retry: {{max_retries: 2, retry_on: [rejected]}}}}"
    assert chain(tmp_path, *full, listed).figure("ask", "retries") > 0


# -- drawn failures --------------------------------------------------------------------------------------------

DRAWN = """
services:
  a:
    workers: 8
    operations:
      run: {steps: [{call: b.first}, {work: 5ms}, {call: b.second}, {work: 7ms}], effect: true}
  b:
    workers: 8
    operations:
      first: {work: 10ms, effect: true}
      second: {work: 20ms, effect: true}
workload: [{call: a.run, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""
RUN = "services.a.operations.run"


def test_client_errors_are_drawn_after_the_first_work_step(tmp_path: Path) -> None:
    played = play(tmp_path, DRAWN, f"{RUN}.client_errors=100%")
    assert (played.row().outcome, played.row().latency) == ("client_error", 0.015)
    assert (played.count("service:b"), played.row().state) == (1, "orphaned")


def test_client_errors_are_drawn_at_once_where_there_is_no_work(tmp_path: Path) -> None:
    played = play(tmp_path, DRAWN, f"{RUN}.steps=[{{call: b.first}}]", f"{RUN}.client_errors=100%")
    assert (played.row().outcome, played.row().latency, played.count("service:b")) == ("client_error", 0.0, 0)


def test_server_errors_are_drawn_after_the_last_step(tmp_path: Path) -> None:
    played = play(tmp_path, DRAWN, f"{RUN}.server_errors=100%")
    assert (played.row().outcome, played.row().latency) == ("server_error", 0.042)
    assert (played.count("service:b"), played.row().state) == (2, "orphaned")  # its callees' effects stay


def test_shares_of_failures_are_what_is_written(tmp_path: Path) -> None:
    stream = "workload.run.arrivals={process: constant, rate: 25/s}"
    played = play(tmp_path, DRAWN, f"{RUN}.client_errors=20%", f"{RUN}.server_errors=30%", stream)
    size = len(played.rows())
    for metric, share in (("client_error_rate", 0.2), ("server_error_rate", 0.8 * 0.3)):
        # Five standard deviations of a binomial share: false alarm below 1 in a million.
        assert played.figure("run", metric) == pytest.approx(share, abs=5 * (share * (1 - share) / size) ** 0.5)
    assert played.figure("run", "error_rate") == played.figure("run", "server_error_rate")
    assert played.figure("run", "availability") == pytest.approx(1 - played.figure("run", "error_rate"))
