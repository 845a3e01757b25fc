"""What specs come to when little is written."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.spec.base import FROM_FILE
from simulator.spec.messaging.brokers import DurableQueueSpec
from simulator.spec.policies import EVERY_ERROR, TRANSIENT, BreakerSpec, RetrySpec
from simulator.spec.run import RunSpec


def breaker(**keys: Any) -> BreakerSpec:
    return BreakerSpec.model_validate(keys, context=dict(FROM_FILE))


def test_strict_probes_once_and_ignores_late_results() -> None:
    strict = breaker(preset="strict")
    half_open = strict.half_open
    assert (half_open.permits, half_open.closes_after, half_open.opens_after) == (1, 1, 1)
    assert (strict.late_results, strict.open_ends, strict.failures) == ("ignored", "after", TRANSIENT)


def test_the_documents_first_version_opens_at_the_first_failed_probe() -> None:
    v1 = breaker(preset="document_v1", max_failures=7)
    assert (v1.half_open.permits, v1.half_open.opens_after, v1.failures) == (None, 1, EVERY_ERROR)


def test_the_documents_second_version_counts_anew_when_half_open() -> None:
    v2 = breaker(preset="document_v2", max_failures=7, open_for="30s")
    assert (v2.half_open.permits, v2.half_open.opens_after, v2.serialised) == (None, 7, False)


def test_a_preset_keeps_what_is_written() -> None:
    v2 = breaker(preset="document_v2", half_open={"permits": 3}, failures=["timeout"])
    assert (v2.half_open.permits, v2.half_open.opens_after, v2.failures) == (3, 5, ("timeout",))


def test_attempts_are_one_more_than_retries() -> None:
    assert (RetrySpec(attempts=4).retries, RetrySpec(max_retries=3).retries, RetrySpec(max_retries=0).retries) == (
        3,
        3,
        0,
    )


@pytest.mark.parametrize(
    ("written", "delay"),
    [({}, 12.0), ({"redelivery_delay": 0}, 0.0), ({"redelivery_delay": "visibility_timeout"}, 12.0)],
)
def test_a_queue_redelivers_after_its_visibility_timeout(written: dict[str, Any], delay: float) -> None:
    keys = {"preset": "durable_queue", "visibility_timeout": "12s", **written}
    assert DurableQueueSpec.model_validate(keys, context=dict(FROM_FILE)).redelivery_delay == delay


@pytest.mark.parametrize(("duration", "window"), [("1m", 1.0), ("10m", 5.0)])
def test_run_settings_follow_the_duration(duration: str, window: float) -> None:
    run = RunSpec.model_validate({"duration": duration}, context=dict(FROM_FILE))
    assert (run.drain, run.fulfilled_within, run.window) == (run.duration, run.duration, window)
    assert (run.warmup, run.replications, run.seed, run.record, run.load) == (0.0, 10, 1, "requests", 1.0)


def test_what_is_fulfilled_is_awaited_as_long_as_the_drain() -> None:
    run = RunSpec.model_validate({"duration": "1m", "drain": "7s"}, context=dict(FROM_FILE))
    assert run.fulfilled_within == 7.0


def test_numbers_are_seconds_when_a_spec_is_built_in_python() -> None:
    assert RunSpec(duration=60.0).duration == 60.0
