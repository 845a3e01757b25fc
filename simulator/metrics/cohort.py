"""The metrics of requests: of those answered in a period, and of those that arrived in it, followed to the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from simulator.metrics.figures import Figure, Figures, average, percentile, ratio
from simulator.metrics.names import PERCENTILES
from simulator.metrics.requests import DONE, ORPHANED, UNDONE, UNFINISHED, within
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.metrics.phases import Phase
    from simulator.metrics.quantiles import Values
    from simulator.metrics.requests import Requests


def window_figures(requests: Requests, phase: Phase) -> Figures:
    """Throughput and goodput: what happened in the phase, whenever it arrived."""
    yield Figure("throughput", float(within(requests.column["answered"], phase.pieces).sum()) / phase.seconds)
    yield Figure("goodput", float(within(requests.finished_at, phase.pieces).sum()) / phase.seconds)


def cohort_figures(requests: Requests, fulfilled_by: float, good_within: Iterable[float]) -> Figures:
    """All figures of some requests.

    Args:
        requests: those that arrived in a phase.
        fulfilled_by: until when an answer and its effects count as fulfilled, seconds from the start.
        good_within: limits of the objective ``good``, seconds after arrival.
    """
    yield from _answers(requests, fulfilled_by, good_within)
    yield from _times(requests)
    yield from _counts(requests)
    yield from _consistency(requests)
    if "staleness" in requests.column:
        yield from _staleness(requests)


def _answers(requests: Requests, fulfilled_by: float, good_within: Iterable[float]) -> Figures:
    outcome = requests.column["outcome"]
    total = len(requests)
    answered = int((outcome >= 0).sum())
    counts = {kind: int((outcome == kind).sum()) for kind in Outcome}
    fine = counts[Outcome.OK] + counts[Outcome.CLIENT_ERROR]
    yield ratio("fulfilled", int((requests.finished_at <= fulfilled_by).sum()), total)
    for number, limit in enumerate(good_within):
        good = int(((outcome == Outcome.OK) & (requests.latency <= limit)).sum())
        yield ratio("good" if number == 0 else f"good@{limit:g}", good, total)
    yield ratio("error_rate", answered - fine, answered)
    for kind in list(Outcome)[1:]:
        yield ratio(f"{kind.label}_rate", counts[kind], answered)
    unfinished = requests.column["state"] == UNFINISHED
    available = ((outcome == Outcome.OK) | (outcome == Outcome.CLIENT_ERROR)) & ~unfinished
    yield ratio("availability", int(available.sum()), total)


def _times(requests: Requests) -> Figures:
    outcome = requests.column["outcome"]
    yield from _family("latency", np.sort(requests.latency[outcome == Outcome.OK]))
    yield from _family("answer_latency", np.sort(requests.latency[outcome >= 0]))
    completion = np.sort(requests.completion)
    yield from _family("completion", completion)
    yield Figure("completion_left_out", float(np.isinf(completion).sum()))


def _family(name: str, ascending: Values) -> Figures:
    yield average(f"{name}_mean", ascending[np.isfinite(ascending)])
    for suffix, share in PERCENTILES.items():
        yield percentile(f"{name}_{suffix}", ascending, share)


def _counts(requests: Requests) -> Figures:
    total = len(requests)
    names = {"calls_per_request": "calls"}
    per_request = ("retries", "timeouts", "rejected", "duplicates", "lost", "dead_lettered", "out_of_order")
    for metric in ("calls_per_request", *per_request):
        yield ratio(metric, int(requests.column[names.get(metric, metric)].sum()), total)
    yield ratio("duplicated", int((requests.column["duplicates"] > 0).sum()), total)


def _consistency(requests: Requests) -> Figures:
    total = len(requests)
    state, ok = requests.column["state"], requests.column["outcome"] == Outcome.OK
    answered = requests.column["outcome"] >= 0
    for metric, kind in (("done", DONE), ("undone", UNDONE), ("orphaned", ORPHANED), ("unfinished", UNFINISHED)):
        yield ratio(metric, int((state == kind).sum()), total)
    yield ratio("stuck_sagas", int((requests.column["stuck"] > 0).sum()), total)
    yield ratio("false_ok", int((ok & (state != DONE) & (state != UNFINISHED)).sum()), total)
    yield ratio("false_error", int((answered & ~ok & (state == DONE)).sum()), total)
    several = requests.column["effects"] > 1
    windows = np.sort(requests.column["mixed_time"][several])
    yield from _family("inconsistency_window", windows)
    yield Figure("inconsistency_window_left_out", float(np.isinf(windows).sum()))


def _staleness(requests: Requests) -> Figures:
    column = requests.column["staleness"]
    read = np.sort(column[~np.isnan(column)])
    yield from _family("staleness", read)
    yield ratio("stale_reads", int((read > 0).sum()), len(read))
