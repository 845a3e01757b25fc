"""Attempts on the wire: delays each way, losses, partitions, timeouts, and where a breaker's state lives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulator.outcomes import Outcome
from tests.services.bench import Bench, policies
from tests.support import play

SERVICE: dict[str, Any] = {"workers": 100, "operations": {"serve": {"work": 1.0, "effect": True}}}


def fault(kind: str, target: str, at: float = 0.0, seconds: float = 500.0, **more: Any) -> dict[str, Any]:
    return {"name": f"{kind} {target} {at}", "kind": kind, "target": target, "at": at, "for": seconds, **more}


def bench(*faults: dict[str, Any], timeout: float | None = None, **tables: Any) -> Bench:
    edge = None if timeout is None else policies(timeout={"value": timeout})
    return Bench(SERVICE, edge, faults=list(faults), **tables)


def effects(made: Bench, name: str) -> int:
    ledger = made.roots[name].ledger
    return 0 if ledger is None else sum(ledger.units.values())


def test_latency_is_one_way_and_counts_twice() -> None:
    made = bench(defaults={"network": {"latency": 0.25}})
    made.ask("a")
    assert made.run() == {"a": (1.5, "ok")}


def test_a_link_of_its_own_name_counts_for_its_answers_too() -> None:
    made = bench(defaults={"network": {"latency": 5.0}}, network={"front -> back": {"latency": 0.25}})
    made.ask("a")
    assert made.run() == {"a": (1.5, "ok")}


def test_each_direction_may_have_its_own_latency() -> None:
    network = {"front -> back": {"latency": 0.25}, "back -> front": {"latency": 2.0}}
    made = bench(network=network)
    made.ask("a")
    assert made.run() == {"a": (3.25, "ok")}


def test_request_and_answer_draw_their_delays_separately() -> None:
    made = bench(network={"front -> back": {"latency": {"dist": "uniform", "low": 0.0, "high": 1.0}}})
    for number in range(200):
        made.ask(f"{number}", at=float(number))
    delays = [time - number - 1.0 for number, (time, _) in enumerate(made.run().values())]
    assert min(delays) > 0.0
    assert 1.5 < max(delays) < 2.0
    # of the sum of two: 1/6, of twice the same: 1/3; four standard errors of 200 draws lie within ± 0.06
    assert sum((delay - 1.0) ** 2 for delay in delays) / 200 == pytest.approx(1 / 6, abs=0.06)


def test_what_is_lost_on_the_way_is_noticed_by_a_timeout_only() -> None:
    made = bench(timeout=3.0, network={"front -> back": {"loss": 1.0}})
    made.ask("a")
    assert made.run() == {"a": (3.0, "timeout")}
    assert made.replica.tally.executed == 0
    assert made.roots["a"].mishaps.timeouts == 1


def test_an_answer_that_is_lost_leaves_its_effect() -> None:
    made = bench(fault("partition", "back -> front", mode="drop"), timeout=3.0)
    made.ask("a")
    assert made.run() == {"a": (3.0, "timeout")}
    assert (made.replica.tally.executed, effects(made, "a")) == (1, 1)


def test_without_a_timeout_a_loss_is_waited_for_for_ever() -> None:
    made = bench(fault("partition", "front -> back", mode="drop"))
    made.ask("a", at=1.0)
    assert made.run() == {}
    assert len(made.journal.active) == 1


def test_losses_combine_and_strike_their_share() -> None:
    """Both ways 10 % by the network, and 50 % there by a fault: 0.9 · 0.5 · 0.9 = 40.5 % come through.

    Of 4000 requests five standard deviations are 155; the seed is fixed.
    """
    lossy = {"front -> back": {"loss": 0.1}}
    made = bench(fault("loss", "front -> back", share=0.5), timeout=2.0, network=lossy)
    for number in range(4000):
        made.ask(f"{number}", at=1.0 + number / 8)
    answers = made.run()
    assert abs(sum(outcome == "ok" for _, outcome in answers.values()) - 1620) < 155


@pytest.mark.parametrize(
    ("target", "mode", "answer"),
    [
        ("front -> back", "drop", (13.0, "timeout")),
        ("back -> front", "drop", (13.0, "timeout")),
        ("front <-> back", "drop", (13.0, "timeout")),
        ("front -> back", "refuse", (10.5, "unreachable")),
    ],
)
def test_a_partition_drops_in_silence_or_refuses_after_one_delay_each_way(
    target: str, mode: str, answer: tuple[float, str]
) -> None:
    made = bench(fault("partition", target, 5.0, 20.0, mode=mode), timeout=3.0, defaults={"network": {"latency": 0.25}})
    made.ask("before")
    made.ask("during", at=10.0)
    made.ask("after", at=30.0)
    assert made.run() == {"before": (1.5, "ok"), "during": answer, "after": (31.5, "ok")}


def test_latency_faults_add_up_and_end() -> None:
    made = bench(
        fault("latency", "front -> back", 0.0, 20.0, add=1.0),
        fault("latency", "front <-> back", 10.0, 20.0, add=2.0),
    )
    for time in (5.0, 15.0, 25.0, 35.0):
        made.ask(f"{time}", at=time)
    assert [time for time, _ in made.run().values()] == [5.0 + 2.0, 15.0 + 6.0, 25.0 + 5.0, 35.0 + 1.0]


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_an_answer_that_comes_with_the_timeout_or_later_reaches_nobody(value: float) -> None:
    made = bench(timeout=value)
    made.ask("a")
    assert made.run()["a"][0] == value
    assert effects(made, "a") == 1


def test_attempts_are_counted_by_outcome_with_their_time() -> None:
    made = bench(fault("partition", "front -> back", 5.0, 10.0, mode="drop"), timeout=3.0)
    made.ask("a")
    made.ask("b", at=6.0)
    made.run()
    tally = made.world.calls["front", "back"]
    assert (tally.ok, tally.ended(Outcome.TIMEOUT), tally.ok + sum(tally.failed)) == (1, 1, 2)
    assert tally.seconds == 4.0


# -- where a breaker's state lives ------------------------------------------------------------------------


def broken(scope: str, *, until: float = 500.0, **back: Any) -> Bench:
    """Two replicas of back, of which the first fails for a time; a breaker that opens at the second failure."""
    edge = policies(breaker={"max_failures": 2, "open_for": 100.0, "scope": scope})
    service = {"workers": 100, "replicas": 2, "operations": {"serve": {"work": 1.0}}, **back}
    return Bench(service, edge, faults=[fault("errors", "back[0]", 0.0, until, share=1.0)])


BALANCINGS = ["round_robin", "random", "least_outstanding", "power_of_two"]


@pytest.mark.parametrize("balancing", BALANCINGS)
def test_a_breaker_per_called_replica_refuses_only_what_would_go_to_the_failing_one(balancing: str) -> None:
    made = broken("callee", balancing={"kind": balancing})
    for number in range(40):
        made.ask(f"{number}", at=2.0 * number)
    outcomes = Counter(outcome for _, outcome in made.run().values())
    assert outcomes["server_error"] == 2
    assert outcomes["rejected breaker_open"] > 5
    assert outcomes["ok"] == 40 - 2 - outcomes["rejected breaker_open"]


@pytest.mark.parametrize("balancing", BALANCINGS)
def test_attempts_that_a_replicas_breaker_refuses_do_not_make_it_look_busy(balancing: str) -> None:
    """A refusal is no attempt under way: once the replica is well again it gets its half of the requests."""
    made = broken("callee", balancing={"kind": balancing}, until=10.0)
    for number in range(400):
        made.ask(f"early {number}", at=2.0 + number / 20)
    for number in range(200):
        made.ask(f"late {number}", at=200.0 + 2.0 * number)
    made.run()
    assert all(made.answers[f"late {number}"][1] == "ok" for number in range(200))
    assert made.replicas[0].tally.executed > 60


@pytest.mark.parametrize(("scope", "refused"), [("caller", "rejected breaker_open"), ("edge", "rejected breaker_open")])
def test_a_breaker_per_caller_refuses_everything_once_it_is_open(scope: str, refused: str) -> None:
    made = broken(scope, replicas=1)
    for number in range(4):
        made.ask(f"{number}", at=2.0 * number)
    assert [outcome for _, outcome in made.run().values()] == ["server_error", "server_error", refused, refused]


def test_a_breaker_with_a_timer_is_half_open_at_its_time_without_any_call() -> None:
    edge = policies(breaker={"max_failures": 1, "open_for": 10.0, "open_ends": "timer"})
    made = Bench(SERVICE, edge, faults=[fault("errors", "back", share=1.0)])
    made.ask("a", at=1.0)
    made.run()
    changes = [(time, state.name) for time, state in made.world.breakers["front", "back"].changes]
    assert changes == [(2.0, "OPEN"), (12.0, "HALF_OPEN")]


def test_a_late_failure_that_counts_puts_the_timer_off() -> None:
    edge = policies(
        breaker={"max_failures": 1, "open_for": 10.0, "open_ends": "timer", "late_results": "current_state"}
    )
    service = {"workers": 100, "operations": {"serve": {"work": 1.0}, "long": {"work": 5.0}}}
    made = Bench(service, edge, faults=[fault("errors", "back", share=1.0)])
    made.ask("late", operation="long", at=1.0)
    made.ask("opens it", at=1.0)
    made.run()
    changes = [(time, state.name) for time, state in made.world.breakers["front", "back"].changes]
    assert changes == [(2.0, "OPEN"), (16.0, "HALF_OPEN")]


def test_who_waits_without_a_time_limit_for_what_is_lost_stays_unfinished(tmp_path: Path) -> None:
    text = """
    services: {a: {workers: 9, operations: {run: {work: 1ms}}}}
    workload: [{call: a.run, arrivals: {process: constant, rate: 1/s}}]
    faults: [{kind: partition, target: a -> client, at: 3.5s, for: 2s}]
    run: {duration: 9.5s}
    """
    assert [row.state for row in play(tmp_path, text).rows()].count("done") == 7
    assert [round(row.arrived) for row in play(tmp_path, text).rows() if row.outcome == ""] == [4, 5]
