"""Adaptive limits on concurrency: those of Netflix's concurrency-limits, Envoy's, and what an experiment file writes.

Draws of chance (when the least response time is measured anew) all fall on the middle: a record does not hold them.
"""

from __future__ import annotations

from typing import Any

from experiments.replay.common import (
    CALLSIM,
    Event,
    Params,
    Seen,
    Unsupported,
    WrongCase,
    always,
    number,
    only_known,
    spec_as_written,
    spec_from,
)
from simulator.build.machines import limit_rule
from simulator.spec.policies import LimitSpec

NAME = "concurrency_limit"
_MIDDLE = 0.5

_KNOWN: dict[str, dict[str, str]] = {
    "aimd": {"backoff_ratio": "backoff_ratio", "timeout_s": "timeout"},
    "vegas": {key: key for key in ("alpha", "beta", "smoothing", "probe_multiplier")},
    "gradient2": {key: key for key in ("smoothing", "queue_size", "long_window")},
}
"""Of each kind: its parameters, and what they are called here."""

_OF_ALL = {key: key for key in ("kind", "initial", "min", "max")}
_STEP = "max(1,int(log10(limit)))"
"""What vegas takes as its threshold; a record may say so."""


def spec_of(policy: str, params: Params) -> LimitSpec:
    """The adaptive limit of a case.

    Args:
        policy: ``concurrency_limit``, or ``concurrency_limit/callsim`` for `params` as an experiment file writes them.
        params: `kind` is ``aimd``, ``vegas`` or ``gradient2``; times in seconds.

    Raises:
        Unsupported: the kind or a parameter is not known. WrongCase: a value is wrong.
    """
    if policy == f"{NAME}/{CALLSIM}":
        return spec_as_written(LimitSpec, params, policy)
    kind = params.get("kind")
    if policy != NAME or not isinstance(kind, str) or kind not in _KNOWN:
        named = policy if policy != NAME else f"{policy} of kind {kind!r}"
        known = ", ".join(_KNOWN)
        raise Unsupported(f"no such policy is known: {named}; there are: {known}, and {NAME}/{CALLSIM}")
    names = {**_OF_ALL, **_KNOWN[kind]}
    stated = ("threshold",) if kind == "vegas" else ()
    only_known(params, (*names, *stated), f"{policy} of kind {kind}")
    always(params, "threshold", (_STEP,), f"{policy} of kind {kind}")
    return spec_from(LimitSpec, {ours: params[theirs] for theirs, ours in names.items() if theirs in params}, policy)


class LimitPlayer:
    """Plays samples against one rule."""

    def __init__(self, policy: str, params: Params) -> None:
        self._rule = limit_rule(spec_of(policy, params), lambda: _MIDDLE)

    def play(self, event: Event) -> Seen:
        """Play an event.

        Raises:
            WrongCase: it is no event of an adaptive limit.
        """
        now, *words = event
        match words:
            case ["sample", rtt, int() as inflight, bool() as dropped] if inflight >= 0:
                limit = self._rule.sample(number(rtt, "the response time"), inflight, dropped, now)
                text = f"sample {rtt}s {inflight} in flight{', dropped' if dropped else ''}"
                return Seen(text, "", f"limit {limit}", limit)
            case _:
                raise WrongCase(
                    'is no event of an adaptive limit: write [time, "sample", seconds, requests in flight, dropped]'
                )

    def agrees(self, seen: Seen, expected: Any) -> bool:
        """Whether the limit is that of the record.

        Raises:
            WrongCase: the record does not hold a limit.
        """
        if not isinstance(expected, (int, float)) or isinstance(expected, bool):
            raise WrongCase("must be a limit, a number of requests")
        return bool(seen.found == expected)

    def shown(self, expected: Any) -> str:
        """What the record says, in words."""
        return f"limit {expected}"
