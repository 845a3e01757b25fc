"""Retries and hedges against luck that attempts have in common. Each check raises a false alarm on one seed in 1,000.

Two attempts of one request both fail with the probability that two normal draws of correlation rho both lie below the
share's quantile (the bivariate normal integral).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from tests.support import play
from tests.theory.agreement import agree, each, replications

FAILING = """
services:
  a: {workers: 64, operations: {run: {steps: [{call: b.run}]}}}
  b: {workers: 64, operations: {run: {work: 1ms, server_errors: {share: 30%, per_request: 60%}}}}
calls: {a -> b: {retry: {max_retries: 1}}}
workload: [{call: a.run, arrivals: {process: poisson, rate: 100/s}}]
run: {duration: 20s, record: summary, window: 20s, seed: 5}
"""


def both(share: float, common: float) -> float:
    """The probability that two attempts of one request fail."""
    place = stats.norm.ppf(share)
    return float(stats.multivariate_normal([0, 0], [[1, common], [common, 1]]).cdf([place, place]))


@pytest.mark.parametrize("common", [0.3, 0.6, 0.9])
def test_a_retry_helps_less_the_more_luck_is_the_requests_own(tmp_path: Path, common: float) -> None:
    setting = f"services.b.operations.run.server_errors.per_request={common}"
    played = replications(tmp_path, FAILING, setting)
    assert agree(each(played, lambda one: one.figure("run", "error_rate")), both(0.3, common), precision=0.05)
    assert agree(each(played, lambda one: one.figure("run", "calls_per_request") - 1), 1.3, precision=0.03)


def test_client_errors_are_shared_too(tmp_path: Path) -> None:
    text = FAILING.replace("server_errors", "client_errors").replace(
        "max_retries: 1", "max_retries: 1, retry_on: [client_error]"
    )
    played = replications(tmp_path, text)
    assert agree(each(played, lambda one: one.figure("run", "client_error_rate")), both(0.3, 0.6), precision=0.05)


def test_a_retry_after_a_timeout_meets_the_same_slowness(tmp_path: Path) -> None:
    text = (
        FAILING.replace("work: 1ms, server_errors: {share: 30%, per_request: 60%}", "work: WORK")
        .replace("WORK", "{dist: lognormal, median: 10ms, p99: 100ms, per_request: 80%}")
        .replace("{retry:", "{timeout: 20ms, retry:")
    )
    share = float(stats.norm.sf(stats.norm.ppf(0.99) * 0.30103))  # log 2 / log 10 of the way to the 99th percentile
    played = replications(tmp_path, text)
    assert agree(each(played, lambda one: one.figure("run", "error_rate")), both(share, 0.8), precision=0.08)


def test_what_everything_depends_on_the_request_for_is_never_helped(tmp_path: Path) -> None:
    settings = ("services.b.operations.run.server_errors.per_request=100%", 'calls."a -> b".retry.max_retries=3')
    for row in play(tmp_path, FAILING, *settings, "run.record=requests").rows():
        assert row.retries == (0 if row.outcome == "ok" else 3)


def test_without_it_nothing_changes(tmp_path: Path) -> None:
    """0 is the default, and draws what a bare share draws."""
    zero = "services.b.operations.run.server_errors={share: 30%, per_request: 0}"
    bare = "services.b.operations.run.server_errors=30%"
    record = "run.record=requests"
    assert play(tmp_path, FAILING, zero, record).rows() == play(tmp_path, FAILING, bare, record).rows()
