"""The autoscaling that ships, against a fluid that is served by the same replicas."""

from __future__ import annotations

import pytest

from tests.support import Played, play_catalog

STEP = "workload.buy.arrivals={process: stages, stages: [{rate: 20/s, for: 1m}, {rate: 60/s, for: 5m}]}"
"""The step after one minute: looks at 60 s, 75 s, ...; what is asked for at 75 s is there at 105 s."""


def step(variant: str, *overrides: str) -> Played:
    small = ("run.duration=5m", "run.warmup=0", "run.drain=0s", "phases={}", "objectives={}")
    return play_catalog("autoscaling", STEP, *small, *overrides, variant=variant)


def test_the_backlog_grows_by_what_is_missing_until_the_first_replicas_are_there() -> None:
    played = step("step by utilization", "services.shop.autoscale.min=4", "services.shop.autoscale.target=75%")
    replicas = played.timeline("service:shop", "replicas")
    assert replicas[100.0] == 4
    assert replicas[105.0] == 6  # all 16 workers busy, 3 of 4 in each: 5.33
    assert played.timeline("service:shop", "queue_length")[100.0] == pytest.approx((60 - 40) * 42.5, rel=0.2)


def test_by_backlog_as_many_come_as_are_allowed_and_the_old_queues_empty_by_themselves() -> None:
    """Each of 20 replicas gets 3 a second and serves 10: the four that have a queue lose 28 a second."""
    played = step("step by backlog")
    series = played.timeline("service:shop", "replicas")
    assert (series[100.0], series[105.0]) == (4, 20)
    queue = played.timeline("service:shop", "queue_length")
    assert queue[105.0] - queue[115.0] == pytest.approx(280, rel=0.2)


def test_enough_from_the_beginning_needs_nothing() -> None:
    assert step("step with ten from the beginning").figure("buy", "error_rate") == 0


@pytest.mark.stat
def test_a_backlog_that_is_gone_sends_everybody_home_and_it_begins_again() -> None:
    for number in range(3):
        played = play_catalog("autoscaling", variant="step by backlog", replication=number)
        series = played.timeline("service:shop", "replicas")
        assert min(series[float(time)] for time in range(540, 600, 5)) == 2
        assert played.timeline("buy", "error_rate")[580.0] == 1


@pytest.mark.stat
def test_a_ramp_is_followed_without_an_error_by_utilization() -> None:
    for number in range(3):
        assert (
            play_catalog("autoscaling", variant="ramp by utilization", replication=number).figure("buy", "error_rate")
            == 0
        )
