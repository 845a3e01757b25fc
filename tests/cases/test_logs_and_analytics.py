"""Logs: what a line of the log costs the request, and what an outage of the log costs the lines."""

from __future__ import annotations

import pytest

from tests.cases.played import as_written, mean, short
from tests.support import Played

NAME, VIEW = "logs-and-analytics", "view"
IN, OVER, PUBLISHED, QUEUED = "in the request", "in the request, passed over", "publish", "durable queue"


def test_logging_in_the_request_fails_it_with_the_log() -> None:
    assert short(NAME, IN).figure(VIEW, "error_rate", "during:down") == 1
    for variant in (OVER, PUBLISHED, QUEUED):
        assert short(NAME, variant).figure(VIEW, "error_rate") == 0


def test_whoever_does_not_keep_the_line_loses_the_outage() -> None:
    for variant in (OVER, PUBLISHED):
        assert short(NAME, variant).figure(VIEW, "done", "during:down") == 0
    assert short(NAME, QUEUED).figure(VIEW, "done", "during:down") == 1


def test_publishing_is_faster_than_writing() -> None:
    assert short(NAME, PUBLISHED).figure(VIEW, "latency_p50") < short(NAME, IN).figure(VIEW, "latency_p50") - 0.004


def test_publishing_is_itself_again_at_once() -> None:
    assert short(NAME, PUBLISHED).figure(VIEW, "done", "after:down") > 0.99


def test_a_hundred_lines_at_once_cost_one_write() -> None:
    """40 lines a second and a linger of 500 ms: a batch holds 20 of them and the first."""
    batches = short(NAME, "durable queue, in batches")
    assert batches.figure(VIEW, "done") == 1
    assert batches.figure("service:log", "throughput", "healthy") == pytest.approx(40 / 21, rel=0.1)
    assert batches.figure("service:log", "utilization") < 0.1
    assert 0.2 < batches.figure(VIEW, "completion_p50", "healthy") < 0.4, "the linger, on average half of it"


def empty_again(played: Played) -> float:
    """Seconds from the end of the outage until next to nothing waits."""
    backlog = played.timeline("topic:page.viewed", "backlog")
    return min(time for time, waiting in backlog.items() if time > 125 and waiting < 50) - 120


@pytest.mark.stat
def test_the_backlog_of_a_minute_is_gone_after_another_minute() -> None:
    """6,000 lines wait, and 200 - 100 a second more are written than come."""
    runs = as_written(NAME, QUEUED)
    assert mean(runs, "topic:page.viewed", "backlog_max") == pytest.approx(6_000, rel=0.03)
    assert sum(map(empty_again, runs)) / len(runs) == pytest.approx(60, abs=5)
    assert all(empty_again(run) > 70 for run in as_written(NAME, "durable queue, prefetch 1", 2))
