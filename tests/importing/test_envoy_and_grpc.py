"""The traps of Envoy's configuration and of gRPC's service config, one test each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importing.press import Outcome, brought, refused


def proxied(route: str, cluster: str, folder: Path) -> Outcome:
    """An import of one route to one cluster, ``bank``."""
    text = f"""
        clusters: [{{name: bank, {cluster}}}]
        virtual_hosts:
        - {{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: bank, {route}}}}}]}}
        """
    return brought("envoy", text, folder)


def test_a_route_without_timeout_has_envoys_15_seconds_and_zero_is_none(tmp_path: Path) -> None:
    assert proxied("", "", tmp_path).policies("bank")["deadline"].total == 15.0
    assert "deadline" not in proxied("timeout: 0s", "", tmp_path).policies("bank")


def test_caps_hold_that_nobody_wrote(tmp_path: Path) -> None:
    bulkhead = proxied("", "", tmp_path).policies("bank")["bulkhead"]
    assert (bulkhead.limit, bulkhead.queue) == (1024, 1024)


def test_without_retry_policy_there_is_no_retry_and_with_one_there_is_one(tmp_path: Path) -> None:
    assert "retry" not in proxied("", "", tmp_path).policies("bank")
    retry = proxied("retry_policy: {retry_on: reset}", "", tmp_path).policies("bank")["retry"]
    assert (retry.retries, retry.purse.max_retries, retry.retry_on) == (1, None, ("timeout", "unreachable"))


def test_without_a_condition_envoy_retries_nothing(tmp_path: Path) -> None:
    found = proxied("retry_policy: {num_retries: 4}", "", tmp_path)
    assert "retry" not in found.policies("bank")
    assert found.warned("retry_policy", "nothing is left to retry on")


def test_status_codes_count_only_where_the_condition_names_them(tmp_path: Path) -> None:
    with_ = proxied(
        "retry_policy: {retry_on: 'reset,retriable-status-codes', retriable_status_codes: [429]}", "", tmp_path
    )
    assert with_.policies("bank")["retry"].retry_on == ("timeout", "unreachable", "queue_full", "shed")
    without = proxied("retry_policy: {retry_on: reset, retriable_status_codes: [429]}", "", tmp_path)
    assert without.policies("bank")["retry"].retry_on == ("timeout", "unreachable")
    assert without.warned("retriable_status_codes", "ignored by Envoy")


def test_a_cap_on_retries_is_ignored_beside_a_budget(tmp_path: Path) -> None:
    caps = "circuit_breakers: {thresholds: [{max_retries: 9, retry_budget: {}}, {priority: HIGH, max_requests: 1}]}"
    found = proxied("retry_policy: {retry_on: 5xx}", caps, tmp_path)
    purse = found.policies("bank")["retry"].purse
    assert (purse.share, purse.minimum, purse.max_retries) == (0.2, 3, None)
    assert found.warned("max_retries", "ignored by Envoy")
    assert found.warned("priority HIGH")


def test_a_virtual_hosts_retry_policy_holds_for_its_routes(tmp_path: Path) -> None:
    text = """
        virtual_hosts:
        - name: all
          retry_policy: {retry_on: 5xx, num_retries: 3}
          routes: [{match: {prefix: /}, route: {cluster: bank}}]
        """
    assert brought("envoy", text, tmp_path).policies("bank")["retry"].retries == 3


def test_gateway_failures_are_only_counted_unless_enforced(tmp_path: Path) -> None:
    counted = proxied("", "outlier_detection: {consecutive_gateway_failure: 2}", tmp_path)
    assert counted.policies("bank")["outlier"].consecutive_gateway_failures == 0
    assert counted.warned("consecutive_gateway_failure", "only counted")
    both = "outlier_detection: {consecutive_gateway_failure: 2, enforcing_consecutive_gateway_failure: 100}"
    assert proxied("", both, tmp_path).policies("bank")["outlier"].consecutive_gateway_failures == 2


def test_deviations_are_thousandths(tmp_path: Path) -> None:
    keys = "outlier_detection: {success_rate_stdev_factor: 2500, enforcing_consecutive_5xx: 0}"
    outlier = proxied("", keys, tmp_path).policies("bank")["outlier"]
    assert (outlier.success_rate.deviations, outlier.consecutive_failures) == (2.5, 0)


def test_a_detector_that_is_off_needs_no_settings(tmp_path: Path) -> None:
    found = proxied("", "outlier_detection: {enforcing_success_rate: 0, success_rate_minimum_hosts: 3}", tmp_path)
    assert found.policies("bank")["outlier"].success_rate is None
    assert found.warned("success_rate_minimum_hosts", "changes nothing")


def test_both_spellings_of_a_key_are_read(tmp_path: Path) -> None:
    found = brought("envoy", '{"staticResources": {"clusters": [{"name": "bank", "connectTimeout": "1s"}]}}', tmp_path)
    assert found.policies("bank")["bulkhead"].limit == 1024
    assert found.warned("connectTimeout")


def test_resources_of_a_discovery_answer_are_read(tmp_path: Path) -> None:
    text = """
        resources:
        - {"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster, name: bank, lb_policy: RANDOM}
        - {"@type": x, cluster_name: other}
        """
    found = brought("envoy", text, tmp_path)
    assert found.warned("write services.bank.balancing: random")
    assert found.warned("cluster_name")


# -- gRPC -------------------------------------------------------------------------------------------------------

RETRY = (
    '"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2, '
    '"retryableStatusCodes": ["UNAVAILABLE"]'
)


def configured(method: str, folder: Path, more: str = "") -> Outcome:
    """An import of one method config for the service ``Bank``."""
    return brought("grpc", f'{{"methodConfig": [{{"name": [{{"service": "x.Bank"}}], {method}}}]{more}}}', folder)


def test_attempts_beyond_five_are_five(tmp_path: Path) -> None:
    policy = RETRY.replace('"maxAttempts": 3', '"maxAttempts": 9')
    found = configured(f'"retryPolicy": {{{policy}}}', tmp_path)
    assert found.policies("Bank")["retry"].retries == 4
    assert found.warned("maxAttempts", "at most 5")


def test_without_throttling_there_is_no_budget(tmp_path: Path) -> None:
    assert configured(f'"retryPolicy": {{{RETRY}}}', tmp_path).policies("Bank")["retry"].purse is None


@pytest.mark.parametrize(
    ("codes", "outcomes"),
    [
        ('"RESOURCE_EXHAUSTED"', ("queue_full", "shed")),
        ('14, "deadline_exceeded"', ("server_error", "timeout", "unreachable", "queue_full", "shed")),
        ('"NOT_FOUND", "INTERNAL"', ("client_error", "server_error")),
    ],
)
def test_status_codes_are_outcomes_by_name_or_number(tmp_path: Path, codes: str, outcomes: tuple[str, ...]) -> None:
    policy = RETRY.replace('"UNAVAILABLE"', codes)
    assert configured(f'"retryPolicy": {{{policy}}}', tmp_path).policies("Bank")["retry"].retry_on == outcomes


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ('"retryPolicy": {"maxAttempts": 3}', "refuses a retryPolicy without initialBackoff"),
        (f'"retryPolicy": {{{RETRY.replace("UNAVAILABLE", "UNAVAILABEL")}}}', "is no status code of gRPC"),
        (f'"retryPolicy": {{{RETRY.replace("3", "1")}}}', "refuses maxAttempts below 2"),
        (f'"retryPolicy": {{{RETRY}}}, "hedgingPolicy": {{"maxAttempts": 2}}', "refuses a hedgingPolicy beside"),
        ('"timeout": "2"', "is not a duration"),
    ],
)
def test_what_grpc_refuses_is_refused(tmp_path: Path, method: str, said: str) -> None:
    text = f'{{"methodConfig": [{{"name": [{{"service": "x.Bank"}}], {method}}}]}}'
    assert said in refused("grpc", text, tmp_path)


def test_a_name_without_service_is_for_every_method(tmp_path: Path) -> None:
    found = brought("grpc", '{"methodConfig": [{"name": [{}], "timeout": "1.5s"}]}', tmp_path)
    assert found.policies("bank")["deadline"].total == 1.5


def test_json_may_be_indented_with_tabs(tmp_path: Path) -> None:
    text = '{\n\t"methodConfig": [\n\t\t{"name": [{"service": "Bank"}], "timeout": "1s"}\n\t]\n}\n'
    assert brought("grpc", text, tmp_path).policies("Bank")["deadline"].total == 1.0


def test_throttling_without_a_retry_is_said_to_be_left_out(tmp_path: Path) -> None:
    throttling = ', "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}'
    assert configured('"timeout": "1s"', tmp_path, throttling).warned("retryThrottling", "no method is retried")


def test_two_services_of_one_short_name_stay_two_and_one_named_twice_is_refused(tmp_path: Path) -> None:
    def both(second: str) -> str:
        names = [f'{{"name": [{{"service": "{name}"}}], "timeout": "1s"}}' for name in ("a.Bank", second)]
        return f'{{"methodConfig": [{", ".join(names)}]}}'

    text = brought("grpc", both("b.Bank"), tmp_path).text
    assert '"* -> Bank"' in text
    assert '"* -> b-Bank"' in text
    assert "names a method twice" in refused("grpc", both("a.Bank"), tmp_path)
