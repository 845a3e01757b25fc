"""Client-side throttling: the rule, its window, and the policy on a clock and in a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.outcomes import Outcome
from simulator.policies.call import Policy
from simulator.policies.throttle import Throttle
from simulator.policies.throttling import throttling
from simulator.spec.policies import ThrottleSpec
from tests.policies.desk import Desk
from tests.support import play


def throttle(**settings: Any) -> Throttle:
    return Throttle(ThrottleSpec.model_validate(settings))


def fed(machine: Throttle, accepts: int, failures: int, now: float = 0.0, refused: int = 0) -> Throttle:
    for _ in range(accepts):
        machine.record(Outcome.OK, now)
    for _ in range(failures):
        machine.record(Outcome.TIMEOUT, now)
    for _ in range(refused):
        machine.refused(now)
    return machine


ENVOY = {"preset": "envoy"}
CASES: dict[str, tuple[dict[str, Any], tuple[int, int, int], float]] = {
    "nothing is known": ({}, (0, 0, 0), 0.0),
    "all is accepted": ({}, (10, 0, 0), 0.0),
    "half is accepted: K allows twice the accepts": ({}, (50, 50, 0), 0.0),
    "nothing is accepted": ({}, (0, 9, 0), 9 / 10),
    "a quarter is accepted": ({}, (25, 75, 0), (100 - 50) / 101),
    "what was refused here is a request": ({}, (25, 0, 75), (100 - 50) / 101),
    "a smaller K refuses sooner": ({"multiplier": 1.1}, (50, 50, 0), (100 - 55) / 101),
    "envoy: at the threshold": (ENVOY, (95, 5, 0), 0.0),
    "envoy: below it": (ENVOY, (57, 43, 0), (100 - 60) / 101),
    "envoy: never more than 80 %": (ENVOY, (0, 1000, 0), 0.8),
    "envoy: what was refused here is not sampled": (ENVOY, (95, 5, 500), 0.0),
    "envoy: aggression bends the curve": ({**ENVOY, "aggression": 2.0}, (57, 43, 0), (40 / 101) ** 0.5),
    "envoy: too little traffic to judge": ({**ENVOY, "minimum_rate": 4.0}, (0, 119, 0), 0.0),
    "envoy: just enough traffic": ({**ENVOY, "minimum_rate": 4.0}, (0, 120, 0), 0.8),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str) -> None:
    settings, (accepts, failures, refused), expected = CASES[name]
    machine = fed(throttle(**settings), accepts, failures, refused=refused)
    assert machine.probability(0.0) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("outcome", "google", "envoy"),
    [
        (Outcome.OK, True, True),
        (Outcome.CLIENT_ERROR, True, True),
        (Outcome.SERVER_ERROR, True, False),
        (Outcome.TIMEOUT, False, False),
        (Outcome.UNREACHABLE, False, False),
        (Outcome.REJECTED, False, False),
    ],
)
def test_what_an_accept_is(outcome: Outcome, google: bool, envoy: bool) -> None:
    for preset, accepted in (("google_sre", google), ("envoy", envoy)):
        machine = throttle(preset=preset)
        machine.record(outcome, 0.0)
        assert (machine.probability(0.0) == 0.0) is accepted, preset


def test_the_window_forgets_part_by_part() -> None:
    machine = throttle(window=30.0, multiplier=1.0)
    for second in range(30):
        fed(machine, 0, 1, now=second + 0.5)
    shares = [machine.probability(now) for now in (29.9, 30.0, 31.0, 58.9, 59.0, 500.0)]
    assert shares == pytest.approx([30 / 31, 29 / 30, 28 / 29, 1 / 2, 0.0, 0.0])


def test_after_a_long_silence_it_counts_anew() -> None:
    machine = fed(throttle(window=30.0), 0, 99)
    fed(machine, 0, 4, now=10_000.0)
    assert machine.probability(10_000.0) == pytest.approx(4 / 5)


def test_a_crash_makes_it_new() -> None:
    machine = fed(throttle(), 0, 99)
    machine.reset(1.0)
    assert machine.probability(1.0) == 0.0
    assert fed(machine, 0, 1, now=2.0).probability(2.0) == 0.5
    assert machine.probability(1000.0) == 0.0


# -- the policy on a clock --------------------------------------------------------------------------------


def throttled(desk: Desk, machine: Throttle) -> Policy:
    return throttling(desk.environment, lambda _: machine, desk.streams.source("throttle"), "edge")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_counts_when_it_ends_and_not_when_it_was_given_up(desk: Desk) -> None:
    machine = throttle()
    for name in ("a", "b"):
        desk.ask(name, [throttled(desk, machine)], desk.server(("timeout", 2.0)))
    desk.give_up("b", at=1.0)
    desk.run(1.5)
    assert machine.probability(1.5) == 0.0
    desk.run(3.0)
    assert machine.probability(3.0) == 0.5


def test_what_the_edge_itself_refuses_says_nothing_of_the_callee(desk: Desk) -> None:
    machine = throttle()
    _, breaker = desk.breaker(max_failures=1, open_for=100.0)
    for number in range(9):
        desk.ask(f"{number}", [throttled(desk, machine), breaker], desk.server(("server_error", 0.0)), at=float(number))
    desk.run(50.0)
    assert [answer for _, answer in desk.answers.values()][1:] == ["rejected breaker_open"] * 8
    assert machine.probability(50.0) == 0.0  # a server error is an accept: the callee took the call


def test_what_is_refused_never_reaches_the_server(desk: Desk) -> None:
    machine = fed(throttle(), 0, 100_000)
    for number in range(50):
        desk.ask(f"{number}", [throttled(desk, machine)], desk.server(("ok", 1.0)))
    desk.run()
    assert {answer for _, answer in desk.answers.values()} == {"rejected throttled"}
    assert desk.lines == []
    assert desk.requests["7"].root.mishaps.rejected == 1


MODEL = """
    services:
      front: {workers: 1000, operations: {buy: {steps: [{call: back.serve}]}}}
      back: {workers: 1, queue: {capacity: 1}, operations: {serve: {work: 100ms}}}
    workload: [{call: front.buy, arrivals: {process: poisson, rate: 50/s}}]
    run: {duration: 200s, record: requests}
    calls:
      "front -> back": {throttle: {window: 20s}}
"""


def test_a_caller_sends_about_twice_what_is_accepted(tmp_path: Path) -> None:
    """The book's equilibrium: with K = 2 the callee turns away about as many calls as it accepts."""
    rows = [row for row in play(tmp_path, MODEL).rows() if row.arrived > 40.0]
    accepted = sum(row.outcome == "ok" for row in rows)
    throttled_here = sum(row.reason == "throttled" for row in rows)
    sent = len(rows) - throttled_here
    assert 1.9 < sent / accepted < 2.1
    assert throttled_here > 0.5 * len(rows)


# -- what is written --------------------------------------------------------------------------------------


def test_presets() -> None:
    google = ThrottleSpec.model_validate({}, context={"file": True})
    assert (google.factor, google.window, google.max_rejection, google.count_refused) == (2.0, 120.0, 1.0, True)
    assert google == ThrottleSpec.model_validate({"preset": "google_sre"}).model_copy(update={"preset": None})
    envoy = ThrottleSpec.model_validate({"preset": "envoy"}, context={"file": True})
    assert (envoy.factor, envoy.window, envoy.max_rejection, envoy.count_refused) == (1 / 0.95, 30.0, 0.8, False)


def test_a_factor_is_written_one_way_or_the_other() -> None:
    assert throttle_factor(success_rate=0.8) == 1.25
    assert throttle_factor(preset="envoy", multiplier=3.0) == 3.0
    with pytest.raises(ValueError, match="multiplier or success_rate, not both"):
        throttle_factor(success_rate=0.8, multiplier=3.0)
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        throttle_factor(multiplier=0.5)


def throttle_factor(**written: Any) -> float:
    return ThrottleSpec.model_validate(written).factor
