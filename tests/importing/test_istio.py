"""The traps of Istio's resources, one test each."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.faults import ErrorsFault
from tests.importing.press import Outcome, brought, refused


def routed(http: str, folder: Path) -> Outcome:
    """An import of one route to ``bank``."""
    text = f"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {{name: bank}}
        spec: {{hosts: [bank], http: [{{route: [{{destination: {{host: bank}}}}], {http}}}]}}
        """
    return brought("istio", text, folder)


def ruled(policy: str, folder: Path, host: str = "bank") -> Outcome:
    """An import of one rule."""
    text = f"""
        apiVersion: networking.istio.io/v1beta1
        kind: DestinationRule
        spec: {{host: "{host}", trafficPolicy: {{{policy}}}}}
        """
    return brought("istio", text, folder)


def test_zero_attempts_take_the_retries_away(tmp_path: Path) -> None:
    found = routed("retries: {attempts: 0, perTryTimeout: 1s, retryOn: 5xx}", tmp_path)
    assert "retry" not in found.policies("bank")
    assert "timeout" not in found.policies("bank")
    assert found.warned("perTryTimeout", "ignored by Istio")
    assert found.warned("retryOn", "ignored by Istio")


def test_a_route_that_says_nothing_is_retried_twice(tmp_path: Path) -> None:
    assert routed("timeout: 1s", tmp_path).policies("bank")["retry"].retries == 2


def test_a_rule_alone_leaves_istios_retries(tmp_path: Path) -> None:
    assert ruled("outlierDetection: {}", tmp_path).policies("bank")["retry"].retries == 2


@pytest.mark.parametrize(
    ("condition", "outcomes"),
    [
        ("503", ("server_error", "queue_full", "shed")),
        ("429", ("queue_full", "shed")),
        ("504", ("timeout",)),
        ("500", ("server_error",)),
        ("404", ("client_error",)),
        ("connect-failure", ("unreachable",)),
        ("gateway-error, 500", ("server_error", "timeout", "unreachable", "queue_full", "shed")),
    ],
)
def test_whole_numbers_in_retry_on_are_status_codes(tmp_path: Path, condition: str, outcomes: tuple[str, ...]) -> None:
    found = routed(f"retries: {{attempts: 3, retryOn: '{condition}'}}", tmp_path)
    assert found.policies("bank")["retry"].retry_on == outcomes


def test_a_condition_without_counterpart_is_named(tmp_path: Path) -> None:
    found = routed("retries: {attempts: 3, retryOn: 'reset,retriable-headers'}", tmp_path)
    assert found.policies("bank")["retry"].retry_on == ("timeout", "unreachable")
    assert found.warned("'retriable-headers'", "left out")


def test_with_no_condition_left_there_is_no_retry(tmp_path: Path) -> None:
    found = routed("retries: {attempts: 3, retryOn: retriable-headers}", tmp_path)
    assert "retry" not in found.policies("bank")
    assert found.warned("nothing is left to retry on")


def test_the_longest_backoff_is_ten_times_the_base(tmp_path: Path) -> None:
    backoff = routed("retries: {attempts: 3, backoff: 40ms}", tmp_path).policies("bank")["retry"].backoff
    assert (backoff.base, backoff.multiplier, backoff.max) == (0.04, 2.0, 0.4)


def test_a_timeout_of_zero_is_none(tmp_path: Path) -> None:
    assert "deadline" not in routed("timeout: 0s", tmp_path).policies("bank")


@pytest.mark.parametrize("key", ["http1MaxPendingRequests", "http2MaxRequests", "maxRetries"])
def test_a_zero_is_not_written(tmp_path: Path, key: str) -> None:
    found = ruled(f"connectionPool: {{http: {{{key}: 0}}}}", tmp_path)
    bulkhead = found.policies("bank")["bulkhead"]
    assert (bulkhead.limit, bulkhead.queue) == (2**32 - 1, 2**32 - 1)
    assert found.warned(key, "Istio takes for not written")


def test_connections_are_the_cap_where_requests_have_none(tmp_path: Path) -> None:
    assert ruled("connectionPool: {tcp: {maxConnections: 7}}", tmp_path).policies("bank")["bulkhead"].limit == 7


def test_a_cap_on_retries_is_a_budget(tmp_path: Path) -> None:
    purse = ruled("connectionPool: {http: {maxRetries: 9}}", tmp_path).policies("bank")["retry"].purse
    assert (purse.kind, purse.max_retries) == ("envoy", 9)


def test_an_empty_ejection_has_envoys_defaults_without_panic(tmp_path: Path) -> None:
    outlier = ruled("outlierDetection: {maxEjectionPercent: 0}", tmp_path).policies("bank")["outlier"]
    assert (outlier.consecutive_failures, outlier.max_ejected, outlier.panic_threshold) == (5, 0.1, 0.0)


def test_the_balancing_is_said_to_belong_to_the_service(tmp_path: Path) -> None:
    found = ruled("loadBalancer: {simple: LEAST_REQUEST}", tmp_path)
    assert found.warned("write services.bank.balancing: power_of_two")


def test_a_rule_and_a_route_make_one_policy_whatever_the_length_of_the_host(tmp_path: Path) -> None:
    text = """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        spec: {host: bank.prod.svc.cluster.local, trafficPolicy: {outlierDetection: {interval: 3s}}}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        spec: {hosts: [bank], http: [{route: [{destination: {host: bank}}], timeout: 4s}]}
        """
    policies = brought("istio", text, tmp_path).policies("bank")
    assert (policies["deadline"].total, policies["outlier"].interval) == (4.0, 3.0)


def test_two_hosts_of_one_short_name_stay_two(tmp_path: Path) -> None:
    rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec: {host: bank.%s.svc.cluster.local}\n"
    found = brought("istio", "---\n".join(rule % space for space in ("one", "two")), tmp_path)
    assert '"* -> bank"' in found.text
    assert '"* -> bank-two-svc-cluster-local"' in found.text


def test_a_wildcard_host_is_for_all_calls(tmp_path: Path) -> None:
    found = ruled("connectionPool: {http: {http2MaxRequests: 4}}", tmp_path, host="*.local")
    assert found.policies("bank")["bulkhead"].limit == 4


def test_of_several_routes_calls_have_the_one_for_all_requests(tmp_path: Path) -> None:
    text = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        spec:
          hosts: [bank]
          http:
          - {match: [{uri: {prefix: /slow}}], route: [{destination: {host: bank}}], timeout: 9s}
          - {route: [{destination: {host: bank}}], timeout: 1s}
        """
    found = brought("istio", text, tmp_path)
    assert found.policies("bank")["deadline"].total == 1.0
    assert "deadline: 9s" in found.text
    assert found.warned("bank-2")
    assert found.warned("http[0].match")


def test_an_abort_with_a_client_error_is_no_fault_here(tmp_path: Path) -> None:
    found = routed("fault: {abort: {percentage: {value: 5}, httpStatus: 404}}", tmp_path)
    assert "\nfaults:" not in found.text
    assert found.warned("httpStatus", "client_errors: 5%")


@pytest.mark.parametrize(("code", "is_fault"), [("UNAVAILABLE", True), ("INTERNAL", True), ("NOT_FOUND", False)])
def test_an_abort_with_a_status_of_grpc_is_a_fault_if_it_is_a_servers(
    tmp_path: Path, code: str, is_fault: bool
) -> None:
    found = routed(f"fault: {{abort: {{percentage: {{value: 5}}, grpcStatus: {code}}}}}", tmp_path)
    assert ("kind: errors" in found.text) is is_fault
    assert found.warned("grpcStatus", code) is not is_fault


def test_a_fault_without_percentage_hits_nobody(tmp_path: Path) -> None:
    found = routed("fault: {abort: {httpStatus: 503}}", tmp_path)
    assert "\nfaults:" not in found.text
    assert found.warned("fault.abort", "hits no request")


def test_a_delay_of_every_request_is_a_constant(tmp_path: Path) -> None:
    found = routed("fault: {delay: {percentage: {value: 100}, fixedDelay: 1500ms}}", tmp_path)
    assert "add: 1.5s " in found.text


def test_an_abort_of_a_fraction_keeps_its_digits(tmp_path: Path) -> None:
    found = routed("fault: {abort: {percentage: {value: 0.1}, httpStatus: 500}}", tmp_path)
    (scenario,) = found.document.scenarios()
    (fault,) = scenario.experiment.faults
    assert isinstance(fault, ErrorsFault)
    assert fault.share == 0.001


def test_other_resources_are_named_and_a_list_is_opened(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: ConfigMap, metadata: {name: other}}
        - {apiVersion: networking.istio.io/v1, kind: DestinationRule, spec: {host: bank, subsets: [{name: v1}]}}
        """
    found = brought("istio", text, tmp_path)
    assert found.warned("ConfigMap other", "left out")
    assert found.warned("spec.subsets")


def test_a_rule_without_host_is_refused(tmp_path: Path) -> None:
    text = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec: {}\n"
    assert "'host' is missing" in refused("istio", text, tmp_path)
