"""Circuit breakers: what the parameters of the recorded libraries are here, and how their events are played.

An outcome ``ignored`` is an exception that the library was told to leave out. Here it is the outcome ``cancelled``,
which no preset counts as a failure: where the preset lists it under `ignored` it gives its permit back and no more, and
where it does not it counts as a success, as the library does with it.

A call that a record shows from its start to its end took the time between them, unless the end says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from experiments.replay.common import (
    CALLSIM,
    Event,
    Params,
    Seen,
    Unsupported,
    WrongCase,
    always,
    flag,
    in_words,
    number,
    only_known,
    spec_as_written,
    spec_from,
)
from simulator.build.machines import Breaker, Outcome, Permit
from simulator.outcomes import OUTCOMES
from simulator.spec.base import hint
from simulator.spec.policies import BreakerSpec

PREFIX = "circuit_breaker/"
"""What the name of a recorded breaker begins with; the library's name follows."""

RESULTS: dict[str, Outcome] = {
    "success": Outcome.OK,
    "failure": Outcome.SERVER_ERROR,
    "ignored": Outcome.CANCELLED,
    **OUTCOMES,
}
"""What a call can end with: the record's three words, and callsim's own outcomes."""

UNREPORTED_IS_ZERO = ("r4j",)
"""Libraries whose record holds the durations that they were told: an end without one was told 0 s. Other names of the
same library take the time since the start."""

DECISIONS = ("allowed", "rejected", None)
STATES = ("closed", "open", "half_open", None)
USAGE = '[time, "call", outcome], [time, "start", id], [time, "end", id, outcome] or [time, "peek"]'


# -- parameters -------------------------------------------------------------------------------------------------


def spec_of(policy: str, params: Params) -> BreakerSpec:
    """The breaker that a case was recorded with: the library's preset, and the case's numbers.

    Args:
        policy: ``circuit_breaker/`` and a library, or ``callsim`` for `params` as an experiment file writes them.
        params: times in seconds; what is absent is the library's default.

    Raises:
        Unsupported: the library or a parameter is not known. WrongCase: a value is wrong.
    """
    library = policy.removeprefix(PREFIX)
    if library == CALLSIM:
        return spec_as_written(BreakerSpec, params, policy)
    if library not in _KEYS:
        known = ", ".join([*_KEYS, CALLSIM])
        raise Unsupported(f"no such breaker is known: {library!r}{hint(library, _KEYS)}; there are: {known}")
    known_params, keys = _KEYS[library]
    only_known(params, known_params, policy)
    return spec_from(BreakerSpec, keys(library, params), policy)


def _given(params: Params, **names: str) -> dict[str, Any]:
    """Our keys for those parameters that have a value."""
    return {ours: params[theirs] for ours, theirs in names.items() if params.get(theirs) is not None}


def _with(keys: dict[str, Any], **inner: dict[str, Any]) -> dict[str, Any]:
    """Keys with those inner mappings that say anything."""
    return {**keys, **{key: mapping for key, mapping in inner.items() if mapping}}


def _resilience4j(library: str, params: Params) -> dict[str, Any]:
    always(params, "window_type", ("count", "time"), library)
    window = _given(params, type="window_type", size="window_size")
    if window.get("type") == "time" and "size" in window:
        window["size"] = number(window["size"], "params: window_size")
    keys = _given(params, minimum_calls="min_calls", failure_rate="failure_rate_threshold", open_for="open_duration_s")
    longest = params.get("half_open_max_wait_s") or None
    return _with(
        {"preset": "resilience4j", "open_ends": "timer" if flag(params, "auto_half_open") else "after", **keys},
        window=window,
        slow_call=_given(params, longer_than="slow_call_duration_s", rate="slow_call_rate_threshold"),
        half_open={**_given(params, permits="half_open_max_calls"), "max_wait": longest},
    )


def _polly(library: str, params: Params) -> dict[str, Any]:
    always(params, "window_type", ("rolling_10_lazy_windows",), library)
    return {"preset": "polly", **_rates_in_a_time(params, size="window_s")}


def _hystrix(library: str, params: Params) -> dict[str, Any]:
    always(params, "window_type", ("rolling_ticks",), library)
    return {"preset": "hystrix", **_rates_in_a_time(params, size="window_s", bucket="tick_s")}


def _rates_in_a_time(params: Params, **window: str) -> dict[str, Any]:
    keys = _given(params, minimum_calls="min_calls", failure_rate="failure_rate_threshold", open_for="open_duration_s")
    return _with(keys, window=_given(params, **window), half_open=_given(params, permits="half_open_max_calls"))


def _gobreaker(library: str, params: Params) -> dict[str, Any]:
    always(params, "trip_rule", ("consecutive", "ratio"), library)
    keys: dict[str, Any] = _with(
        {"preset": "gobreaker", **_given(params, open_for="open_duration_s")},
        half_open=_given(params, permits="half_open_max_calls"),
    )
    interval, bucket = params.get("interval_s"), params.get("bucket_s")
    if bucket:
        keys["window"] = {"type": "time", "size": interval, "bucket": bucket, "anchor": "state"}
    elif interval:
        keys["window"] = {"type": "tumbling", "size": interval}
    if params.get("trip_rule") != "ratio":
        return {**keys, **_given(params, max_failures="consecutive_failures")}
    return {
        **keys,
        "kind": "window",
        **_given(params, minimum_calls="min_calls", failure_rate="failure_rate_threshold"),
    }


def _python(library: str, params: Params) -> dict[str, Any]:
    always(params, "trip_rule", ("consecutive",), library)
    keys = {"preset": library, **_given(params, max_failures="consecutive_failures", open_for="open_duration_s")}
    return _with(keys, half_open=_given(params, closes_after="half_open_successes_to_close"))


_RATES = ("window_type", "min_calls", "failure_rate_threshold", "open_duration_s", "half_open_max_calls")
_RESILIENCE4J = (
    *("window_size", "slow_call_duration_s", "slow_call_rate_threshold", "half_open_max_wait_s", "auto_half_open"),
    *_RATES,
)
_GOBREAKER = ("trip_rule", "consecutive_failures", "interval_s", "bucket_s", *_RATES[1:])
_PYTHON = ("trip_rule", "consecutive_failures", "open_duration_s", "half_open_successes_to_close")

_KEYS: dict[str, tuple[tuple[str, ...], Callable[[str, Params], dict[str, Any]]]] = {
    "r4j": (_RESILIENCE4J, _resilience4j),
    "resilience4j": (_RESILIENCE4J, _resilience4j),
    "polly": (("window_s", *_RATES), _polly),
    "hystrix": (("window_s", "tick_s", *_RATES), _hystrix),
    "gobreaker": (_GOBREAKER, _gobreaker),
    "pybreaker": (_PYTHON, _python),
    "aiobreaker": (_PYTHON, _python),
    "purgatory": (_PYTHON, _python),
    "circuitbreaker": (_PYTHON, _python),
}
"""Of each library: the parameters that are known, and what they are here."""


# -- events -----------------------------------------------------------------------------------------------------


class UnderWay(NamedTuple):
    """A call that has begun, in seconds, and its permit; None: it was refused here."""

    began: float
    permit: Permit | None


class BreakerPlayer:
    """Plays events against one breaker.

    Attributes:
        breaker: the state machine.
    """

    def __init__(self, policy: str, params: Params) -> None:
        self.breaker = Breaker(spec_of(policy, params))
        self._measures = policy.removeprefix(PREFIX) not in UNREPORTED_IS_ZERO
        self._under_way: dict[str | int, UnderWay] = {}

    def play(self, event: Event) -> Seen:
        """Play an event.

        Raises:
            WrongCase: it is no event of a breaker.
        """
        now, *words = event
        match words:
            case ["call", outcome]:
                result = _result(outcome)
                permit = self.breaker.admit(now)
                if permit is not None:
                    self.breaker.record(permit, result[0], now, result[1])
                return self._seen(f"call {_shown(outcome)}", permit is not None)
            case ["start", str() | int() as name]:
                if name in self._under_way:
                    raise WrongCase(f"call {name!r} is under way already: give each call an id of its own")
                permit = self.breaker.admit(now)
                self._under_way[name] = UnderWay(now, permit)
                return self._seen(f"start {name}", permit is not None)
            case ["end", str() | int() as name, outcome]:
                return self._end(now, name, outcome)
            case ["peek"]:
                self.breaker.tick(now)
                return self._seen("peek", None)
            case _:
                raise WrongCase(f"is no event of a breaker: write {USAGE}")

    def _end(self, now: float, name: str | int, outcome: Any) -> Seen:
        reason, seconds = _result(outcome)
        if name not in self._under_way:
            raise WrongCase(f"call {name!r} is not under way: a 'start' with this id comes first")
        began, permit = self._under_way.pop(name)
        if self._measures and isinstance(outcome, str):
            seconds = _between(began, now)
            outcome = [outcome, seconds]
        if permit is None:  # the record let it through, the machine did not: there is nothing to take in
            self.breaker.tick(now)
        else:
            self.breaker.record(permit, reason, now, seconds)
        return self._seen(f"end {name} {_shown(outcome)}" + (" (was rejected here)" if permit is None else ""), None)

    def _seen(self, event: str, admitted: bool | None) -> Seen:
        decision = None if admitted is None else "allowed" if admitted else "rejected"
        state = self.breaker.state.name.lower()
        return Seen(event, decision or "", state, (decision, state))

    def agrees(self, seen: Seen, expected: Any) -> bool:
        """Whether decision and state are those of the record; null is no word about it.

        Raises:
            WrongCase: the record does not hold a decision and a state.
        """
        match expected:
            case [decision, state] if decision in DECISIONS and state in STATES:
                return all(said is None or said == found for said, found in zip(expected, seen.found, strict=True))
            case _:
                raise WrongCase(
                    "must be [decision, state]: allowed, rejected or null, and closed, open, half_open or null"
                )

    def shown(self, expected: Any) -> str:
        """What the record says, in words."""
        return " ".join(word for word in expected if word is not None)


def _result(outcome: Any) -> tuple[Outcome, float]:
    """An outcome and the seconds that the call is said to have taken: 0 where nothing is said."""
    match outcome:
        case str() if outcome in RESULTS:
            return RESULTS[outcome], 0.0
        case [str() as name, seconds] if name in RESULTS:
            return RESULTS[name], number(seconds, "the duration of a call")
        case str():
            raise WrongCase(f"{outcome!r} is no outcome{hint(outcome, RESULTS)}; there are: {', '.join(RESULTS)}")
        case _:
            raise WrongCase(f"{outcome!r} is no outcome: write one of {', '.join(RESULTS)}, or [outcome, seconds]")


def _between(began: float, ended: float) -> float:
    """Seconds between two times of a file, by their decimals: as floats, 1763900002.1 - 1763900000.1 is not 2."""
    return float(Decimal(repr(ended)) - Decimal(repr(began)))


def _shown(outcome: Any) -> str:
    return outcome if isinstance(outcome, str) else f"{outcome[0]} after {in_words(outcome[1])}s"
