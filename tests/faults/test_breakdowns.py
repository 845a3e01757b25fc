"""Faults at random: whom they strike, how they alternate, who waits for a crew, and what the file may say of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.language.building import problems, scenario
from tests.support import Played, play

STORE = """
services:
  front: {workers: 1000, operations: {ask: {steps: [{call: store.get}], server_errors: 0%}}}
  store: {replicas: 3, workers: 1000, operations: {get: {work: 0ms}}}
workload: [{call: front.ask, arrivals: {process: constant, rate: 30/s}}]
run: {duration: 100.01s, drain: 10s}
"""
"""Requests every 33 ms, by turns at three replicas: each is asked ten times a second."""


def broken(folder: Path, fault: str, *more: str) -> Played:
    return play(folder, STORE, f"faults=[{{{fault}}}]", *more)


def failures(played: Played) -> list[float]:
    return [row.arrived for row in played.rows() if row.outcome != "ok"]


def test_what_is_well_for_ten_seconds_and_struck_for_five_goes_round(tmp_path: Path) -> None:
    constant = "mtbf: {dist: constant, value: 10s}, mttr: {dist: constant, value: 5s}"
    times = failures(broken(tmp_path, f"kind: errors, share: 100%, target: store, {constant}"))
    assert times
    assert all(time % 15.0 >= 10.0 for time in times)
    assert len(times) == pytest.approx(30 * 5 * 6, abs=12)  # six rounds and the ten seconds of the seventh


def test_at_is_when_it_begins_to_count(tmp_path: Path) -> None:
    constant = "at: 50s, mtbf: {dist: constant, value: 10s}, mttr: {dist: constant, value: 5s}"
    times = failures(broken(tmp_path, f"kind: crash, target: store, {constant}"))
    assert min(times) == pytest.approx(60.0, abs=0.04)


def test_each_replica_alternates_for_itself(tmp_path: Path) -> None:
    """Were they struck together, all three would fail in a row whenever one does."""
    played = broken(tmp_path, "kind: crash, target: store, mtbf: 5s, mttr: 5s", "run.duration=300s")
    rows = [row.outcome == "ok" for row in played.rows()]
    groups = [tuple(rows[place : place + 3]) for place in range(0, len(rows) - 2, 3)]
    assert len(set(groups)) == 8
    assert 0.3 < sum(rows) / len(rows) < 0.7


@pytest.mark.parametrize(
    ("target", "kind", "share"),
    [
        ('"store[1]"', "crash", 1 / 3),
        ("store, replicas: 2", "crash", 2 / 3),
        ("store.get", "errors, share: 100%", 1.0),
        ("front -> store", "partition, mode: refuse", 1.0),
        ("front <-> store", "partition, mode: refuse", 1.0),
    ],
)
def test_only_the_target_is_struck(tmp_path: Path, target: str, kind: str, share: float) -> None:
    always = "mtbf: {dist: constant, value: 1ms}, mttr: {dist: constant, value: 1h}"
    played = broken(tmp_path, f"kind: {kind}, target: {target}, {always}")
    assert len(failures(played)) / len(played.rows()) == pytest.approx(share, abs=0.01)


def test_fewer_crews_mend_in_the_order_of_failing(tmp_path: Path) -> None:
    """All three fail at 10 s; one crew mends one after the other: 1, 2 and 3 seconds down."""
    constant = "mtbf: {dist: constant, value: 10s}, mttr: {dist: constant, value: 1s}, crews: 1"
    times = failures(broken(tmp_path, f"kind: crash, target: store, {constant}", "run.duration=20s"))
    by_second = [sum(second <= time < second + 1 for time in times) for second in (9, 10, 11, 12, 13)]
    assert by_second == pytest.approx([0, 30, 20, 10, 0], abs=2)


def test_two_random_faults_of_one_replica_compose(tmp_path: Path) -> None:
    two = ", ".join(
        f"{{name: {name}, kind: crash, target: store, mtbf: {{dist: constant, value: {well}s}}, "
        "mttr: {dist: constant, value: 4s}}"
        for name, well in (("a", 10), ("b", 12))
    )
    times = failures(play(tmp_path, STORE, f"faults=[{two}]", "run.duration=20s"))
    assert [min(times), max(times)] == pytest.approx([10, 16], abs=0.04)


def test_the_same_luck_strikes_whatever_the_order_and_the_mean(tmp_path: Path) -> None:
    """Twice the mean is twice the time, and another fault in the file moves nothing."""
    once = failures(broken(tmp_path, 'kind: crash, target: "store[0]", mtbf: 8s, mttr: 2s'))
    twice = failures(broken(tmp_path, 'kind: crash, target: "store[0]", mtbf: 16s, mttr: 2s'))
    assert min(twice) == pytest.approx(2 * min(once), abs=0.2)
    other = "{kind: pause, target: front, at: 1h, for: 1s}"
    fault = '{kind: crash, target: "store[0]", mtbf: 8s, mttr: 2s}'
    assert failures(play(tmp_path, STORE, f"faults=[{other}, {fault}]")) == once


def test_it_is_no_phase(tmp_path: Path) -> None:
    assert broken(tmp_path, "kind: crash, target: store, mtbf: 8s, mttr: 2s").phases() == {"all"}


# -- what the file may say -------------------------------------------------------------------------------------


def mistakes(folder: Path, fault: str) -> list[str]:
    return problems(folder, STORE + f"faults: [{{kind: crash, target: store, {fault}}}]\n")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("mtbf: 1m", "'mttr' is missing"),
        ("mttr: 1m", "'mtbf' is missing"),
        ("at: 1m", "'for' is missing"),
        ("for: 1m", "'at' is missing"),
        ("replicas: 1", "'at' and 'for' is missing"),
        ("mtbf: 1m, mttr: 1s, for: 5s", "not both"),
        ("at: 1m, for: 5s, crews: 1", "crews: only with mtbf and mttr"),
        ("mtbf: 5, mttr: 1s", "5 has no unit"),
        ("mtbf: {dist: constant, value: 0}, mttr: 1s", "the mean time must be above 0"),
        ("mtbf: 1m, mttr: 1s, crews: 0", "must be at least 1"),
        ("mtbf: {dist: gamma, mean: 1s, cv: 2, per_request: 50%}, mttr: 1s", "belongs to no request"),
    ],
)
def test_a_mistake_says_what_would_be_right(tmp_path: Path, fault: str, words: str) -> None:
    (only,) = mistakes(tmp_path, fault)
    assert words in only


def test_a_duration_is_the_mean_of_an_exponential_time(tmp_path: Path) -> None:
    text = STORE + "faults: [{kind: crash, target: store, mtbf: 10m, mttr: 1m}]\n"
    for change, mean in (("run.load=1", 600.0), ("faults.crash.mtbf.mean=5m", 300.0)):
        (fault,) = scenario(tmp_path, text, change).experiment.faults
        assert fault.mtbf is not None
        assert (fault.mtbf.dist, fault.mtbf.mean()) == ("exponential", mean)


def test_no_objective_can_be_set_for_while_it_lasts(tmp_path: Path) -> None:
    text = STORE + "faults: [{kind: crash, target: store, mtbf: 10m, mttr: 1m}]\n"
    (only,) = problems(tmp_path, text + "objectives: {ask: {during crash: {error_rate: 1%}}}\n")
    assert "strikes at random, so it is no phase" in only


def test_a_zone_fails_as_a_whole(tmp_path: Path) -> None:
    """Its replicas are struck together: requests at three replicas by turns fail three in a row, or not at all."""
    rows = broken(
        tmp_path, 'kind: crash, target: "zone:a", mtbf: 5s, mttr: 5s', "services.store.replicas={a: 3}"
    ).rows()
    outcomes = [row.outcome == "ok" for row in rows]
    changes = sum(one != other for one, other in pairwise(outcomes))
    assert 4 <= changes <= 40  # ten rounds on average; each replica for itself would change about 200 times


def test_a_request_that_finds_nobody_listed_is_settled_at_once(tmp_path: Path) -> None:
    """The client's own call without any policy needs no task; nobody is left to end it later."""
    bare = """
    services:
      store:
        workers: 10
        operations: {get: {work: 1ms}}
        discovery: {health_check: {every: 1s, failures: 1}, propagation: 0s}
    workload: [{call: store.get, arrivals: {process: constant, rate: 1/s}}]
    faults: [{kind: crash, target: store, at: 5.5s, for: 1h}]
    run: {duration: 10.5s}
    """
    played = play(tmp_path, bare)
    assert [(row.outcome, row.state) for row in played.rows()] == [("ok", "done")] * 5 + [("unreachable", "undone")] * 5
    assert played.figure("get", "unfinished") == 0.0
