"""The configuration files of the record: every value arrives, every other key is warned about, the result is valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.faults import ErrorsFault, LatencyFault
from tests.importing.press import CONFIGS, Outcome, brought_in

FILES = {
    "resilience4j": "resilience4j-application.yml",
    "istio": "istio.yaml",
    "envoy": "envoy.yaml",
    "grpc": "grpc-service-config.json",
}


@pytest.fixture
def imported(request: pytest.FixtureRequest, tmp_path: Path) -> Outcome:
    return brought_in(request.param, CONFIGS / FILES[request.param], tmp_path)


@pytest.mark.parametrize("imported", ["resilience4j"], indirect=True)
def test_resilience4j(imported: Outcome) -> None:
    policies = imported.policies("payment")
    assert list(policies) == ["retry", "breaker", "rate_limit", "timeout", "bulkhead"]
    retry, breaker = policies["retry"], policies["breaker"]
    assert (retry.retries, retry.backoff.kind, retry.backoff.base, retry.backoff.multiplier) == (
        3,
        "exponential",
        0.2,
        2.0,
    )
    assert (retry.backoff.max, retry.backoff.jitter.kind, retry.backoff.jitter.share) == (2.0, "proportional", 0.5)
    assert retry.backoff.cap == "after_jitter"
    assert "rejected" in retry.retry_on
    window = breaker.window
    assert (window.type, window.size, window.bucket, window.anchor) == ("time", 30.0, 1.0, "clock")
    assert (breaker.minimum_calls, breaker.failure_rate, breaker.open_for, breaker.open_ends) == (
        20,
        0.4,
        10.0,
        "timer",
    )
    assert (breaker.slow_call.longer_than, breaker.slow_call.rate) == (0.8, 0.6)
    assert (breaker.half_open.permits, breaker.half_open.max_wait, breaker.half_open.results) == (5, 30.0, 5)
    limit = policies["rate_limit"]
    assert (limit.kind, limit.limit, limit.period, limit.max_wait) == ("cycles", 100, 1.0, 0.0)
    assert (policies["bulkhead"].limit, policies["bulkhead"].max_wait) == (25, 0.0)
    assert "core: 8" in imported.text
    assert imported.warned("payment-thread-pool")
    assert imported.warned("cancelRunningFuture")


@pytest.mark.parametrize("imported", ["istio"], indirect=True)
def test_istio(imported: Outcome) -> None:
    policies = imported.policies("payment")
    assert list(policies) == ["deadline", "retry", "bulkhead", "outlier", "timeout"]
    retry, outlier = policies["retry"], policies["outlier"]
    assert (policies["deadline"].total, policies["timeout"].value) == (3.0, 0.8)
    assert (retry.retries, retry.backoff.base, retry.backoff.max, retry.backoff.multiplier) == (2, 0.025, 0.25, 2.0)
    assert retry.retry_on == ("server_error", "timeout", "unreachable", "queue_full", "shed")
    assert (retry.purse.share, retry.purse.minimum, retry.purse.max_retries) == (0.2, 3, None)
    assert (policies["bulkhead"].limit, policies["bulkhead"].queue) == (200, 50)
    assert (outlier.consecutive_failures, outlier.consecutive_gateway_failures, outlier.interval) == (5, 3, 10.0)
    assert (outlier.base_ejection_time, outlier.max_ejected, outlier.panic_threshold) == (30.0, 0.5, 0.0)
    assert outlier.success_rate is None
    (scenario,) = imported.document.scenarios()
    abort, delay = scenario.experiment.faults
    assert isinstance(abort, ErrorsFault)
    assert isinstance(delay, LatencyFault)
    assert (abort.target, abort.share) == ("payment", 0.01)
    assert delay.target == "client -> payment"
    assert "{weight: 10, law: 2s}" in imported.text
    for key in ("maxConnections", "connectTimeout", "maxRequestsPerConnection", "maxRetries"):
        assert imported.warned(key)


@pytest.mark.parametrize("imported", ["envoy"], indirect=True)
def test_envoy(imported: Outcome) -> None:
    policies = imported.policies("payment")
    assert list(policies) == ["adaptive_limit", "deadline", "retry", "bulkhead", "outlier", "timeout"]
    limit, retry, outlier = policies["adaptive_limit"], policies["retry"], policies["outlier"]
    assert (limit.kind, limit.percentile, limit.update_interval) == ("envoy", 0.9, 0.1)
    assert (limit.min_rtt_interval, limit.min_rtt_requests) == (60.0, 50)
    assert (policies["deadline"].total, policies["timeout"].value) == (3.0, 0.8)
    assert (retry.retries, retry.backoff.base, retry.backoff.max) == (2, 0.025, 0.25)
    assert (retry.purse.share, retry.purse.minimum) == (0.2, 3)
    assert (policies["bulkhead"].limit, policies["bulkhead"].queue) == (200, 50)
    assert (outlier.max_ejected, outlier.max_ejection_time, outlier.success_rate) == (0.5, 300.0, None)
    assert (outlier.panic_threshold, outlier.update_merge_window) == (0.5, 1.0)
    for key in ("connect_timeout", "lb_policy", "load_assignment", "address", "retry_host_predicate", "runtime_key"):
        assert imported.warned(key)


@pytest.mark.parametrize("imported", ["grpc"], indirect=True)
def test_grpc(imported: Outcome) -> None:
    policies = imported.policies("Payment")
    retry, hedge = policies["retry"], imported.policies("Catalog", "Get")["hedge"]
    assert (policies["deadline"].total, policies["deadline"].propagate) == (2.0, True)
    assert (retry.retries, retry.backoff.base, retry.backoff.max, retry.backoff.jitter.share) == (3, 0.1, 1.0, 0.2)
    assert retry.retry_on == ("server_error", "unreachable", "queue_full", "shed")
    assert (retry.purse.kind, retry.purse.max_tokens, retry.purse.token_ratio) == ("grpc", 10.0, 0.1)
    assert (hedge.max, hedge.delay, hedge.non_fatal) == (2, 0.05, ("server_error", "unreachable", "rejected"))
    assert imported.policies("Catalog", "serve") == {}
    assert imported.warned("waitForReady")
    assert imported.warned("loadBalancingConfig")


@pytest.mark.parametrize("imported", list(FILES), indirect=True)
def test_every_value_says_which_line_it_came_from(imported: Outcome) -> None:
    values = [line for line in imported.text.splitlines() if line.startswith("    ") and not line.endswith(":")]
    silent = [line.strip(" -") for line in values if "#" not in line]
    assert [line for line in silent if not line.startswith(("name:", "kind:"))] == []
    assert imported.text.count("# line ") >= 10
