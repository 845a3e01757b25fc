"""What one run hands back: plain columns, ready for a data frame. Knows nothing of how they were measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Columns = dict[str, Any]
"""Column name to a sequence (list or numpy array), all of one length."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """One replication of one variant at one point.

    Attributes:
        metrics: columns ``phase, operation, metric, value, of``: one row per figure, in the units of
            `simulator.metrics.names.METRICS`. NaN: nothing to measure (no request, say); infinity: never. ``of``:
            over how much it was taken, see `simulator.metrics.figures.Figure`.
        timeline: columns ``operation, metric, time, value``: what happened in the window that begins at
            ``time`` (seconds); windows are ``run.window`` long.
        distributions: columns ``operation, measure, survival, value``: ``value`` (seconds) is exceeded by the
            share ``survival`` of requests; measures are ``latency`` and ``completion``.
        requests: one row per request with ``record: requests``, else None. Columns ``operation, request,
            arrived, answered, outcome, reason, state, completed, calls, retries, timeouts, rejected,
            duplicates, lost, dead_lettered, stuck`` (times in seconds; NaN where it never came).
        facts: counts for messages and progress: ``events``, ``calls``, ``requests``, ``simulated`` (seconds).
        breaker_states: columns ``operation, time, state``: every change of a breaker
            (``closed|open|half_open``) on the edge ``call:a->b``, in order of time.
        effects: what went wrong with the effects of requests that arrived in the window. Columns ``operation,
            what, effect, path, without, cause, place, requests, units`` and, of the first such request, the moments
            ``arrived, first, repeated, again`` (seconds). A row with ``what`` ``requests`` counts all that arrived.
        losses: columns ``operation, reason, messages``: messages lost in the window by reason; ``taken`` in place of
            a reason: all that were taken in.
        order_statistics: the samples behind the percentiles, thinned. Columns ``phase, operation, family, of, values``:
            ``family_p99`` is a percentile of a sample of ``of`` values, of which ``values`` are the order statistics of
            the ranks `simulator.metrics.order_statistics.ranks`, descending.
        batches: as ``metrics``, of consecutive batches of the window, where these were asked for; ``phase`` is the
            batch's number.
        batch_samples: as ``order_statistics``, of the batches.
    """

    metrics: Columns
    timeline: Columns
    distributions: Columns
    requests: Columns | None
    facts: dict[str, float] = field(default_factory=dict)
    breaker_states: Columns = field(default_factory=dict)
    effects: Columns = field(default_factory=dict)
    losses: Columns = field(default_factory=dict)
    order_statistics: Columns = field(default_factory=dict)
    batches: Columns = field(default_factory=dict)
    batch_samples: Columns = field(default_factory=dict)
