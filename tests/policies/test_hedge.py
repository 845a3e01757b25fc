"""Hedging: when to hedge and how often, and the race of a call's attempts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from simulator.outcomes import OUTCOMES
from simulator.policies.call import Policy
from simulator.policies.hedge import Hedging
from simulator.policies.hedging import hedging
from simulator.spec.base import FROM_FILE
from simulator.spec.policies import HedgeSpec
from tests.language.building import SHOP, read, scenario, stack
from tests.policies.desk import Desk
from tests.services.bench import SPECS, Bench, policies
from tests.support import play

SPECS.setdefault("hedge", HedgeSpec)


def spec(**settings: Any) -> HedgeSpec:
    return HedgeSpec.model_validate(settings, context=FROM_FILE)


def hedge(desk: Desk, machine: Hedging | None = None, **settings: Any) -> Policy:
    rules = spec(**settings)
    made = machine or Hedging(rules)
    return hedging(rules, lambda _: made, desk.environment, desk.deadlines)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# -- what is written --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"preset": "polly"}, {"delay": 2.0, "max": 1, "percentile": None}),
        ({"preset": "polly", "max": 3, "delay": "0s"}, {"delay": 0.0, "max": 3}),
        ({"preset": "grpc", "max": 4}, {"delay": 0.0, "max": 4, "non_fatal": ()}),
        ({"preset": "tail_at_scale"}, {"delay": None, "percentile": "p95", "quantile": 0.95, "max": 1}),
        ({"preset": "tail_at_scale", "delay": "10ms"}, {"delay": 0.01, "percentile": None}),
        ({"preset": "polly", "percentile": "p99"}, {"delay": None, "percentile": "p99"}),
    ],
)
def test_presets_are_filled_in_and_own_keys_win(written: dict[str, Any], meant: dict[str, Any]) -> None:
    made = spec(**written)
    assert {key: getattr(made, key) for key in meant} == meant


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({}, "'delay' is missing"),
        ({"preset": "grpc"}, "'max' is missing"),
        ({"delay": "1s", "percentile": "p95"}, "write delay or percentile, not both"),
        ({"delay": "1s", "initial_delay": "1s"}, "initial_delay belongs to a percentile"),
        ({"percentile": "p95", "minimum_calls": 11, "window": 10}, "minimum_calls must not be above window"),
        ({"delay": 50}, "has no unit"),
    ],
)
def test_what_makes_no_sense_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**written)


# -- when to hedge ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percentile", "rank"), [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 100)])
def test_the_wait_is_the_nearest_rank_of_the_times_seen(percentile: str, rank: int) -> None:
    machine = Hedging(spec(percentile=percentile, minimum_calls=100))
    for number in range(100, 0, -1):
        machine.answered(float(number))
    assert machine.begin() == rank


def test_before_the_minimum_of_calls_the_wait_is_the_initial_one() -> None:
    machine = Hedging(spec(percentile="p50", minimum_calls=2, initial_delay="3s"))
    waits = []
    for seconds in (1.0, 2.0, 5.0):
        waits.append(machine.begin())
        machine.answered(seconds)
    assert [*waits, machine.begin()] == [3.0, 3.0, 1.0, 2.0]
    machine.reset(0.0)
    assert machine.begin() == 3.0


def test_without_an_initial_delay_nothing_is_hedged_for_slowness_before_the_minimum() -> None:
    assert Hedging(spec(percentile="p95")).begin() is None


def test_old_times_are_forgotten() -> None:
    machine = Hedging(spec(percentile="p50", minimum_calls=1, window=3))
    for seconds in (9.0, 9.0, 9.0, 1.0, 1.0):
        machine.answered(seconds)
    assert machine.begin() == 1.0


def test_twenty_calls_earn_exactly_one_hedge_of_five_percent() -> None:
    machine = Hedging(spec(delay="1s", budget="5%"))
    granted = []
    for _ in range(60):
        machine.begin()
        granted.append(machine.spend())
    assert [number for number, yes in enumerate(granted, 1) if yes] == [20, 40, 60]


def test_no_more_hedges_are_saved_up_than_the_burst() -> None:
    machine = Hedging(spec(delay="1s", budget={"share": "50%", "burst": 3}))
    for _ in range(100):
        machine.begin()
    assert [machine.spend() for _ in range(5)] == [True, True, True, False, False]


# -- the race ---------------------------------------------------------------------------------------------


def test_a_fast_call_sends_no_hedge(desk: Desk) -> None:
    assert desk.answer([hedge(desk, delay="2s")], desk.server(("ok", 1.0))) == (1.0, "ok")
    assert desk.lines == ["0: begin", "1: ok"]


def test_the_hedge_wins_and_the_first_attempt_is_closed(desk: Desk) -> None:
    assert desk.answer([hedge(desk, delay="2s")], desk.server(("ok", 9.0), ("ok", 1.0))) == (3.0, "ok")
    assert desk.lines == ["0: begin", "2: begin", "3: ok", "3: closed"]


def test_the_first_attempt_wins_and_the_hedge_is_closed(desk: Desk) -> None:
    assert desk.answer([hedge(desk, delay="2s")], desk.server(("ok", 4.0), ("ok", 9.0))) == (4.0, "ok")
    assert desk.lines == ["0: begin", "2: begin", "4: ok", "4: closed"]


def test_hedges_follow_one_another_at_the_delay_up_to_the_maximum(desk: Desk) -> None:
    assert desk.answer([hedge(desk, delay="1s", max=2)], desk.server(("ok", 9.0))) == (9.0, "ok")
    assert [line for line in desk.lines if "begin" in line] == ["0: begin", "1: begin", "2: begin"]


def test_without_a_delay_all_are_sent_at_once(desk: Desk) -> None:
    script = [("ok", 5.0), ("ok", 4.0), ("ok", 3.0)]
    assert desk.answer([hedge(desk, preset="grpc", max=2)], desk.server(*script)) == (3.0, "ok")
    assert desk.lines[:3] == ["0: begin"] * 3


def test_a_non_fatal_error_sends_the_next_at_once_and_the_delay_begins_anew(desk: Desk) -> None:
    script = [("server_error", 1.0), ("ok", 9.0), ("ok", 0.5)]
    assert desk.answer([hedge(desk, delay="2s", max=2)], desk.server(*script)) == (3.5, "ok")
    assert desk.lines == ["0: begin", "1: server_error", "1: begin", "3: begin", "3.5: ok", "3.5: closed"]


def test_a_fatal_error_ends_the_call_whoever_brings_it(desk: Desk) -> None:
    first = desk.answer([hedge(desk, delay="2s")], desk.server(("client_error", 1.0)))
    again = Desk()
    second = again.answer([hedge(again, delay="2s")], again.server(("ok", 9.0), ("client_error", 1.0)))
    assert (first, second) == ((1.0, "client_error"), (3.0, "client_error"))
    assert again.lines[-1] == "3: closed"


def test_an_error_while_another_attempt_runs_is_waited_over(desk: Desk) -> None:
    script = [("ok", 6.0), ("timeout", 1.0)]
    assert desk.answer([hedge(desk, delay="2s")], desk.server(*script)) == (6.0, "ok")


def test_a_hedge_that_is_refused_does_not_end_the_attempt_under_way(desk: Desk) -> None:
    script = [("ok", 6.0), ("rejected bulkhead_full", 0.0)]
    assert desk.answer([hedge(desk, delay="2s")], desk.server(*script)) == (6.0, "ok")


def test_when_all_fail_the_last_failure_is_the_answer(desk: Desk) -> None:
    script = [("server_error", 1.0), ("timeout", 3.0), ("unreachable", 1.0)]
    assert desk.answer([hedge(desk, delay="9s", max=2)], desk.server(*script)) == (5.0, "unreachable")


def test_a_hedge_that_the_budget_refuses_is_not_sent(desk: Desk) -> None:
    policy = hedge(desk, delay="1s", budget="50%")
    server = desk.server(("ok", 3.0))
    for number, name in enumerate("abcd"):
        desk.ask(name, [policy], server, at=10.0 * number)
    desk.run()
    assert [line for line in desk.lines if "begin" in line] == [
        "0: begin",
        "10: begin",
        "11: begin",
        "20: begin",
        "30: begin",
        "31: begin",
    ]


def test_a_hedge_is_no_retry(desk: Desk) -> None:
    desk.answer([hedge(desk, delay="1s")], desk.server(("ok", 3.0)))
    root = desk.requests["a"].root
    assert root.trouble is None or root.mishaps.retries == 0


def test_hedged_calls_count_with_their_whole_time(desk: Desk) -> None:
    machine = Hedging(spec(percentile="p50", minimum_calls=1, initial_delay="2s"))
    policy = hedge(desk, machine, percentile="p50", minimum_calls=1, initial_delay="2s")
    assert desk.answer([policy], desk.server(("ok", 9.0), ("ok", 1.0))) == (3.0, "ok")
    assert machine.begin() == 3.0


def test_a_caller_that_gives_up_closes_every_attempt(desk: Desk) -> None:
    desk.ask("a", [hedge(desk, delay="1s", max=2)], desk.server(("ok", 9.0)))
    desk.give_up("a", at=1.5)
    desk.run()
    assert sorted(desk.lines) == ["0: begin", "1.5: closed", "1.5: closed", "1: begin"]


def test_a_deadline_outside_closes_every_attempt(desk: Desk) -> None:
    stack = [desk.deadline(1.5), hedge(desk, delay="1s", max=2)]
    assert desk.answer(stack, desk.server(("ok", 9.0))) == (1.5, "timeout")
    assert desk.lines.count("1.5: closed") == 2


def test_a_timeout_inside_is_one_attempts_own(desk: Desk) -> None:
    stack = [hedge(desk, delay="2s"), desk.deadline(3.0)]
    assert desk.answer(stack, desk.server(("ok", 9.0), ("ok", 2.5))) == (4.5, "ok")
    assert desk.lines == ["0: begin", "2: begin", "3: closed", "4.5: ok"]


def test_no_hedge_is_sent_once_the_deadline_handed_down_is_over(desk: Desk) -> None:
    stack = [desk.deadline(2.0, propagate=True), hedge(desk, delay="3s")]
    assert desk.answer(stack, desk.server(("server_error", 2.0), ("ok", 1.0)))[1] in ("timeout", "server_error")
    assert sum("begin" in line for line in desk.lines) == 1


def test_a_retry_outside_begins_a_new_race(desk: Desk) -> None:
    stack = [desk.retry(max_retries=1), hedge(desk, delay="1s")]
    script = [("server_error", 3.0), ("server_error", 1.0), ("ok", 9.0), ("ok", 1.0)]
    assert desk.answer(stack, desk.server(*script)) == (5.0, "ok")
    assert desk.requests["a"].root.mishaps.retries == 1


def test_the_permit_of_a_loser_goes_back_unrecorded(desk: Desk) -> None:
    breaker, guarded = desk.breaker(max_failures=1, half_open={"permits": 1})
    assert desk.answer([hedge(desk, delay="1s"), guarded], desk.server(("ok", 9.0), ("ok", 1.0))) == (2.0, "ok")
    permit = breaker.admit(3.0)
    assert permit is not None
    assert breaker.opens == 0


# -- whole models -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cancel", "executed"), [("never", 2), ("always", 1)])
def test_a_losers_callee_goes_on_unless_the_edge_cancels(cancel: str, executed: int) -> None:
    edge = policies(cancel, hedge={"delay": 1.0})
    bench = Bench({"workers": 1, "replicas": 2, "operations": {"serve": {"work": 4.0, "effect": True}}}, edge)
    bench.ask("a")
    assert bench.run() == {"a": (4.0, "ok")}
    path = bench.roots["a"].entry.path.child("serve")
    ledger = bench.roots["a"].ledger
    assert ledger is not None
    assert ledger.units == {path: executed}
    assert bench.roots["a"].calls == 2


def test_a_crash_of_the_caller_ends_its_hedges(tmp_path: Path) -> None:
    text = """
        services:
          front: {workers: 4, operations: {serve: {steps: [{call: back.serve}]}}}
          back: {workers: 4, replicas: 2, operations: {serve: {work: 9s}}}
        calls: {"front -> back": {hedge: {delay: 1s, max: 2}, cancel: always}}
        workload: [{call: front.serve, arrivals: {process: renewal, law: 100s}}]
        faults: [{kind: crash, target: front, at: 102s, for: 1s}]
        run: {duration: 199s, replications: 1}
        """
    played = play(tmp_path, text)
    assert played.row().outcome == "unreachable"
    assert played.row().calls == 3  # the client's, the first and one hedge: the next would have left just then
    assert played.busy("back") == pytest.approx(2 + 1)


def test_after_the_percentile_hedges_cut_the_tail_for_a_small_share_of_calls(tmp_path: Path) -> None:
    text = """
        services:
          back: {workers: 1000, replicas: 2, operations: {serve: {work: {dist: mixture, parts: [
            {weight: 98, law: {dist: uniform, low: 8ms, high: 12ms}}, {weight: 2, law: 1s}]}}}}
        calls: {"client -> back": {hedge: {preset: tail_at_scale}}}
        workload: [{call: back.serve, arrivals: {process: constant, rate: 50/s}}]
        run: {duration: 100s, warmup: 10s, replications: 1}
        """
    hedged, plain = play(tmp_path, text), play(tmp_path, text.replace("hedge: {preset: tail_at_scale}", ""))
    assert plain.figure("serve", "latency_p99") == 1.0
    assert hedged.figure("serve", "latency_p99") < 0.03
    assert 1.02 < hedged.figure("serve", "calls_per_request") < 1.08


@pytest.mark.parametrize(("effect", "warned"), [("true", 1), ("true, idempotent: true", 0), ("false", 0)])
def test_an_effect_behind_a_hedge_can_happen_twice(tmp_path: Path, effect: str, warned: int) -> None:
    text = SHOP.replace("charge: {work: 2ms}", f"charge: {{work: 2ms, effect: {effect}}}")
    document = read(tmp_path, text + 'calls: {"shop -> bank": {hedge: {delay: 50ms}}}\n')
    assert sum("it can happen twice" in warning.message for warning in document.warnings) == warned


def test_the_budgets_share_may_be_written_alone(tmp_path: Path) -> None:
    text = SHOP + 'calls: {"shop -> bank": {hedge: {preset: tail_at_scale, budget: 5%}}}\n'
    (item,) = stack(scenario(tmp_path, text), "shop", "bank.charge")
    assert (item.name, item.spec.budget.share, item.spec.budget.burst) == ("hedge", 0.05, 10)
    assert "budget.share: 5%" in read(tmp_path, text).resolved


def test_every_outcome_has_a_side() -> None:
    """Ok and what is not listed decide; the rest does not."""
    rules = spec(preset="polly")
    assert {*OUTCOMES} - {*rules.non_fatal} == {"ok", "client_error", "cancelled"}
