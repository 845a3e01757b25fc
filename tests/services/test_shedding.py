"""Replicas that guard themselves: load shedding by queue length, by expected wait, by CoDel; adaptive limits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulator.policies.adaptive_limit import Limiter
from simulator.services.shedding import Codel, ExpectedWait, GuardedReplica
from tests.services.bench import Bench, policies
from tests.support import play

SERVE = {"serve": {"work": 1.0}}
QUEUE_OF_ONE = {"kind": "queue_length", "max_length": 1}
TWO_AT_ONCE = {"kind": "aimd", "initial": 2, "min": 2, "max": 2}
SHED = "rejected shed"


def bench(edge: Any = None, **service: Any) -> Bench:
    return Bench({"workers": 1, "operations": SERVE, **service}, edge)


def guarded(made: Bench) -> GuardedReplica:
    assert isinstance(made.replica, GuardedReplica)
    return made.replica


def limit_at(made: Bench) -> Limiter:
    limiter = guarded(made).limiter
    assert isinstance(limiter, Limiter)
    return limiter


def test_a_replica_that_sheds_nothing_does_not_look_at_requests() -> None:
    assert not isinstance(bench().replica, GuardedReplica)


# -- by the length of the queue ---------------------------------------------------------------------------


def test_refuses_what_finds_the_queue_long() -> None:
    made = bench(shed=QUEUE_OF_ONE)
    made.ask("a", "b", "c")
    made.ask("d", at=1.5)
    assert made.run() == {"c": (0, SHED), "a": (1, "ok"), "b": (2, "ok"), "d": (3, "ok")}
    assert made.replica.tally.refused == 1
    assert guarded(made).admitted == 0


def test_with_no_queue_allowed_a_free_worker_still_serves() -> None:
    made = bench(workers=2, shed={"kind": "queue_length", "max_length": 0})
    made.ask("a", "b", "c")
    assert made.run() == {"c": (0, SHED), "a": (1, "ok"), "b": (1, "ok")}


def test_who_comes_back_to_the_queue_is_never_shed() -> None:
    operations = {"serve": {"steps": [{"work": 1.0}, {"pause": 0.5}, {"work": 1.0}]}, "long": {"work": 3.0}}
    made = bench(operations=operations, holds_worker=False, shed=QUEUE_OF_ONE)
    made.ask("a")
    made.ask("b", "c", operation="long", at=0.5)
    made.ask("d", operation="long", at=1.25)
    assert made.run() == {"c": (0.5, SHED), "b": (4, "ok"), "a": (8, "ok"), "d": (7, "ok")}


# -- by the wait that is to be expected -------------------------------------------------------------------


def test_refuses_who_would_wait_longer_than_allowed_by_the_mean_of_late() -> None:
    made = bench(workers=2, shed={"kind": "wait", "max_wait": 1.0})
    made.ask("a", "b", "c")
    made.run(10.0)  # nothing is known at first; now the mean is 1 s
    made.ask("d", "e", "f", "g", "h", at=20.0)
    made.run()
    assert {name: made.answers[name] for name in "defgh"} == {
        "h": (20, SHED),  # three before two workers are 1.5 s
        "d": (21, "ok"),
        "e": (21, "ok"),
        "f": (22, "ok"),
        "g": (22, "ok"),
    }


def test_the_mean_follows_the_times_of_late() -> None:
    rule = ExpectedWait(2.0, 0.5)
    assert not rule.refuses(1000, 1)
    rule.served(1.0)
    assert [rule.refuses(waiting, 1) for waiting in (1, 2)] == [False, True]
    rule.served(3.0)  # the mean is 2
    assert [rule.refuses(waiting, 1) for waiting in (0, 1)] == [False, True]
    assert [rule.refuses(waiting, 2) for waiting in (1, 2)] == [False, True]


# -- by codel ---------------------------------------------------------------------------------------------


def drops(rule: Codel, *waits: float, every: float = 0.01, begin: float = 0.0) -> list[int]:
    """Which of the requests are dropped, one coming to a worker every so many seconds."""
    return [place for place, wait in enumerate(waits) if rule.drops(wait, 9, begin + place * every)]


def test_codel_drops_nothing_in_the_first_bad_interval_nor_ever_while_some_wait_is_short() -> None:
    assert drops(Codel(0.005, 0.1), *[0.02] * 10) == []
    assert drops(Codel(0.005, 0.1), *[*[0.02] * 9, 0.004] * 20) == []


def test_codel_drops_ever_faster_by_the_root_of_the_number() -> None:
    rule = Codel(0.005, 0.1)
    times = [number * 0.001 for number in range(600) if rule.drops(0.02, 9, number * 0.001)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert times[0] == pytest.approx(0.1)
    assert gaps[:4] == [pytest.approx(0.1 / number**0.5, abs=0.0011) for number in (1, 2, 3, 4)]


def test_codel_stops_at_the_first_short_wait_and_goes_on_where_it_stopped() -> None:
    rule = Codel(0.005, 0.1)
    assert drops(rule, *[0.02] * 50, every=0.01) == [10, 20, 28, 33, 38, 43, 47]
    assert not rule.drops(0.004, 9, 0.5)
    again = drops(rule, *[0.02] * 30, begin=0.51)
    fresh = drops(Codel(0.005, 0.1), *[0.02] * 30)
    assert again[0] == fresh[0] == 10
    assert again[1] - again[0] < fresh[1] - fresh[0]
    assert not rule.drops(0.0, 0, 100.0)
    assert drops(rule, *[0.02] * 30, begin=100.01) == fresh, "long after the last bad period it begins anew"


def test_codel_never_drops_the_last_in_the_queue() -> None:
    rule = Codel(0.005, 0.1)
    assert not any(rule.drops(9.0, 0, number * 0.01) for number in range(1000))


def test_a_replica_drops_by_codel_as_requests_come_to_the_worker() -> None:
    made = bench(shed={"kind": "codel", "target": 0.5, "interval": 1.5})
    made.ask(*"abcde")
    assert made.run() == {"a": (1, "ok"), "b": (2, "ok"), "c": (3, "ok"), "d": (3, SHED), "e": (4, "ok")}
    assert guarded(made).admitted == 0


def test_codel_hears_of_requests_that_found_a_free_worker() -> None:
    edge = policies(cancel="queued", timeout={"value": 1.5})
    made = bench(edge, shed={"kind": "codel", "target": 0.5, "interval": 1.5})
    made.ask(*"abc")  # b has waited too long, with c behind it; c leaves the queue by itself
    made.ask(*"def", at=10.0)
    given_up = {name: (time, "timeout") for name, time in (("b", 1.5), ("c", 1.5), ("e", 11.5), ("f", 11.5))}
    assert made.run() == {"a": (1, "ok"), "d": (11, "ok"), **given_up}, "e was not shed at 11 s"


def test_a_cancel_message_that_crosses_the_refusal_finds_nothing_to_withdraw() -> None:
    edge = policies(cancel="queued", timeout={"value": 3.15})
    codel = {"kind": "codel", "target": 0.5, "interval": 1.5}
    back = {"workers": 1, "operations": SERVE, "shed": codel}
    made = Bench(back, edge, network={"front -> back": {"latency": 0.1}})
    made.ask(*"abcde")
    made.run()
    assert made.answers["d"] == (3.15, "timeout")
    assert made.replica.tally.refused == 1


def test_a_crash_forgets_what_a_shedder_has_learnt() -> None:
    crash = {"kind": "crash", "target": "back", "at": 5.0, "for": 1.0}
    made = Bench({"workers": 1, "operations": SERVE, "shed": {"kind": "wait", "max_wait": 1.0}}, faults=[crash])
    made.ask("a")
    made.ask(*"bcd", at=2.0)
    made.ask(*"efg", at=7.0)
    made.run()
    assert [made.answers[name][1] for name in "bcdefg"] == ["ok", "ok", SHED, "ok", "ok", "ok"]


# -- adaptive limits --------------------------------------------------------------------------------------


def test_a_limit_counts_who_waits_and_who_is_served_and_refuses_before_the_queue() -> None:
    made = bench(adaptive_limit=TWO_AT_ONCE)
    made.ask("a", "b", "c")
    made.ask("d", at=1.25)
    made.ask("e", at=1.5)
    assert made.run() == {"c": (0, SHED), "a": (1, "ok"), "e": (1.5, SHED), "b": (2, "ok"), "d": (3, "ok")}


def test_each_replica_has_its_own_limit() -> None:
    made = bench(replicas=2, adaptive_limit=TWO_AT_ONCE)
    made.ask(*"abcdef")
    assert [outcome for _, outcome in made.run().values()].count("ok") == 4


def test_the_limit_grows_with_answers_and_shrinks_with_what_expired_in_the_queue() -> None:
    grows = bench(workers=9, adaptive_limit={"kind": "aimd", "initial": 2, "min": 1})
    grows.ask("a", "b")
    grows.run(5.0)
    assert limit_at(grows).limit(5.0) == 4
    shrinks = bench(
        policies(cancel="at_dequeue", timeout={"value": 0.5}), adaptive_limit={"kind": "aimd", "initial": 8, "min": 1}
    )
    shrinks.ask("a", "b")
    shrinks.run(5.0)
    assert shrinks.answers == {"a": (0.5, "timeout"), "b": (0.5, "timeout")}
    assert (limit_at(shrinks).limit(5.0), guarded(shrinks).admitted) == (7, 0)


@pytest.mark.parametrize("cancel", ["never", "at_dequeue", "queued", "always"])
def test_places_come_back_whatever_giving_up_costs(cancel: str) -> None:
    made = bench(policies(cancel=cancel, timeout={"value": 0.5}), adaptive_limit=TWO_AT_ONCE)
    made.ask("a", "b")
    made.run(3.0)
    made.ask("c", "d", at=4.0)
    made.run()
    assert [made.answers[name] for name in "cd"] == [(4.5, "timeout")] * 2, "none was refused"
    assert guarded(made).admitted == limit_at(made).inflight == 0


def test_what_was_aborted_is_no_sample() -> None:
    limit = {"kind": "aimd", "initial": 2, "min": 1}
    made = bench(policies(cancel="always", timeout={"value": 0.5}), adaptive_limit=limit)
    made.ask("a")
    made.run()
    assert (limit_at(made).limit(1.0), limit_at(made).inflight) == (2, 0)


def test_places_come_back_from_a_queue_that_was_full() -> None:
    made = bench(queue={"capacity": 1}, adaptive_limit={"kind": "aimd", "initial": 3, "min": 3, "max": 3})
    made.ask("a", "b", "c")
    made.ask("d", at=0.5)
    assert made.run() == {"c": (0, "rejected queue_full"), "d": (0.5, "rejected queue_full")} | {
        "a": (1, "ok"),
        "b": (2, "ok"),
    }
    assert limit_at(made).inflight == 0


def test_a_crash_forgets_the_limit_and_everything_in_hand() -> None:
    crash = {"kind": "crash", "target": "back", "at": 1.5, "for": 1.0}
    made = Bench(
        {"workers": 1, "operations": SERVE, "adaptive_limit": {"kind": "aimd", "initial": 4, "min": 1}}, faults=[crash]
    )
    made.ask("a", "b", "c", "d")
    made.run(1.2)
    assert (guarded(made).admitted, limit_at(made).limit(1.2)) == (3, 4)
    made.run(3.0)
    assert (guarded(made).admitted, limit_at(made).inflight) == (0, 0)
    made.ask(*"efghi", at=4.0)
    made.run()
    assert [made.answers[name][1] for name in "efghi"] == ["ok"] * 4 + [SHED]


# -- under load -------------------------------------------------------------------------------------------

OVERLOAD = """
services:
  shop:
    workers: 10
    operations: {buy: {work: {dist: exponential, mean: 100ms}}}
workload: [{name: buy, call: shop.buy, arrivals: {process: poisson, rate: 150/s}}]
run: {duration: 20s, warmup: 5s, drain: 60s}
"""
"""One and a half times what the service can do."""


def guarded_by(guard: str) -> str:
    return OVERLOAD.replace("    workers: 10\n", f"    workers: 10\n    {guard}\n")


def test_without_a_guard_everybody_waits_ever_longer(tmp_path: Path) -> None:
    played = play(tmp_path, OVERLOAD)
    assert played.figure("buy", "latency_p50") > 3.0, "the queue grows by fifty a second"
    assert played.figure("buy", "error_rate") == 0


@pytest.mark.parametrize(
    "guard",
    [
        "shed: {kind: queue_length, max_length: 20}",
        "shed: {kind: wait, max_wait: 200ms}",
        "shed: {kind: codel}",
        "adaptive_limit: {kind: gradient2}",
        "adaptive_limit: {kind: aimd, min: 10, timeout: 400ms}",
        "adaptive_limit: {kind: envoy}",
    ],
)
def test_a_guard_bounds_the_wait_and_keeps_the_service_busy(tmp_path: Path, guard: str) -> None:
    played = play(tmp_path, guarded_by(guard))
    assert played.figure("buy", "latency_p99") < 0.9
    assert played.figure("buy", "goodput") > 85
    assert 0.25 < played.figure("buy", "error_rate") < 0.45
    assert {row.reason for row in played.rows() if row.outcome == "rejected"} == {"shed"}


def test_vegas_takes_the_spread_of_times_for_a_queue(tmp_path: Path) -> None:
    guard = guarded_by("adaptive_limit: {kind: vegas}")
    steady = play(tmp_path, guard.replace("{dist: exponential, mean: 100ms}", "100ms"))
    spread = play(tmp_path, guard)
    assert steady.figure("buy", "latency_p99") < 0.9
    assert steady.figure("buy", "goodput") > 95
    assert spread.figure("buy", "goodput") < 80, "it refuses what could have been served"


CALLER = "calls: {client -> shop: {adaptive_limit: {kind: gradient2}}}\n"


def test_a_limit_at_the_caller_refuses_without_asking(tmp_path: Path) -> None:
    played = play(tmp_path, OVERLOAD + CALLER)
    assert played.figure("buy", "latency_p99") < 0.9
    refused = [row for row in played.rows() if row.outcome == "rejected"]
    assert {(row.reason, row.calls, row.latency) for row in refused} == {("throttled", 0, 0.0)}
    assert len(refused) > 500


@pytest.mark.parametrize(("scope", "at_once"), [("edge", 20), ("caller", 20), ("callee", 40)])
def test_a_limit_per_called_replica_is_one_for_each(tmp_path: Path, scope: str, at_once: int) -> None:
    text = OVERLOAD.replace("    workers: 10\n", "    workers: 100\n    replicas: 2\n")
    text = text.replace("{dist: exponential, mean: 100ms}", "100s").replace("warmup: 5s, drain: 60s", "drain: 200s")
    played = play(tmp_path, text + CALLER.replace("gradient2", f"gradient2, scope: {scope}"))
    assert played.outcomes().count("ok") == at_once


def test_a_limit_may_be_written_in_pieces(tmp_path: Path) -> None:
    pieces = """
policies: {base: {adaptive_limit: {kind: aimd, initial: 30, max: 30}}}
calls:
  client -> shop: base
  client -> shop.buy: {adaptive_limit: {min: 30}}
"""
    text = OVERLOAD.replace("{dist: exponential, mean: 100ms}", "100s").replace(
        "warmup: 5s, drain: 60s", "drain: 2000s"
    )
    assert play(tmp_path, text + pieces).outcomes().count("ok") == 30
