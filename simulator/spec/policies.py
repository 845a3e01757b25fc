"""Call policies: deadline, retry, breaker, timeout, and what a given-up call still costs (`cancel`).

A spec is concrete once validated: presets are filled in, so that whoever builds from it needs no defaults.
Left out: fallback, cache, hedge, throttle, rate limits, bulkheads, outlier ejection, retry budgets, window breakers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Natural, Positive, Spec, is_partial, not_yet
from simulator.spec.laws import AnyLaw, LawSpec
from simulator.spec.units import Duration, DurationText, PositiveDuration, Share

FailureName = Literal["client_error", "server_error", "timeout", "unreachable", "rejected", "cancelled"]
"""Outcomes other than ok, as a file writes them."""

Cancel = Literal["never", "at_dequeue", "queued", "always"]
"""What a given-up call still costs the callee."""

TRANSIENT: tuple[FailureName, ...] = ("server_error", "timeout", "unreachable")
"""What a retry repeats and a breaker counts unless the file says otherwise."""

EVERY_ERROR: tuple[FailureName, ...] = ("client_error", "server_error", "timeout", "unreachable", "rejected")
"""What the document's breaker counts."""

LATER_POLICIES = frozenset(
    {"fallback", "cache", "hedge", "throttle", "rate_limit", "adaptive_limit", "bulkhead", "outlier"}
)


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("policy", "{text}", {"text": text})


def _named(key: str, written: Any) -> BeforeValidator:
    """A bare text is the mapping that says only ``key``."""

    def expand(value: Any) -> Any:
        return {key: value} if isinstance(value, (str, int, float)) else value

    return BeforeValidator(expand, json_schema_input_type=written)


JitterKind = Literal["none", "full", "equal", "additive", "proportional"]


class JitterSpec(Spec):
    """What chance does to a delay v.

    ``full`` is U(0, v); ``equal`` v/2 + U(0, v/2); ``additive`` v + U(0, ``max``) in seconds;
    ``proportional`` v · U(1 - ``share``, 1 + ``share``).
    """

    kind: JitterKind = "none"
    max: Duration | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        for key, kind in (("max", "additive"), ("share", "proportional")):
            given = getattr(self, key) is not None
            if given and self.kind != kind and not is_partial(info):
                raise _wrong(f"{key} belongs to the jitter of kind {kind}, not {self.kind}")
            if not given and self.kind == kind:
                self.require(info, key)
        return self


class BackoffSpec(Spec):
    """The wait before retry n (n from 1), from ``base`` b and ``multiplier`` m.

    ``fixed`` is b; ``linear`` n·b; ``exponential`` b·m^(n-1); ``decorrelated`` U(b, 3·previous), first previous b.
    ``max`` caps it, before or after the jitter.
    """

    kind: Annotated[Literal["fixed", "linear", "exponential", "decorrelated"], not_yet("polly_v2")] = "fixed"
    base: Duration = 0.0
    multiplier: Annotated[Positive, Field(ge=1)] = 2.0
    max: PositiveDuration | None = None
    cap: Literal["after_jitter", "before_jitter"] = "after_jitter"
    jitter: Annotated[JitterSpec, _named("kind", JitterKind | JitterSpec)] = JitterSpec()

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "kind", "base")
        if self.max is not None and self.max < self.base:
            raise _wrong("max must not be below base")
        return self


class RetrySpec(Spec):
    """Repeats a failed call: ``max_retries`` after the first attempt, or ``attempts`` in all, never both."""

    later: ClassVar[frozenset[str]] = frozenset({"budget", "preset"})

    max_retries: Natural | None = None
    attempts: Count | None = None
    backoff: BackoffSpec | None = None
    retry_on: tuple[FailureName, ...] = TRANSIENT

    @model_validator(mode="after")
    def _one_number(self, info: ValidationInfo) -> Self:
        if self.max_retries is not None and self.attempts is not None:
            raise _wrong("write max_retries or attempts, not both")
        if self.max_retries is None and self.attempts is None:
            self.require(info, "max_retries")
        return self

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        if self.attempts is not None:
            return self.attempts - 1
        return self.max_retries or 0


class HalfOpenSpec(Spec):
    """How a half-open breaker probes: at most ``permits`` probes at once (None: no limit); ``closes_after`` successes
    close it, ``opens_after`` failures open it again."""

    permits: Count | None = 1
    closes_after: Count = 1
    opens_after: Count = 1


_LATER_BREAKERS = (
    "resilience4j",
    "polly",
    "gobreaker",
    "hystrix",
    "pybreaker",
    "aiobreaker",
    "purgatory",
    "circuitbreaker",
    "envoy",
    "istio",
)
_DOCUMENT: dict[str, Any] = {"failures": EVERY_ERROR, "open_ends": "after"}


def _preset(name: Any, max_failures: Any) -> dict[str, Any]:
    """What a breaker preset says, before the file's own keys."""
    if name == "document_v1":
        return {**_DOCUMENT, "half_open": {"permits": None, "closes_after": 1, "opens_after": 1}}
    if name == "document_v2":
        return {**_DOCUMENT, "half_open": {"permits": None, "closes_after": 1, "opens_after": max_failures}}
    return {"open_ends": "after", "half_open": {"permits": 1, "closes_after": 1, "opens_after": 1}}


class BreakerSpec(Spec):
    """A breaker that counts consecutive failures and opens at the ``max_failures``-th for ``open_for`` seconds.

    Presets: ``strict`` (also what holds without one), ``document_v1`` and ``document_v2`` (the brief's Go code:
    half-open lets every call through; v1 opens at the first failure there, v2 at the ``max_failures``-th).
    ``open_ends``: ``after`` and ``at`` move to half-open with the first call later than (or at) the end, ``timer`` by
    itself. ``scope``: ``caller`` one per calling replica and called service, ``edge`` one shared, ``callee`` one per
    called replica.
    """

    later: ClassVar[frozenset[str]] = frozenset({"window", "minimum_calls", "failure_rate", "slow_call"})

    kind: Annotated[Literal["consecutive"], not_yet("window")] = "consecutive"
    preset: Annotated[Literal["strict", "document_v1", "document_v2"] | None, not_yet(*_LATER_BREAKERS)] = None
    max_failures: Count = 5
    open_for: PositiveDuration = 30.0
    open_ends: Literal["after", "at", "timer"] = "after"
    half_open: HalfOpenSpec = HalfOpenSpec()
    late_results: Literal["ignored", "current_state", "admitted_state"] = "ignored"
    failures: Annotated[tuple[FailureName, ...], Field(min_length=1)] = TRANSIENT
    serialised: Flag = False
    scope: Literal["caller", "edge", "callee"] = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        base = _preset(data.get("preset"), data.get("max_failures", 5))
        half_open = data.get("half_open", {})
        if isinstance(half_open, Mapping):
            half_open = {**base["half_open"], **half_open}
        return {**base, **data, "half_open": half_open}


class DeadlineSpec(Spec):
    """Spans all attempts of a call; ``propagate`` hands the time that remains down to the callee."""

    total: PositiveDuration = 0.0
    propagate: Flag = False

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "total")
        return self


Deadline = Annotated[DeadlineSpec, _named("total", DurationText | DeadlineSpec)]
TimeoutSpec = LawSpec
"""How long one attempt is waited for: a time, or a law of patience."""

PolicySpec = DeadlineSpec | RetrySpec | BreakerSpec | AnyLaw
"""What a stack holds; a law there is a timeout."""


class StackEntrySpec(Spec):
    """One policy of a stack written as a list: exactly one key."""

    later: ClassVar[frozenset[str]] = LATER_POLICIES

    deadline: Deadline | None = None
    retry: RetrySpec | None = None
    breaker: BreakerSpec | None = None
    timeout: TimeoutSpec | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise _wrong("each entry of a stack names one policy: deadline, retry, breaker or timeout")
        return self


def _taken_away(value: Any) -> Any:
    return None if value == "none" else value


_NONE = Literal["none"]


class OwnPolicies(Spec):
    """The policies that an entry of `policies` or `calls`, or an undo, may write for itself.

    The text ``none`` takes an inherited policy away: the key is then set, and its value None.
    """

    later: ClassVar[frozenset[str]] = LATER_POLICIES

    deadline: Annotated[Deadline | None, BeforeValidator(_taken_away, json_schema_input_type=Deadline | _NONE)] = None
    retry: Annotated[RetrySpec | None, BeforeValidator(_taken_away, json_schema_input_type=RetrySpec | _NONE)] = None
    breaker: Annotated[BreakerSpec | None, BeforeValidator(_taken_away, json_schema_input_type=BreakerSpec | _NONE)] = (
        None
    )
    timeout: Annotated[TimeoutSpec | None, BeforeValidator(_taken_away, json_schema_input_type=TimeoutSpec | _NONE)] = (
        None
    )
    cancel: Annotated[Cancel | None, BeforeValidator(_taken_away, json_schema_input_type=Cancel | _NONE)] = None


class CallSpec(OwnPolicies):
    """One entry of `policies` or `calls`, or what such entries come to on one edge.

    ``extends`` names the policy that this one starts from; ``stack`` is another order than the usual one, outermost
    first. The text ``none`` for a policy takes an inherited one away.
    """

    extends: str | None = None
    stack: Annotated[
        tuple[StackEntrySpec, ...] | None,
        not_yet("resilience4j", "polly_standard", "polly_hedging", "envoy"),
    ] = None


ORDER: tuple[str, ...] = ("deadline", "retry", "breaker", "timeout")
"""The usual order of the policies on an edge, outermost first."""


class StackItem(NamedTuple):
    """One policy on an edge: its name (``deadline``, ``retry``, ``breaker`` or ``timeout``) and its settings."""

    name: str
    spec: PolicySpec


class EdgePolicies(Spec):
    """What wraps every call on one edge: the stack, outermost first, and what giving up costs the callee."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    stack: tuple[StackItem, ...] = ()
    cancel: Cancel = "never"
