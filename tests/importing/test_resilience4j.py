"""The traps of resilience4j's Spring configuration, one test each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.importing.press import Outcome, brought, refused


def one(section: str, keys: str, folder: Path) -> Outcome:
    """An import of one instance, ``bank``, with some keys in one section."""
    return brought("resilience4j", f"resilience4j: {{{section}: {{instances: {{bank: {{{keys}}}}}}}}}", folder)


def backoff(keys: str, folder: Path) -> Any:
    return one("retry", keys, folder).policies("bank")["retry"].backoff


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("300", 0.3), ("300ms", 0.3), ("2s", 2.0), ("1m", 60.0), ("PT0.25S", 0.25), ("PT1M30S", 90.0), ("'500'", 0.5)],
)
def test_a_bare_number_is_milliseconds_and_spring_reads_iso_durations(
    tmp_path: Path, written: str, seconds: float
) -> None:
    assert backoff(f"waitDuration: {written}", tmp_path).base == seconds


def test_a_duration_that_spring_does_not_read_is_refused_at_its_place(tmp_path: Path) -> None:
    said = refused("resilience4j", "resilience4j:\n  retry: {instances: {a: {waitDuration: 1.5s}}}\n", tmp_path)
    assert ":2:" in said
    assert "'1.5s' is not a duration that Spring reads" in said


def test_a_longest_wait_is_ignored_without_a_multiplier(tmp_path: Path) -> None:
    keys = "waitDuration: 100, enableExponentialBackoff: true, exponentialMaxWaitDuration: 2s"
    without, with_ = one("retry", keys, tmp_path), backoff(f"{keys}, exponentialBackoffMultiplier: 3", tmp_path)
    found = without.policies("bank")["retry"].backoff
    assert (found.max, found.multiplier) == (None, 1.5)
    assert without.warned("exponentialMaxWaitDuration", "ignored by resilience4j")
    assert (with_.max, with_.multiplier) == (2.0, 3.0)


def test_with_both_the_longest_wait_needs_the_factor_too(tmp_path: Path) -> None:
    keys = (
        "waitDuration: 100, enableExponentialBackoff: true, enableRandomizedWait: true, "
        "exponentialBackoffMultiplier: 2, exponentialMaxWaitDuration: 2s"
    )
    without, with_ = backoff(keys, tmp_path), backoff(f"{keys}, randomizedWaitFactor: 0.3", tmp_path)
    assert (without.max, without.jitter.share) == (None, 0.5)
    assert (with_.max, with_.jitter.share) == (2.0, 0.3)


def test_a_longest_wait_is_ignored_without_exponential_backoff(tmp_path: Path) -> None:
    found = one("retry", "waitDuration: 100, exponentialBackoffMultiplier: 4", tmp_path)
    assert found.policies("bank")["retry"].backoff.kind == "fixed"
    assert found.warned("exponentialBackoffMultiplier", "enableExponentialBackoff is not true")


def test_backoff_keys_are_ignored_without_a_wait(tmp_path: Path) -> None:
    found = one("retry", "enableExponentialBackoff: true, exponentialBackoffMultiplier: 2", tmp_path)
    made = found.policies("bank")["retry"].backoff
    assert (made.kind, made.base) == ("fixed", 0.5)
    assert found.warned("enableExponentialBackoff", "waitDuration is not written")
    assert found.warned("exponentialBackoffMultiplier", "waitDuration is not written")


def test_exponential_and_random_together_are_allowed_for_a_retry_and_refused_for_a_breaker(tmp_path: Path) -> None:
    both = "enableExponentialBackoff: true, enableRandomizedWait: true"
    made = backoff(f"waitDuration: 1s, {both}", tmp_path)
    assert (made.kind, made.jitter.kind) == ("exponential", "proportional")
    text = f"resilience4j: {{circuitbreaker: {{instances: {{bank: {{waitDurationInOpenState: 1s, {both}}}}}}}}}"
    assert "resilience4j refuses enableExponentialBackoff together" in refused("resilience4j", text, tmp_path)


def test_a_breaker_may_wait_longer_each_time(tmp_path: Path) -> None:
    keys = "waitDurationInOpenState: 2s, enableExponentialBackoff: true, exponentialMaxWaitDurationInOpenState: 60s"
    usual = one("circuitbreaker", keys, tmp_path)
    assert usual.policies("bank")["breaker"].growth.multiplier == 1.5
    assert usual.policies("bank")["breaker"].growth.max is None
    own = one("circuitbreaker", f"{keys}, exponentialBackoffMultiplier: 2", tmp_path).policies("bank")["breaker"]
    assert (own.open_for, own.growth.multiplier, own.growth.max) == (2.0, 2.0, 60.0)


def test_random_open_times_have_no_counterpart(tmp_path: Path) -> None:
    found = one("circuitbreaker", "waitDurationInOpenState: 2s, enableRandomizedWait: true", tmp_path)
    assert found.warned("enableRandomizedWait", "no counterpart")


def test_backends_is_another_word_for_instances(tmp_path: Path) -> None:
    found = brought("resilience4j", "resilience4j: {retry: {backends: {bank: {maxAttempts: 5}}}}", tmp_path)
    assert found.policies("bank")["retry"].retries == 4


def test_an_instance_in_both_is_said_to_be(tmp_path: Path) -> None:
    text = "resilience4j: {retry: {backends: {bank: {maxAttempts: 5}}, instances: {bank: {maxAttempts: 2}}}}"
    found = brought("resilience4j", text, tmp_path)
    assert found.policies("bank")["retry"].retries == 1
    assert found.warned("bank is written twice")


def test_the_default_config_lies_under_every_instance_that_names_no_other(tmp_path: Path) -> None:
    text = """
        resilience4j:
          circuitbreaker:
            configs:
              default: {failureRateThreshold: 20, slidingWindowSize: 40}
              calm: {failureRateThreshold: 90}
            instances:
              bank: {slidingWindowSize: 10}
              stock: {baseConfig: calm}
        """
    found = brought("resilience4j", text, tmp_path)
    bank, stock = found.policies("bank")["breaker"], found.policies("stock")["breaker"]
    assert (bank.failure_rate, bank.window.size) == (0.2, 10)
    assert (stock.failure_rate, stock.window.size) == (0.9, 100)


def test_for_retries_the_default_config_lies_under_a_named_one_too(tmp_path: Path) -> None:
    text = """
        resilience4j.retry:
          configs:
            default: {maxAttempts: 7}
            quick: {waitDuration: 10}
          instances:
            bank: {baseConfig: quick}
        """
    retry = brought("resilience4j", text, tmp_path).policies("bank")["retry"]
    assert (retry.retries, retry.backoff.base) == (6, 0.01)


def test_a_default_config_alone_is_for_all_calls(tmp_path: Path) -> None:
    found = brought("resilience4j", "resilience4j: {retry: {configs: {default: {maxAttempts: 2}}}}", tmp_path)
    assert "default: {extends: shared}" in found.text
    assert found.policies("bank")["retry"].retries == 1


@pytest.mark.parametrize("base", ["calm", "default"])
def test_a_base_that_does_not_exist_is_refused(tmp_path: Path, base: str) -> None:
    text = f"resilience4j: {{retry: {{configs: {{quick: {{}}}}, instances: {{bank: {{baseConfig: {base}}}}}}}}}"
    assert f"there is no config '{base}'; there are: quick" in refused("resilience4j", text, tmp_path)


def test_springs_spellings_are_one_key(tmp_path: Path) -> None:
    text = "resilience4j.circuit-breaker.instances.bank.failure-rate-threshold: 33.3\n"
    assert brought("resilience4j", text, tmp_path).policies("bank")["breaker"].failure_rate == 0.333


def test_a_placeholder_is_its_default_and_without_one_left_out(tmp_path: Path) -> None:
    found = one("retry", "maxAttempts: '${TRIES:6}', waitDuration: '${WAIT}'", tmp_path)
    retry = found.policies("bank")["retry"]
    assert (retry.retries, retry.backoff.base) == (5, 0.5)
    assert found.warned("${TRIES:6}", "its default 6")
    assert found.warned("${WAIT}", "left out")


def test_what_is_not_written_has_the_librarys_defaults(tmp_path: Path) -> None:
    text = """
        resilience4j:
          circuitbreaker: {instances: {bank: {}}}
          retry: {instances: {bank: }}
          timelimiter: {instances: {bank: {}}}
        """
    policies = brought("resilience4j", text, tmp_path).policies("bank")
    assert (policies["retry"].retries, policies["retry"].backoff.base) == (2, 0.5)
    assert (policies["breaker"].window.size, policies["breaker"].open_for) == (100, 60.0)
    assert policies["timeout"].value == 1.0


def test_a_window_of_calls_keeps_its_number_and_one_of_time_its_seconds(tmp_path: Path) -> None:
    calls = one("circuitbreaker", "slidingWindowSize: 7", tmp_path).policies("bank")["breaker"].window
    time = one("circuitbreaker", "slidingWindowSize: 7, slidingWindowType: time_based", tmp_path)
    assert (calls.type, calls.size) == ("count", 7)
    assert time.policies("bank")["breaker"].window.size == 7.0


def test_processors_are_assumed_where_a_thread_pool_leaves_them_to_the_machine(tmp_path: Path) -> None:
    found = one("thread-pool-bulkhead", "queueCapacity: 3", tmp_path)
    pool = found.policies("bank")["bulkhead"]
    assert (pool.kind, pool.core, pool.max, pool.queue) == ("thread_pool", 3, 4, 3)
    assert found.warned("coreThreadPoolSize", "assumed")


def test_the_time_limiter_keeps_its_place_outside_the_bulkhead(tmp_path: Path) -> None:
    text = """
        resilience4j:
          bulkhead: {instances: {bank: {maxConcurrentCalls: 3}}}
          timelimiter: {instances: {bank: {timeoutDuration: 200}}}
        """
    assert list(brought("resilience4j", text, tmp_path).policies("bank")) == ["timeout", "bulkhead"]


@pytest.mark.parametrize(
    "key",
    [
        "recordExceptions",
        "ignoreExceptions",
        "registerHealthIndicator",
        "writableStackTraceEnabled",
        "noSuchKey",
        "baseconfigs",
    ],
)
def test_every_key_without_a_counterpart_is_named(tmp_path: Path, key: str) -> None:
    assert one("circuitbreaker", f"{key}: [x]", tmp_path).warned(f"instances.bank.{key}", "left out")


def test_sections_and_files_beside_it_are_named_too(tmp_path: Path) -> None:
    text = "spring: {application: {name: x}}\nresilience4j: {retry: {instances: {bank: {}}}, micrometer: {a: 1}}\n"
    found = brought("resilience4j", text, tmp_path)
    assert found.warned("spring: has no counterpart")
    assert found.warned("micrometer")


def test_a_value_out_of_range_is_refused_at_its_place(tmp_path: Path) -> None:
    text = "resilience4j:\n  circuitbreaker:\n    instances: {bank: {failureRateThreshold: 400}}\n"
    said = refused("resilience4j", text, tmp_path)
    assert ":3:" in said
    assert "400 is no percentage" in said


def test_a_value_that_the_language_refuses_is_shown_at_its_place(tmp_path: Path) -> None:
    text = "resilience4j:\n  bulkhead:\n    instances: {bank: {maxConcurrentCalls: 0}}\n"
    said = refused("resilience4j", text, tmp_path)
    assert ":3:" in said
    assert "maxConcurrentCalls" in said


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("my.service", "my-service"),
        ("default", "default-service"),
        ("a -> b", "a-b"),
        ("stock service", "stock-service"),
    ],
)
def test_a_name_that_no_service_can_have_is_changed(tmp_path: Path, name: str, service: str) -> None:
    text = f"resilience4j: {{retry: {{instances: {{'{name}': {{maxAttempts: 2}}}}}}}}"
    found = brought("resilience4j", text, tmp_path)
    assert f"instance {name}" in found.text
    assert found.policies(service)["retry"].retries == 1


def test_two_instances_of_one_service_keep_both_policies(tmp_path: Path) -> None:
    text = "resilience4j: {retry: {instances: {a.b: {maxAttempts: 2}, a-b: {maxAttempts: 4}}}}"
    found = brought("resilience4j", text, tmp_path)
    assert found.policies("a-b")["retry"].retries == 1
    assert "a-b-2:" in found.text
    assert found.warned("its policy a-b-2 is written")


@pytest.mark.parametrize("key", ["failAfterMaxAttempts", "eventConsumerBufferSize", "maxRetryAttempts"])
def test_keys_of_a_retry_without_counterpart_are_named(tmp_path: Path, key: str) -> None:
    assert one("retry", f"maxAttempts: 2, {key}: 4", tmp_path).warned(key, "left out")
