"""Workloads: the arrival processes, load, drain, and what is left unfinished."""

from __future__ import annotations

import itertools
from pathlib import Path
from statistics import mean, pstdev

import pytest

from tests.support import Played, play

PLAIN = """
services:
  server: {workers: 1000, operations: {work: {work: 10ms}}}
workload: [{call: server.work, arrivals: {process: poisson, rate: 50/s}}]
run: {duration: 200s}
"""


def arrivals(folder: Path, written: str, *overrides: str) -> list[float]:
    played = play(folder, PLAIN, "workload.work.arrivals=none", f"workload.work.arrivals={written}", *overrides)
    return [row.arrived for row in played.rows()]


def distances(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_poisson_arrivals_are_independent_at_their_rate(tmp_path: Path) -> None:
    times = arrivals(tmp_path, "{process: poisson, rate: 50/s}")
    # 10,000 expected, standard deviation 100; five of them: false alarm below 1 in a million. Likewise below.
    assert len(times) == pytest.approx(10_000, abs=500)
    gaps = distances(times)
    assert pstdev(gaps) / mean(gaps) == pytest.approx(1.0, abs=5 * 1.0 / len(gaps) ** 0.5)
    counts = [sum(second <= time < second + 1 for time in times) for second in range(0, 200, 4)]
    assert pstdev(counts) ** 2 / mean(counts) == pytest.approx(1.0, abs=5 * (2 / 50) ** 0.5)


def test_constant_arrivals_come_at_equal_distances(tmp_path: Path) -> None:
    times = arrivals(tmp_path, "{process: constant, rate: 4/s}", "run.duration=2s")
    assert times == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]  # none at the duration itself


def test_renewal_arrivals_have_their_distances_from_a_law(tmp_path: Path) -> None:
    times = arrivals(tmp_path, "{process: renewal, law: {dist: uniform, low: 10ms, high: 30ms}}")
    gaps = distances(times)
    assert min(gaps) >= 0.010 - 1e-9
    assert max(gaps) <= 0.030 + 1e-9
    assert mean(gaps) == pytest.approx(0.020, abs=5 * 0.0058 / len(gaps) ** 0.5)


def test_stages_hold_and_ramp_the_rate_and_then_end(tmp_path: Path) -> None:
    first = "{rate: 100/s, for: 50s}, {ramp_to: 20/s, for: 50s}"
    then = "{rate: 0/s, for: 20s}, {rate: 50/s, for: 20s}"
    times = arrivals(tmp_path, f"{{process: stages, stages: [{first}, {then}]}}")
    parts = [sum(begin <= time < end for time in times) for begin, end in ((0, 50), (50, 100), (100, 120), (120, 200))]
    assert parts[0] == pytest.approx(5000, abs=5 * 71)
    assert parts[1] == pytest.approx(3000, abs=5 * 55)
    assert parts[2] == 0
    assert parts[3] == pytest.approx(1000, abs=5 * 32)
    assert max(times) < 140
    first_half = sum(50 <= time < 75 for time in times)
    assert first_half == pytest.approx(2000, abs=5 * 45)  # from 100/s down to 60/s


def test_closed_users_ask_wait_think_and_ask_again(tmp_path: Path) -> None:
    times = arrivals(tmp_path, "{process: closed, users: 3, think: 1s}", "run.duration=10s")
    assert len(times) == 3 * 9
    assert sorted(set(times)) == pytest.approx([1 + 1.01 * k for k in range(9)])


def test_closed_users_wait_for_each_answer(tmp_path: Path) -> None:
    one = "services.server.workers=1"
    times = arrivals(tmp_path, "{process: closed, users: 2, think: 0s}", "run.duration=1s", one)
    assert len(times) == pytest.approx(101, abs=1)  # a hundred services of 10 ms, and the one that waits


@pytest.mark.parametrize(("load", "factor"), [("0.5", 0.5), ("2", 2.0)])
def test_load_multiplies_open_rates_and_closed_users(tmp_path: Path, load: str, factor: float) -> None:
    run = ["run.duration=100s", f"run.load={load}"]
    constant = arrivals(tmp_path, "{process: constant, rate: 10/s}", *run)
    assert len(constant) == round(1000 * factor) - 1
    renewal = arrivals(tmp_path, "{process: renewal, law: 100ms}", *run)
    assert len(renewal) == pytest.approx(1000 * factor, abs=1)
    closed = arrivals(tmp_path, "{process: closed, users: 4, think: 990ms}", *run)
    assert len(closed) == 4 * factor * 100


def test_the_same_luck_serves_every_load(tmp_path: Path) -> None:
    """Arrival times are scaled, not drawn anew: a sweep over load compares on common random numbers."""
    single = arrivals(tmp_path, "{process: poisson, rate: 10/s}", "run.duration=50s")
    double = arrivals(tmp_path, "{process: poisson, rate: 10/s}", "run.duration=25s", "run.load=2")
    assert [2 * time for time in double] == pytest.approx(single)


def test_callers_share_a_stream_by_turns(tmp_path: Path) -> None:
    failing = "services.server.operations.work.server_errors=100%"
    breaker = 'calls."client -> server"={breaker: {preset: strict, max_failures: 1, open_for: 1h}}'
    stream = "workload=[{call: server.work, callers: 3, arrivals: {process: constant, rate: 1/s}}]"
    played = play(tmp_path, PLAIN, failing, breaker, stream, "run.duration=7.5s")
    assert played.outcomes() == ["server_error"] * 3 + ["rejected"] * 4


# -- the end of a run ------------------------------------------------------------------------------------------


def long_work(folder: Path, *overrides: str) -> Played:
    stream = "workload.work.arrivals={process: constant, rate: 1/s}"
    long = "services.server.operations.work.work=5s"
    return play(folder, PLAIN, stream, long, "run.duration=10.5s", *overrides)


def test_after_the_duration_only_arrivals_stop(tmp_path: Path) -> None:
    played = long_work(tmp_path)
    rows = played.rows()
    assert len(rows) == 10
    assert {row.outcome for row in rows} == {"ok"}
    assert played.result.facts["simulated"] == 15.0  # it ends when nothing is left to do
    assert played.figure("work", "unfinished") == 0.0
    assert played.count("work") == 5  # answers in the window: those of the first five


def test_what_is_left_after_the_drain_is_unfinished(tmp_path: Path) -> None:
    played = long_work(tmp_path, "run.drain=2s")
    rows = played.rows()
    assert [row.state for row in rows] == ["done"] * 7 + ["unfinished"] * 3
    assert [row.outcome for row in rows] == ["ok"] * 7 + [""] * 3
    assert played.figure("work", "unfinished") == pytest.approx(0.3)
    assert played.figure("work", "availability") == pytest.approx(0.7)
    assert played.figure("work", "error_rate") == 0.0


def test_a_request_that_is_answered_may_still_be_unfinished(tmp_path: Path) -> None:
    queue = "services.server.operations.work.style=queue"
    rows = long_work(tmp_path, queue, "run.drain=2s").rows()
    assert [row.outcome for row in rows] == ["ok"] * 10
    assert [row.state for row in rows[-3:]] == ["unfinished"] * 3


def test_figures_begin_after_the_warmup(tmp_path: Path) -> None:
    slow_start = "faults=[{kind: slowdown, target: server, factor: 2, at: 0s, for: 8.5s}]"
    played = long_work(tmp_path, "run.warmup=8.5s", "run.duration=20.5s", slow_start)
    # Window: those of 1 to 3 s are answered at 11 to 13 s (twice as slow, as those up to 8 s), and so on to 18 s; those
    # of 9 to 15 s at 14 to 20 s. Cohort: those that came from 9 s on.
    assert played.count("work") == 8 + 7
    assert played.figure("work", "latency_p99") == pytest.approx(5.0)
    assert len(played.rows()) == 20


def test_a_summary_keeps_no_rows(tmp_path: Path) -> None:
    played = long_work(tmp_path, "run.record=summary")
    assert played.result.requests is None
    assert played.figure("work", "latency_mean") == pytest.approx(5.0)
