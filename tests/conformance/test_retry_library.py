"""tenacity itself, under a fake clock, against the same settings here: 2,000 random ones, no difference allowed."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import pytest
import tenacity
import tenacity.wait

from simulator.outcomes import Outcome, Reply
from simulator.policies.repeating import Course, Rules
from simulator.spec.policies import RetrySpec

SETTINGS = 2000
MOST = 40
"""Attempts after which a call that is never given up is no longer looked at."""


class Setting(NamedTuple):
    """The same settings, as tenacity takes them and as a file writes them; and how long each attempt takes."""

    wait: Any
    stop: Any
    spec: RetrySpec
    attempt: float


def seconds(chance: Random, low: float, high: float) -> float:
    """Some seconds; half of the time a round number, so that boundaries are met."""
    return (
        float(chance.randint(int(low) + 1, int(high) + 1))
        if chance.random() < 0.5
        else chance.uniform(low + 0.01, high)
    )


def wait_setting(chance: Random) -> tuple[Any, dict[str, Any]]:
    base, longest = seconds(chance, 0.0, 3.0), 4.0 + seconds(chance, 0.0, 60.0)
    multiplier, floor = chance.choice([1.0, 1.5, 2.0, 3.0]), chance.choice([0.0, 0.0, 0.5, 2.0])
    growing = {"kind": "exponential", "base": base, "multiplier": multiplier, "max": longest, "min": floor}
    limits = {"multiplier": base, "exp_base": multiplier, "max": longest, "min": floor}
    match chance.randrange(6):
        case 0:
            return tenacity.wait_fixed(base), {"kind": "fixed", "base": base}
        case 1:
            return (
                tenacity.wait_incrementing(start=base, increment=base, max=longest),
                {"kind": "linear", "base": base, "max": longest},
            )
        case 2:
            return tenacity.wait_exponential(**limits), growing
        case 3:
            full = {**growing, "cap": "before_jitter", "jitter": {"kind": "full"}}
            return tenacity.wait_random_exponential(**limits), full
        case 4:
            jitter = seconds(chance, 0.0, 2.0)
            added = {**growing, "jitter": {"kind": "additive", "max": jitter}}
            return tenacity.wait_exponential_jitter(jitter=jitter, **limits), added
        case _:
            spread = seconds(chance, 0.0, 2.0)
            added = {"kind": "fixed", "base": base, "jitter": {"kind": "additive", "max": spread}}
            return tenacity.wait_random(base, base + spread), added


def stop_setting(chance: Random) -> tuple[Any, dict[str, Any]]:
    attempts = chance.randint(1, 12)
    after, before = seconds(chance, 0.0, 40.0), seconds(chance, 0.0, 40.0)
    never: dict[str, Any] = {"max_retries": "unlimited"}
    match chance.randrange(5):
        case 0:
            return tenacity.stop_after_attempt(attempts), {"attempts": attempts}
        case 1:
            return tenacity.stop_after_delay(after), {**never, "give_up": {"after": after}}
        case 2:
            return tenacity.stop_before_delay(before), {**never, "give_up": {"before": before}}
        case 3:
            stop = tenacity.stop_after_attempt(attempts) | tenacity.stop_after_delay(after)
            return stop, {"attempts": attempts, "give_up": {"after": after}}
        case _:
            either = tenacity.stop_after_delay(after) | tenacity.stop_before_delay(before)
            return either, {**never, "give_up": {"after": after, "before": before}}


def setting(chance: Random) -> Setting:
    """One random setting."""
    wait, backoff = wait_setting(chance)
    stop, ends = stop_setting(chance)
    spec = RetrySpec.model_validate({"backoff": backoff, **ends})
    return Setting(wait, stop, spec, chance.choice([0.0, 0.0, 0.25, 1.0]))


def waits_of_tenacity(made: Setting) -> list[float]:
    """The waits of a call that always fails."""
    now = 0.0
    waits: list[float] = []
    state = tenacity.RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type]
    state.start_time = now
    while len(waits) < MOST:
        now += made.attempt
        state.outcome_timestamp = now
        state.upcoming_sleep = made.wait(state)
        if made.stop(state):
            break
        waits.append(state.upcoming_sleep)
        now += state.upcoming_sleep
        state.attempt_number += 1
    return waits


def waits_here(made: Setting, lucks: Random) -> list[float]:
    """The same by our own rules."""
    course = Course(Rules(made.spec), 0.0, lucks.random)
    failure = Reply(Outcome.SERVER_ERROR)
    now = 0.0
    waits: list[float] = []
    while len(waits) < MOST:
        now += made.attempt
        wait = course.wait(failure, now)
        if wait is None:
            break
        waits.append(wait)
        now += wait
    return waits


def test_waits_and_stops_are_those_of_tenacity(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(20151103)
    stopped = 0
    for number in range(SETTINGS):
        made = setting(chance)
        monkeypatch.setattr(tenacity.wait, "random", Random(number))
        theirs = waits_of_tenacity(made)
        ours = waits_here(made, Random(number))
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12), f"setting {number}: {made.spec}"
        stopped += len(ours) < MOST
    assert stopped > SETTINGS * 0.9
