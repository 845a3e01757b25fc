"""Circuit breakers: one set of parameters for all libraries. `breaker_presets` says which library is which set.

Where a key says what a library does, the library's own name for it is in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from simulator.spec.base import Count, Flag, Positive, Spec, in_file, is_partial
from simulator.spec.policies.breaker_presets import PRESETS
from simulator.spec.policies.words import TRANSIENT, FailureName, Scope, wrong
from simulator.spec.presets import PresetTable, filled
from simulator.spec.units import Duration, DurationText, PositiveDuration, Share, parse_duration

PresetName = Literal[
    "strict",
    "document_v1",
    "document_v2",
    "resilience4j",
    "polly",
    "gobreaker",
    "hystrix",
    "pybreaker",
    "aiobreaker",
    "purgatory",
    "circuitbreaker",
]

PositiveShare = Annotated[Share, Field(gt=0)]
"""A fraction above 0, up to 1."""

_SHORTEST_DIVIDED = 0.2
"""Seconds: a window shorter than this is one bucket unless the file says otherwise (Polly's rule)."""

_WINDOW_KEYS = ("minimum_calls", "failure_rate", "slow_call")


def _read_size(value: Any, info: ValidationInfo) -> Any:
    """A number of calls stays an int; a time becomes seconds, a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise wrong("must be a number of calls or a duration like 30s")
    if isinstance(value, int):
        return value
    try:
        return parse_duration(value) if isinstance(value, str) or in_file(info) else value
    except ValueError as error:
        raise wrong(str(error)) from None


Size = Annotated[
    int | float, BeforeValidator(_read_size, json_schema_input_type=Count | DurationText), Field(gt=0, le=1e15)
]
"""A number of calls, or seconds."""


class WindowSpec(Spec):
    """Which results a breaker of kind window judges by.

    ``count``: the last ``size`` (resilience4j: ``COUNT_BASED``).

    ``time``: those of the last ``size`` seconds, forgotten a bucket at a time. ``bucket`` is the length of one:
    default a tenth of ``size``, and the whole of a size below 200 ms (Polly). ``anchor`` says where buckets begin:
    ``clock`` at multiples of their length since time 0 (resilience4j: whole seconds), ``state`` at multiples since the
    breaker closed (gobreaker with ``BucketPeriod``, Hystrix), ``first_result`` each at the first result after the one
    before was over (Polly). Aligned buckets (``clock``, ``state``) divide ``size``: n of them cover between n - 1 and
    n lengths. A bucket that begins with a result is dropped when it is ``size`` old.

    ``tumbling``: all since the window began. At the first look (a call or a result) later than ``size`` seconds after
    that everything is forgotten and the next window begins there; results of calls from before are then late
    (gobreaker: ``Interval``). In a breaker that counts consecutive failures it clears their count.
    """

    type: Literal["count", "time", "tumbling"] = "count"
    size: Size | None = None
    bucket: PositiveDuration | None = None
    anchor: Literal["clock", "state", "first_result"] = "first_result"

    @property
    def nanoseconds(self) -> tuple[int, int]:
        """The lengths of the window and of one bucket, in whole nanoseconds."""
        seconds = self.size or 0
        size = round(seconds * 1e9)
        if self.bucket is not None:
            return size, round(self.bucket * 1e9)
        return size, size if seconds < _SHORTEST_DIVIDED else size // 10

    @property
    def is_aligned(self) -> bool:
        """Whether buckets begin at multiples of their length."""
        return self.type == "time" and self.anchor != "first_result"

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        if is_partial(info):
            return self
        self.require(info, "size")
        counts = isinstance(self.size, int)
        if self.type == "count" and not counts:
            raise wrong("the size of a count window is a number of calls")
        if self.type != "count" and counts and in_file(info):
            raise wrong(f"size: {self.size} has no unit: write {self.size}ms or {self.size}s")
        for key in ("bucket", "anchor"):
            if self.type != "time" and key in self.model_fields_set:
                raise wrong(f"{key} belongs to a time window")
        size, bucket = self.nanoseconds
        if self.type != "count" and not min(size, bucket):
            raise wrong("a window and its buckets last a nanosecond or longer")
        if self.bucket is not None and bucket > size:
            raise wrong("bucket must not be longer than size")
        if self.bucket is not None and self.is_aligned and size % bucket:
            raise wrong("size must be a whole number of buckets")
        return self


class SlowCallSpec(Spec):
    """A call that took more than ``longer_than`` seconds is slow, whatever came of it; a share of slow calls of at
    least ``rate`` opens the breaker (resilience4j: ``slowCallDurationThreshold``, ``slowCallRateThreshold``)."""

    longer_than: Duration = 60.0
    rate: PositiveShare = 1.0


class GrowthSpec(Spec):
    """Longer waits for a breaker that opens again without having closed: the k-th lasts ``open_for`` ·
    ``multiplier``^(k - 1), at most ``max`` seconds, which is not below ``open_for`` (resilience4j:
    ``waitIntervalFunction``; Polly: ``BreakDurationGenerator``)."""

    multiplier: Annotated[Positive, Field(ge=1)] = 2.0
    max: PositiveDuration | None = None


class WhileOpenSpec(Spec):
    """What the result of a call does that ends while the breaker is open, where ``late_results: current_state`` lets
    it count: a ``failure`` may begin the open time anew, a ``success`` may close the breaker."""

    failure: Literal["ignored", "restarts"] = "restarts"
    success: Literal["ignored", "closes"] = "ignored"


def _without_limit(value: Any) -> Any:
    return None if value == "unlimited" else value


Permits = Annotated[
    Count | None, BeforeValidator(_without_limit, json_schema_input_type=Count | Literal["unlimited"] | None)
]
"""How many at most; None, in a file ``unlimited``, is no limit."""


class HalfOpenSpec(Spec):
    """How a half-open breaker probes.

    ``permits`` limits the probes (``unlimited``: it does not): so many ``at_once``, each permit free again with its
    result, or so many ``in_total``, until the breaker leaves the state (``counted``). ``verdict: counts`` closes after
    ``closes_after`` successes and opens again after ``opens_after`` failures. ``verdict: rate`` judges by the
    breaker's own rates once there are ``results`` results (default: the smaller of ``minimum_calls`` and
    ``permits``): at a rate reached it opens again, else it closes. After ``max_wait`` seconds without a verdict it
    opens again (None: it waits for ever).
    """

    permits: Permits = 1
    counted: Literal["at_once", "in_total"] = "at_once"
    verdict: Literal["counts", "rate"] = "counts"
    closes_after: Count = 1
    opens_after: Count = 1
    results: Count | None = None
    max_wait: PositiveDuration | None = None

    def complain(self) -> str:
        """Why probes could run out before there is a verdict, or nothing."""
        if self.counted == "at_once":
            return ""
        if self.permits is None:
            return "half_open: counted in_total needs permits"
        needed = self.results or 1 if self.verdict == "rate" else self.closes_after + self.opens_after - 1
        return "" if needed <= self.permits else f"half_open: a verdict may need {needed} results, more than permits"


def _no_mesh(value: Any) -> Any:
    """Envoy and Istio call something else a circuit breaker."""
    if value in ("envoy", "istio"):
        raise wrong(
            f"{value} has no such breaker: write outlier: {{preset: {value}}} and bulkhead: {{preset: {value}}}"
        )
    return value


class BreakerSpec(Spec):
    """A circuit breaker: closed, open for ``open_for`` seconds, then half-open.

    ``kind: consecutive`` opens at the ``max_failures``-th failure without a success in between. ``kind: window`` opens
    when at least ``failure_rate`` of the calls in its ``window`` failed (or ``slow_call.rate`` were slow), of at least
    ``minimum_calls`` (in a count window: of ``size``, if that is less); ``evaluated`` on every ``result``, only on a
    ``failure`` (or slow call), or at a ``tick`` at the end of each bucket; with ``in_flight`` calls that have not
    ended yet count among the calls. Rates are compared as exact decimals.

    ``open_ends``: ``after`` and ``at`` move to half-open with the first call later than (or at) the end, ``timer`` by
    itself. ``growth``: longer waits for repeated opens. ``late_results`` of calls that were admitted before the last
    change of state: ``ignored``, or handled as ``current_state`` (see ``while_open``) or ``admitted_state`` says.
    ``failures`` count as failures; ``ignored`` outcomes only give their permit back; every other outcome is a success.
    An outcome is in one of them at most: where the file writes ``failures`` alone, they leave the usual ``ignored``.
    ``serialised``: one call at a time. ``scope``: ``caller`` one per calling replica and called service, ``edge`` one
    shared, ``callee`` one per called replica. ``preset``: whose behaviour to start from; without one, that of
    ``strict``.
    """

    presets: ClassVar[PresetTable] = PRESETS

    kind: Literal["consecutive", "window"] = "consecutive"
    preset: Annotated[PresetName | None, BeforeValidator(_no_mesh)] = None
    max_failures: Count | None = 5
    window: WindowSpec | None = None
    minimum_calls: Count | None = None
    failure_rate: PositiveShare | None = None
    slow_call: SlowCallSpec | None = None
    evaluated: Literal["result", "failure", "tick"] = "result"
    in_flight: Flag = False
    open_for: PositiveDuration = 30.0
    growth: GrowthSpec | None = None
    open_ends: Literal["after", "at", "timer"] = "after"
    half_open: HalfOpenSpec = HalfOpenSpec()
    late_results: Literal["ignored", "current_state", "admitted_state"] = "ignored"
    while_open: WhileOpenSpec = WhileOpenSpec()
    failures: Annotated[tuple[FailureName, ...], Field(min_length=1)] = TRANSIENT
    ignored: tuple[FailureName, ...] = ("rejected", "cancelled")
    serialised: Flag = False
    scope: Scope = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        written = filled(data, PRESETS)
        if not isinstance(written, Mapping):
            return written
        if written.get("kind") == "window":
            if "max_failures" in data:
                raise wrong("max_failures belongs to kind consecutive")
            written = {**written, "max_failures": None}
        return _with_results(_told_apart(written, data))

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        if is_partial(info):
            return self
        if self.kind == "window":
            self.require(info, "window", "minimum_calls")
            if self.failure_rate is None and self.slow_call is None:
                raise wrong("a breaker with a window needs failure_rate or slow_call")
        else:
            self._only_consecutive()
        if self.evaluated == "tick" and (self.window is None or not self.window.is_aligned):
            raise wrong("evaluated: tick needs a time window with anchor: clock or state")
        complaint = self.half_open.complain() or self._contradiction()
        if complaint:
            raise wrong(complaint)
        return self

    def _contradiction(self) -> str:
        """What two keys say against each other, or nothing."""
        longest = None if self.growth is None else self.growth.max
        if longest is not None and longest < self.open_for:
            return "growth: max must not be below open_for: longer waits would become shorter ones"
        both = [name for name in self.ignored if name in self.failures]
        return f"{', '.join(both)}: in failures and in ignored" if both else ""

    def _only_consecutive(self) -> None:
        for key in _WINDOW_KEYS:
            if getattr(self, key) is not None:
                raise wrong(f"{key} belongs to kind window")
        if self.window is not None and self.window.type != "tumbling":
            raise wrong("a window that counts consecutive failures can only be tumbling: write kind: window")
        if self.half_open.verdict == "rate":
            raise wrong("half_open: verdict rate belongs to kind window")


def _told_apart(data: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outcomes that count as failures are none of those that are ignored because nobody says otherwise."""
    failures = data.get("failures")
    if "ignored" in own or not isinstance(failures, (list, tuple)):
        return data
    usual = data.get("ignored", BreakerSpec.model_fields["ignored"].default)
    return {**data, "ignored": tuple(name for name in usual if name not in failures)}


def _with_results(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A verdict by rate says after how many results."""
    half_open = data.get("half_open")
    if not isinstance(half_open, Mapping) or half_open.get("verdict") != "rate" or "results" in half_open:
        return data
    numbers = [data.get("minimum_calls"), half_open.get("permits", 1)]
    known = [number for number in numbers if isinstance(number, int)]
    return {**data, "half_open": {**half_open, "results": min(known)}} if known else data
