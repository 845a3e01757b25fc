"""Threads that wait: one slow dependency takes them all, a bulkhead, a timeout or not waiting with them does not.

Sources: M. Ulrich, Addressing Cascading Failures, in Site Reliability Engineering, 2016, chapter 22; A. K. Erlang 1917
(loss system; insensitive to the law of the service times); J. D. C. Little 1961.
"""

from __future__ import annotations

from statistics import mean

import pytest

from tests.classics.catalog import replications
from tests.theory.agreement import agree, each, figures

# -- one slow dependency ---------------------------------------------------------------------------------------

SHORT = (
    "faults[0]={kind: slowdown, name: slow, target: recommender, factor: 200, at: 3s, for: 25s}",
    "phases.exhausted={from: 14s, to: 26s}",
    "run={duration: 28s, warmup: 1s, drain: 10s, seed: 3, record: summary}",
)
EXHAUSTED = "during:exhausted"
THREADS = {"bulkhead": 0.140, "timeout": 0.2839}
"""Share of the 100 threads: 200/s · 20 ms, and 10 in the bulkhead or 50/s · E min(10 s, 0.5 s)."""


def test_one_slow_dependency_takes_the_threads_of_those_who_do_not_need_it() -> None:
    (played,) = replications("thread-pool-exhaustion", *SHORT, variant="shared threads")
    assert played.figure("browse", "error_rate", EXHAUSTED) > 0.8
    assert played.figure("service:gateway", "utilization", EXHAUSTED) > 0.99
    assert played.figure("call:gateway->catalogue", "error_rate", EXHAUSTED) == 0, "what it needs is well"


@pytest.mark.parametrize(
    "variant", ["bulkhead", "timeout", "bulkhead and timeout", "breaker and timeout", "waiting without threads"]
)
def test_isolated_from_it_the_others_notice_nothing(variant: str) -> None:
    (played,) = replications("thread-pool-exhaustion", *SHORT, variant=variant)
    assert played.figure("browse", "error_rate", EXHAUSTED) == 0
    assert played.figure("browse", "latency_mean", EXHAUSTED) == pytest.approx(0.020, rel=0.1)
    assert played.figure("recommend", "error_rate", EXHAUSTED) > 0.5, "it is still slow"


@pytest.mark.stat
@pytest.mark.parametrize("variant", sorted(THREADS))
def test_isolated_threads_follow_littles_law(variant: str) -> None:
    played = replications("thread-pool-exhaustion", variant=variant, number=10)
    busy = each(played, lambda one: one.figure("service:gateway", "utilization", EXHAUSTED))
    assert agree(busy, THREADS[variant], precision=0.04)


@pytest.mark.stat
def test_shared_threads_as_written() -> None:
    for played in replications("thread-pool-exhaustion", variant="shared threads", number=10):
        assert played.figure("browse", "error_rate", EXHAUSTED) > 0.85
    for played in replications("thread-pool-exhaustion", variant="more threads", number=10):
        assert played.figure("browse", "error_rate", EXHAUSTED) > 0.1, "400 are fewer than 504"


# -- requests that hang ----------------------------------------------------------------------------------------

HANDLED = 0.19579
"""Erlang's loss formula: 100 threads under 100/s · (5 % · 100 s + 95 % · 100 ms) = 509.5. The book: 1,000 / 5,095."""


def test_a_server_full_of_hanging_requests_handles_one_in_five() -> None:
    """One server of the ten, for itself; its deadlines vary, so that they do not come in waves."""
    deadline = 'calls."frontend -> unreachable".timeout={dist: exponential, mean: 100s}'
    small = ("services.frontend.replicas=1", "workload.read.arrivals.rate=100/s", "run.duration=500s")
    played = replications("hanging-requests", deadline, *small, variant="deadline 100 s", number=8)
    handled = each(played, lambda one: 1 - one.figure("read", "rejected_rate"))
    assert agree(handled, HANDLED, precision=0.14)


@pytest.mark.parametrize("variant", ["deadline 1 s", "bulkhead"])
def test_bounded_in_time_or_number_they_do_no_harm(variant: str) -> None:
    small = ("services.frontend.replicas=1", "workload.read.arrivals.rate=100/s", "run={duration: 60s, warmup: 5s}")
    (played,) = replications("hanging-requests", *small, variant=variant)
    assert played.figure("read", "rejected_rate") == 0
    assert played.figure("read", "error_rate") == pytest.approx(0.05, abs=0.012)


@pytest.mark.stat
def test_the_frontend_of_the_book_as_written() -> None:
    played = replications("hanging-requests", variant="deadline 100 s", number=3)
    handled = 1 - mean(figures(played, "read", "rejected_rate"))
    assert handled == pytest.approx(0.196, abs=0.01)
