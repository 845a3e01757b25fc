"""The breaker against the libraries themselves, on a clock of the test's own: random calls, no difference allowed.

Each call is a coroutine that is held between its start and its end, so that calls overlap as they do in an event loop;
pybreaker holds its lock while a call runs, so there a call is over before the next one begins. Times are multiples of
1/8 s, which floats, datetimes and our nanoseconds all hold exactly: open times end at the very moment of a call.
"""

from __future__ import annotations

import datetime
import random
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, NamedTuple

import aiobreaker
import aiobreaker.circuitbreaker
import aiobreaker.state
import circuitbreaker
import purgatory
import purgatory.domain.model
import pybreaker
import pytest

from simulator.outcomes import Outcome
from simulator.policies.breaker import Breaker, Permit, State
from simulator.spec.policies import BreakerSpec

SEQUENCES = 2000
EVENTS = 25
OUTCOMES = {"success": Outcome.OK, "failure": Outcome.SERVER_ERROR, "excluded": Outcome.CANCELLED}


class Failure(Exception):
    """What a library counts."""


class Excluded(Exception):
    """What a library was told to leave out."""


class Clock:
    """The time that a library reads."""

    now = 0.0

    @classmethod
    def read(cls) -> float:
        return cls.now


class ClockDatetime(datetime.datetime):
    """The same time as a date."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return datetime.datetime(2030, 1, 1, tzinfo=tz) + datetime.timedelta(seconds=Clock.now)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now()


@pytest.fixture(autouse=True)
def _the_libraries_read_our_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pybreaker, aiobreaker.state, aiobreaker.circuitbreaker):
        monkeypatch.setattr(module, "datetime", ClockDatetime)
    monkeypatch.setattr(circuitbreaker, "monotonic", Clock.read)
    monkeypatch.setattr(purgatory.domain.model, "time", types.SimpleNamespace(time=Clock.read))


# -- calls -----------------------------------------------------------------------------------------------------


@types.coroutine
def _held() -> Generator[None, str, str]:
    """Wait for whoever decides how the call ends."""
    return (yield)


async def _remote() -> str:
    """The guarded call."""
    return _end(await _held())


def _end(outcome: str) -> str:
    if outcome == "failure":
        raise Failure
    if outcome == "excluded":
        raise Excluded
    return outcome


class Setting(NamedTuple):
    """How a breaker is configured, in our words."""

    max_failures: int
    open_for: float
    closes_after: int


class Subject(NamedTuple):
    """A breaker of a library: how to call through it, what it raises of its own, and what state it is in."""

    call: Callable[[], Coroutine[None, Any, str]]
    refusal: type[BaseException]
    state: Callable[[], str]


def _aiobreaker(setting: Setting) -> Subject:
    wait = datetime.timedelta(seconds=setting.open_for)
    breaker = aiobreaker.CircuitBreaker(setting.max_failures, wait, exclude=[Excluded])

    def state() -> str:
        return str(breaker.current_state.name).lower()

    return Subject(lambda: breaker.call_async(_remote), aiobreaker.CircuitBreakerError, state)


def _circuitbreaker(setting: Setting) -> Subject:
    breaker = circuitbreaker.CircuitBreaker(setting.max_failures, setting.open_for, Failure, "bank")
    return Subject(breaker.decorate(_remote), circuitbreaker.CircuitBreakerError, lambda: breaker.state)


def _purgatory(setting: Setting) -> Subject:
    factory = purgatory.AsyncCircuitBreakerFactory(setting.max_failures, setting.open_for, [Excluded])
    breaker = _finished(factory.get_breaker("bank"))
    states = {"closed": "closed", "opened": "open", "half-opened": "half_open"}
    return Subject(factory("bank")(_remote), purgatory.domain.model.OpenedState, lambda: states[breaker.context.state])


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that waits for nothing."""
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return end.value.value


LIBRARIES = {"aiobreaker": _aiobreaker, "circuitbreaker": _circuitbreaker, "purgatory": _purgatory}


# -- sequences -------------------------------------------------------------------------------------------------


def _setting(luck: random.Random, closes_after: int = 1) -> Setting:
    return Setting(luck.randint(1, 4), luck.choice([0.5, 1.0, 2.5]), closes_after)


def _spec(library: str, setting: Setting) -> BreakerSpec:
    return BreakerSpec.model_validate(
        {
            "preset": library,
            "max_failures": setting.max_failures,
            "open_for": setting.open_for,
            "half_open": {"closes_after": setting.closes_after},
        }
    )


def _outcome(luck: random.Random) -> str:
    return luck.choices(list(OUTCOMES), weights=[3, 6, 1])[0]


def _time_passes(luck: random.Random, open_for: float) -> None:
    Clock.now += luck.choice([0.0, 0.0, 0.125, 0.25, open_for - 0.125, open_for, open_for + 0.125])


def _admitted(subject: Subject) -> Coroutine[None, Any, str] | None:
    call = subject.call()
    try:
        call.send(None)
    except subject.refusal:
        return None
    return call


def _ended(subject: Subject, call: Coroutine[None, Any, str], outcome: str) -> None:
    with pytest.raises((StopIteration, Failure, Excluded, subject.refusal)):
        call.send(outcome)


def _state(breaker: Breaker, library: str) -> str:
    """Our state as the library shows its own: circuitbreaker says half-open as soon as the time is over."""
    over = breaker.state is State.OPEN and breaker.opens_again_at <= Clock.now
    return "half_open" if over and library == "circuitbreaker" else breaker.state.name.lower()


def _differences(library: str, seed: int) -> str:
    """The first difference in a random sequence of events, or nothing."""
    luck = random.Random(f"{library}/{seed}")
    setting = _setting(luck)
    Clock.now = 0.0
    subject, breaker = LIBRARIES[library](setting), Breaker(_spec(library, setting))
    out: list[tuple[Coroutine[None, Any, str], Permit]] = []
    trace: list[str] = []
    for _ in range(EVENTS):
        _time_passes(luck, setting.open_for)
        if out and luck.random() < 0.5:
            (call, permit), outcome = out.pop(luck.randrange(len(out))), _outcome(luck)
            _ended(subject, call, outcome)
            breaker.record(permit, OUTCOMES[outcome], Clock.now)
            trace.append(f"{Clock.now} {permit} {outcome}")
        else:
            call_or_none, permit_or_none = _admitted(subject), breaker.admit(Clock.now)
            trace.append(f"{Clock.now} call {permit_or_none}")
            if (call_or_none is None) != (permit_or_none is None):
                return f"{setting} {trace}: admitted by one of them only"
            if call_or_none is not None and permit_or_none is not None:
                out.append((call_or_none, permit_or_none))
        if (ours := _state(breaker, library)) != (theirs := subject.state()):
            return f"{setting} {trace}: {ours} here, {theirs} there"
    for call, _ in out:
        call.close()
    return ""


@pytest.mark.parametrize("library", LIBRARIES)
def test_overlapping_calls(library: str) -> None:
    assert [text for seed in range(SEQUENCES) if (text := _differences(library, seed))][:3] == []


def test_calls_one_by_one_through_pybreaker() -> None:
    assert [text for seed in range(SEQUENCES) if (text := _pybreaker_differences(seed))][:3] == []


def _pybreaker_differences(seed: int) -> str:
    luck = random.Random(f"pybreaker/{seed}")
    setting = _setting(luck, closes_after=luck.randint(1, 3))
    Clock.now = 0.0
    theirs = pybreaker.CircuitBreaker(
        setting.max_failures, setting.open_for, success_threshold=setting.closes_after, exclude=[Excluded]
    )
    ours = Breaker(_spec("pybreaker", setting))
    for number in range(EVENTS):
        _time_passes(luck, setting.open_for)
        outcome, seconds = _outcome(luck), luck.choice([0.0, 0.125, 1.0])
        permit = ours.admit(Clock.now)
        reached = _through(theirs, outcome, seconds)
        if reached != (permit is not None):
            return f"{setting} seed {seed} event {number}: admitted by one of them only"
        if permit is not None:
            ours.record(permit, OUTCOMES[outcome], Clock.now, seconds)
        if ours.state.name.lower() != theirs.current_state.replace("-", "_"):
            return f"{setting} seed {seed} event {number}: {ours.state.name} here, {theirs.current_state} there"
    return ""


def _through(breaker: pybreaker.CircuitBreaker, outcome: str, seconds: float) -> bool:
    """Make a call that takes some time, and say whether it was let through."""
    reached = []

    def remote() -> str:
        reached.append(True)
        Clock.now += seconds
        return _end(outcome)

    with suppress(Failure, Excluded, pybreaker.CircuitBreakerError):
        breaker.call(remote)
    return bool(reached)
