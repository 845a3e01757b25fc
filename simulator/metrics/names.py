"""The metrics that callsim reports: their names, units, and which direction is good.

This is the one list: the metrics are computed, tabled, charted and checked against objectives by it
(language reference, section 9). Percentiles follow the pattern ``<family>_p50|p90|p95|p99|p999``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower", "neither"]

PERCENTILES: dict[str, float] = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p999": 0.999}
"""Suffix of a percentile metric and the quantile it stands for."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of meaning.

    Attributes:
        name: as in ``summary.csv`` and in objectives.
        unit: ``s``, ``1/s``, ``share``, ``count`` or ``1/request``.
        better: the direction in which the metric is good.
        kind: ``window`` (what happened in the window, whoever it belongs to), ``cohort`` (requests that
            arrived in the window, followed to the end of the drain) or ``recovery`` (after a phase).
        meaning: one sentence for tables and hover texts.
    """

    name: str
    unit: str
    better: Direction
    kind: Literal["window", "cohort", "recovery"]
    meaning: str


def _family(name: str, meaning: str) -> list[Metric]:
    mean = Metric(f"{name}_mean", "s", "lower", "cohort", f"mean {meaning}")
    rest = [
        Metric(f"{name}_{suffix}", "s", "lower", "cohort", f"{100 * share:g} % of {meaning} lie at or below it")
        for suffix, share in PERCENTILES.items()
    ]
    return [mean, *rest]


_ALL: list[Metric] = [
    Metric("throughput", "1/s", "higher", "window", "answers per second"),
    Metric("goodput", "1/s", "higher", "window", "requests answered ok and done, per second, at the later moment"),
    Metric("utilization", "share", "neither", "window", "share of the workers that are occupied, on average"),
    Metric("cpu_utilization", "share", "neither", "window", "share of the cores that are at work, on average"),
    Metric("hit_ratio", "share", "higher", "window", "look-ups that found an answer in the cache"),
    Metric(
        "replicas", "count", "neither", "window", "replicas that were up, on average; where a service's number changes"
    ),
    Metric("queue_length", "count", "lower", "window", "requests waiting for a worker, on average"),
    Metric("queue_length_max", "count", "lower", "window", "most requests waiting at one time"),
    Metric("queue_length_end", "count", "lower", "window", "requests waiting at the end of the window"),
    Metric("wait_mean", "s", "lower", "window", "mean wait for a permit of the pool, of those who got one"),
    Metric("backlog", "count", "lower", "window", "messages waiting in the broker, on average"),
    Metric("backlog_max", "count", "lower", "window", "most messages waiting at one time"),
    Metric("backlog_end", "count", "lower", "window", "messages waiting at the end of the window"),
    Metric("behind", "count", "lower", "window", "rows of its copies that do not show the last write, on average"),
    Metric("behind_end", "count", "lower", "window", "rows of its copies that were behind at the end of the window"),
    Metric("diverged", "count", "lower", "window", "rows of its copies that miss a write of the window for good"),
    Metric(
        "wasted_work",
        "share",
        "lower",
        "window",
        "share of occupied worker time whose caller had given up before the end",
    ),
    Metric(
        "breaker_open_share", "share", "lower", "window", "share of time in which the breaker was open or half-open"
    ),
    Metric("breaker_opens", "count", "lower", "window", "times that the breaker opened"),
    Metric(
        "message_age_p99", "s", "lower", "window", "99 % of messages were handled no later than this after publishing"
    ),
    Metric(
        "fulfilled",
        "share",
        "higher",
        "cohort",
        "answered ok and done by the end of the window plus run.fulfilled_within",
    ),
    Metric("good", "share", "higher", "cohort", "answered ok within the objective's limit"),
    Metric("error_rate", "share", "lower", "cohort", "answers that are neither ok nor client_error"),
    Metric("client_error_rate", "share", "neither", "cohort", "answers that are client_error"),
    Metric("server_error_rate", "share", "lower", "cohort", "answers that are server_error"),
    Metric("timeout_rate", "share", "lower", "cohort", "answers that are timeout"),
    Metric("unreachable_rate", "share", "lower", "cohort", "answers that are unreachable"),
    Metric("rejected_rate", "share", "lower", "cohort", "answers that are rejected"),
    Metric("cancelled_rate", "share", "lower", "cohort", "answers that are cancelled"),
    Metric(
        "availability", "share", "higher", "cohort", "ok or client_error, of all requests; unfinished count as failed"
    ),
    *_family("latency", "latencies of ok answers"),
    Metric(
        "latency_sd", "s", "neither", "cohort", "standard deviation of latencies of ok answers (of a route's branch)"
    ),
    *_family("answer_latency", "latencies of all answers"),
    *_family("completion", "times until all effects were in place or all undone"),
    Metric("completion_left_out", "count", "lower", "cohort", "orphaned or unfinished requests left out of the mean"),
    Metric("calls_per_request", "1/request", "neither", "cohort", "attempts sent on all edges, per request"),
    Metric("retries", "1/request", "lower", "cohort", "attempts after the first, per request"),
    Metric("timeouts", "1/request", "lower", "cohort", "attempts that timed out, per request"),
    Metric("rejected", "1/request", "lower", "cohort", "attempts refused without being served, per request"),
    Metric("duplicates", "1/request", "lower", "cohort", "effects in place more than once, per request"),
    Metric("duplicated", "share", "lower", "cohort", "requests with an effect in place more than once"),
    Metric("lost", "1/request", "lower", "cohort", "messages lost, per request"),
    Metric("dead_lettered", "1/request", "lower", "cohort", "messages given up after the last delivery, per request"),
    Metric("out_of_order", "1/request", "lower", "cohort", "messages delivered after a later one, per request"),
    Metric(
        "deliveries", "count", "lower", "window", "deliveries of a message until it was handled or given up, on average"
    ),
    Metric("redelivered", "1/request", "lower", "window", "deliveries after the first, per message"),
    Metric("done", "share", "higher", "cohort", "all expected effects in place at the end"),
    Metric("undone", "share", "neither", "cohort", "no effect in place at the end"),
    Metric("orphaned", "share", "lower", "cohort", "some effects in place and some not at the end"),
    Metric("stuck_sagas", "share", "lower", "cohort", "an undo, or a step past the pivot, failed for good"),
    Metric("false_ok", "share", "lower", "cohort", "answered ok, yet not done"),
    Metric("false_error", "share", "lower", "cohort", "answered otherwise, yet done"),
    Metric("unfinished", "share", "lower", "cohort", "still at work, waiting or queued when the run ended"),
    *_family("inconsistency_window", "times in which some effects were in place and some not"),
    Metric(
        "inconsistency_window_left_out",
        "count",
        "lower",
        "cohort",
        "requests still mixed at the end, left out of the mean",
    ),
    *_family("staleness", "ages of the oldest write that a request did not see in what it read"),
    Metric("stale_reads", "share", "lower", "cohort", "requests that read something stale, of those that read"),
    Metric("recovered", "share", "higher", "recovery", "replications in which the bounds held again after the phase"),
    Metric("recovery_time", "s", "lower", "recovery", "from the phase's end until the bounds held again; median"),
]

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""All metrics by name, in the order in which tables show them."""
