"""The AWS SDKs' adaptive mode: the rate that a client finds, and the gate in front of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.network.attempt import Request
from simulator.outcomes import Outcome
from simulator.policies.call import Call, Calling
from simulator.policies.client_rate import ClientRate
from simulator.policies.pacing import Gate, pacing
from tests.policies.desk import Desk
from tests.support import play


def throttled_at_ten_a_second() -> ClientRate:
    """A client that asked ten times a second for five seconds, and was then told to slow down."""
    rate = ClientRate()
    for tenth in range(1, 50):
        rate.answered(tenth / 10, throttled=False)
    rate.answered(5.0, throttled=True)
    return rate


def test_nothing_is_held_back_before_the_first_throttling() -> None:
    rate = ClientRate()
    for tenth in range(200):
        assert rate.take(tenth / 10)
        rate.answered(tenth / 10, throttled=False)
    assert not rate.enabled


def test_throttling_cuts_the_measured_rate_to_seven_tenths() -> None:
    rate = throttled_at_ten_a_second()
    assert rate.enabled
    assert rate.rate == pytest.approx(7.0, rel=0.01)


def test_the_rate_is_back_at_its_peak_when_cubic_says_so() -> None:
    rate = throttled_at_ten_a_second()
    # (10 * 0.3 / 0.4) ** (1/3) = 1.957 s after the failure the rate is what it was.
    for step in range(1, 20):
        rate.answered(5.0 + step * 0.103, throttled=False)
    assert rate.rate == pytest.approx(10.0, rel=0.02)


def test_the_rate_leads_the_measured_one_by_no_more_than_a_factor_of_two() -> None:
    rate = throttled_at_ten_a_second()
    for second in range(6, 60):
        rate.answered(float(second), throttled=False)
    assert rate.rate == pytest.approx(2.0, rel=0.05)


def test_it_never_falls_below_one_attempt_in_two_seconds() -> None:
    rate = ClientRate()
    for second in range(1, 100):
        rate.answered(second * 20.0, throttled=True)
    assert rate.rate == 0.5


def test_a_crash_forgets_the_rate() -> None:
    rate = throttled_at_ten_a_second()
    rate.reset(7.0)
    assert not rate.enabled
    assert rate.take(7.0)


@given(st.lists(st.tuples(st.floats(0, 0.6), st.booleans(), st.integers(0, 6)), min_size=1, max_size=80))
def test_no_more_attempts_go_than_tokens_came(steps: list[tuple[float, bool, int]]) -> None:
    rate = ClientRate()
    rate.answered(0.0, throttled=True)
    now = tokens = 0.0
    for later, throttled, wanted in steps:
        now += later
        tokens += later * rate.rate
        taken = sum(rate.take(now) for _ in range(wanted))
        assert taken <= tokens + 1e-6
        tokens -= taken
        rate.answered(now, throttled=throttled)


def test_attempts_go_in_order_and_whoever_gives_up_leaves_its_turn_to_the_next() -> None:
    desk = Desk()
    rate = ClientRate()
    rate.answered(0.0, throttled=True)
    gate = Gate(desk.environment, rate)
    paced = pacing(desk.environment, lambda _: gate, lambda reply: reply.outcome is Outcome.REJECTED, "edge")
    for name in "abcd":
        desk.ask(name, [paced], desk.server(("ok", 100.0)))
    desk.give_up("b", at=3.0)
    desk.run(50.0)
    assert desk.lines == ["2: begin", "4: begin", "6: begin"]
    assert desk.answers == {}


def test_a_turn_that_was_granted_and_not_used_is_not_lost() -> None:
    desk = Desk()
    rate = ClientRate()
    rate.answered(0.0, throttled=True)
    gate = Gate(desk.environment, rate)
    paced = pacing(desk.environment, lambda _: gate, lambda _: False, "edge")
    for name in "ab":
        desk.ask(name, [paced], desk.server(("ok", 100.0)))
    desk.run(1.0)

    def grant_and_close(_: None) -> None:
        gate.answered(throttled=False)  # gives the token that is due to the head of the queue
        desk.environment.close(desk.tasks["a"])

    desk.environment.before(2.0, grant_and_close, None)
    desk.run(50.0)
    assert desk.lines == ["2: begin"]


CLIENT = """
services:
  bank:
    workers: 1
    queue: {capacity: 5}
    operations: {charge: {work: 50ms}}
calls:
  client -> bank: {retry: {preset: aws, budget: {adaptive: true}}}
workload: [{call: bank.charge, arrivals: {process: constant, rate: 40/s}}]
run: {duration: 60s, drain: 600s, replications: 1}
"""


def test_in_a_model_the_client_slows_down_to_what_is_served(tmp_path: Path) -> None:
    plain = play(tmp_path, CLIENT, 'calls."client -> bank".retry.budget.adaptive=false')
    adaptive = play(tmp_path, CLIENT)
    refused = [sum(row.rejected for row in played.rows()) / len(played.rows()) for played in (plain, adaptive)]
    assert refused[0] > 3 * refused[1]
    assert adaptive.outcomes().count("ok") > 1.5 * plain.outcomes().count("ok")


def test_a_deadline_handed_down_ends_the_wait_as_a_timeout() -> None:
    desk = Desk()
    rate = ClientRate()
    rate.answered(0.0, throttled=True)
    gate = Gate(desk.environment, rate)
    paced = pacing(desk.environment, lambda _: gate, lambda _: False, "edge")

    def hurried(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            request.deadline = 1.0
            return inner(request)

        return call

    desk.ask("a", [hurried, paced], desk.server(("ok", 0.5)))
    desk.ask("b", [paced], desk.server(("ok", 0.5)))
    desk.run()
    assert desk.answers == {"a": (1.0, "timeout"), "b": (2.5, "ok")}
