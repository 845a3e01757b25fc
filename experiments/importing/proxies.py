"""What Envoy and Istio, which configures Envoy, have in common: retry conditions, ejection, budgets, HTTP statuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.importing.draft import Block, put
from experiments.importing.reading import Leaf, Reader, Source
from simulator.spec.policies.retry import Repeated

ORDER: tuple[Repeated, ...] = ("client_error", "server_error", "timeout", "unreachable", "queue_full", "shed")
"""In which order outcomes are written."""

_REFUSED = ("queue_full", "shed")

CONDITIONS: dict[str, tuple[str, ...]] = {
    "5xx": ("server_error", "timeout", "unreachable", *_REFUSED),
    "gateway-error": ("timeout", "unreachable", *_REFUSED),
    "reset": ("timeout", "unreachable"),
    "reset-before-request": ("unreachable",),
    "connect-failure": ("unreachable",),
    "http3-post-connect-failure": ("unreachable",),
    "refused-stream": _REFUSED,
    "retriable-status-codes": (),
    "deadline-exceeded": ("timeout",),
    "internal": ("server_error",),
    "resource-exhausted": _REFUSED,
    "unavailable": ("server_error", "unreachable", *_REFUSED),
}
"""Envoy's retry conditions as outcomes; a per-try timeout is retried where a reset is."""

STATUSES: dict[int, tuple[str, ...]] = {
    408: ("timeout",),
    429: _REFUSED,
    502: ("server_error", "unreachable"),
    503: ("server_error", *_REFUSED),
    504: ("timeout",),
}

_LEFT_OUT = {
    "cancelled": "outcomes of that kind are never seen by a retry here",
    "retriable-4xx": "it means 409 alone, and outcomes do not tell one 4xx from another",
    "retriable-headers": "replies have no headers here",
    "envoy-ratelimited": "replies have no headers here",
}


def retried(conditions: Iterable[str], leaf: Leaf, source: Source) -> Leaf | None:
    """The outcomes that retry conditions and status codes come to."""
    found: set[str] = set()
    for condition in (text.strip() for text in conditions):
        outcomes = _outcomes(condition)
        if outcomes is None:
            reason = _LEFT_OUT.get(condition, "no such condition is known")
            source.warn(leaf.place, f"{condition!r} has no counterpart and was left out: {reason}")
        found.update(outcomes or ())
    if not found:
        return None
    return Leaf([name for name in ORDER if name in found], leaf.note, leaf.place)


def _outcomes(condition: str) -> tuple[str, ...] | None:
    if condition.isdecimal():
        status = int(condition)
        return STATUSES.get(status, ("server_error",) if status >= 500 else ("client_error",))
    return () if not condition else CONDITIONS.get(condition)


def ejection(own: Reader, names: dict[str, str], block: Block) -> None:
    """Keys that outlier ejection has in both."""
    put(block, own.whole(names["5xx"]), "consecutive_failures")
    for key, ours in (("interval", "interval"), (names["base"], "base_ejection_time")):
        put(block, own.duration(key), ours)
    put(block, own.percent(names["most"]), "max_ejected")


def budget(own: Reader, percent: str, least: str) -> Block:
    """A retry budget by share; Envoy's own 20 % and 3 where nothing is written."""
    block: Block = {"kind": Leaf("envoy", "", own.place)}
    put(block, own.percent(percent) or Leaf("20%", "Envoy's own percentage", own.place), "share")
    put(block, own.whole(least) or Leaf(3, "Envoy's own number", own.place), "minimum")
    return block


def balancing(leaf: Leaf | None, service: str, source: Source) -> None:
    """Say what to write for a way to balance: it belongs to the service, which an import does not write."""
    if leaf is None:
        return
    ours: dict[str, Any] = {
        "roundrobin": "round_robin",
        "random": "random",
        "leastrequest": "power_of_two",
        "leastconn": "power_of_two",
    }
    kind = ours.get(str(leaf.value).lower().replace("_", ""))
    advice = f"write services.{service}.balancing: {kind}" if kind else "there is no such balancing here"
    source.warn(leaf.place, f"is not a policy of calls and was left out: {advice}")
