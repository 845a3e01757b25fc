"""The outlier detector step by step, the merge window, and what may be written of them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.outcomes import Outcome
from simulator.policies.outlier import MergeWindow, OutlierDetector
from simulator.spec.policies import OutlierSpec

ROOM: dict[str, Any] = {"max_ejected": 1.0, "success_rate": "off"}
"""Every host may go."""


def detector(hosts: int = 5, **settings: Any) -> OutlierDetector:
    return OutlierDetector(OutlierSpec.model_validate({**ROOM, **settings}), range(hosts))


def fails(made: OutlierDetector, host: int, *outcomes: Outcome, now: float = 0.0) -> None:
    for outcome in outcomes:
        made.record(host, outcome, now)


# -- consecutive failures ---------------------------------------------------------------------------------

E500, E503, E504 = Outcome.SERVER_ERROR, Outcome.REJECTED, Outcome.TIMEOUT
OK, E404, GONE, LEFT = Outcome.OK, Outcome.CLIENT_ERROR, Outcome.UNREACHABLE, Outcome.CANCELLED


@pytest.mark.parametrize(
    ("settings", "outcomes", "out"),
    [
        ({}, [E500] * 4, False),
        ({}, [E500] * 5, True),
        ({}, [E500, E503, E504, GONE, E500], True),
        ({}, [E500] * 4 + [OK, E500], False),
        ({}, [E500] * 4 + [E404, E500], False),
        ({}, [E500] * 4 + [LEFT, E500], True),
        ({"consecutive_failures": 1}, [E404], False),
        ({"consecutive_failures": 1, "failures": ("client_error",)}, [E404], True),
        ({"consecutive_failures": 2, "failures": ("timeout",)}, [E504, E500, E504], True),
        ({"consecutive_failures": 0}, [E500] * 99, False),
        ({"consecutive_failures": 0, "consecutive_gateway_failures": 3}, [E503, E504, GONE], True),
        ({"consecutive_failures": 0, "consecutive_gateway_failures": 3}, [E503, E504, E500, GONE], False),
        ({"consecutive_failures": 0, "consecutive_gateway_failures": 3}, [E503, E504, OK, GONE], False),
    ],
)
def test_a_host_is_ejected_at_the_nth_failure_in_a_row(
    settings: dict[str, Any], outcomes: list[Outcome], out: bool
) -> None:
    made = detector(**settings)
    fails(made, 0, *outcomes)
    assert made.ejected == (frozenset({0}) if out else frozenset())


def test_hosts_are_counted_one_by_one() -> None:
    made = detector()
    for _ in range(4):
        for host in range(5):
            fails(made, host, E500)
    fails(made, 3, E500)
    assert made.ejected == {3}


@pytest.mark.parametrize(
    ("hosts", "max_ejected", "always_one", "out"),
    [
        (5, 0.1, False, 0),
        (9, 0.1, False, 0),
        (10, 0.1, False, 1),
        (19, 0.1, False, 1),
        (20, 0.1, False, 2),
        (10, 0.3, False, 3),
        (5, 0.0, True, 1),
        (10, 0.3, True, 3),
        (3, 1.0, False, 3),
    ],
)
def test_no_more_hosts_than_the_cap_allows_are_out(hosts: int, max_ejected: float, always_one: bool, out: int) -> None:
    made = detector(hosts, max_ejected=max_ejected, always_eject_one=always_one)
    for host in range(hosts):
        fails(made, host, *[E500] * 5)
    assert (made.active, made.total, made.overflow) == (out, out, hosts - out)


def test_a_host_that_the_cap_kept_in_is_tried_again_after_as_many_more_failures() -> None:
    made = detector(max_ejected=0.2)
    fails(made, 0, *[E500] * 5)
    fails(made, 1, *[E500] * 9)
    assert made.overflow == 1
    made.sweep(30.0)
    fails(made, 1, E500, now=31.0)
    assert made.ejected == {1}


# -- sweeps -----------------------------------------------------------------------------------------------


def ejections(made: OutlierDetector, sweeps: int, interval: float = 10.0) -> list[float]:
    """How long a host that fails whenever it is in stays out, if its failures come 1 s after a sweep."""
    since = 0.0
    lasted = []
    fails(made, 0, *[E500] * 5)
    for number in range(1, sweeps + 1):
        now = number * interval
        made.sweep(now)
        if not made.ejected:
            lasted.append(now - since)
            since = now + 1.0
            fails(made, 0, *[E500] * 5, now=since)
    return lasted


def test_the_kth_ejection_lasts_k_times_the_base_until_the_next_sweep() -> None:
    assert ejections(detector(), 60) == [30.0, 69.0, 99.0, 129.0, 159.0]


def test_no_ejection_lasts_longer_than_the_maximum_and_the_wait_for_a_sweep() -> None:
    assert ejections(detector(max_ejection_time=70.0), 45) == [30.0, 69.0, 79.0, 79.0, 79.0, 79.0]


def test_a_base_above_the_default_maximum_is_the_maximum() -> None:
    assert ejections(detector(base_ejection_time=500.0), 120) == [500.0, 509.0]


def test_the_count_of_ejections_stops_once_they_last_the_maximum() -> None:
    made = detector(max_ejection_time=70.0)
    ejections(made, 100)
    assert made.hosts[0].ejections == 4  # the first k with k · 30 s >= 70 s + 30 s


@pytest.mark.parametrize(("healthy_sweeps", "lasts"), [(0, 90.0), (1, 60.0), (2, 30.0), (9, 30.0)])
def test_each_sweep_that_finds_a_host_in_takes_one_off_its_next_ejection(healthy_sweeps: int, lasts: float) -> None:
    made = detector()
    fails(made, 0, *[E500] * 5, now=0.0)
    made.sweep(30.0)
    fails(made, 0, *[E500] * 5, now=30.0)
    made.sweep(90.0)
    assert made.ejected == frozenset()
    for number in range(healthy_sweeps):
        made.sweep(100.0 + number)
    fails(made, 0, *[E500] * 5, now=1000.0)
    made.sweep(1000.0 + lasts - 1.0)
    assert made.ejected == {0}
    made.sweep(1000.0 + lasts)
    assert made.ejected == frozenset()


def test_sweeps_and_ejections_at_sums_of_decimal_fractions_cost_no_further_sweep() -> None:
    made = detector(base_ejection_time=0.3)
    fails(made, 0, *[E500] * 5, now=0.4)
    made.sweep(0.7)  # as floats, 0.7 - 0.4 is less than 0.3
    assert made.ejected == frozenset()


def test_failures_of_a_host_that_is_out_are_forgotten_when_it_returns() -> None:
    made = detector()
    fails(made, 0, *[E500] * 9)
    made.sweep(30.0)
    fails(made, 0, *[E500] * 4, now=31.0)
    assert made.ejected == frozenset()
    fails(made, 0, E500, now=31.0)
    assert made.ejected == {0}


# -- success rates ----------------------------------------------------------------------------------------


def after_an_interval(successes: list[int], requests: int = 100, **success_rate: Any) -> frozenset[Any]:
    """Who is out at the end of an interval in which each host had so many successes, never five failures in a row."""
    made = detector(len(successes), success_rate=success_rate, consecutive_failures=0)
    for host, good in enumerate(successes):
        fails(made, host, *[OK] * good, *[E500] * (requests - good))
    made.sweep(10.0)
    return made.ejected


@pytest.mark.parametrize(
    ("successes", "out"),
    [
        ([100, 100, 100, 100, 90], {4}),
        ([99, 98, 99, 98, 60], {4}),
        ([100, 100, 100, 50, 50], set()),  # two of five are only 1.22 deviations below
        ([97, 97, 97, 97, 97], set()),
        ([100, 100, 100, 0], set()),  # too few hosts to compare
        ([99] * 19 + [0], {19}),
    ],
)
def test_hosts_that_succeed_far_less_often_than_the_others_are_ejected(successes: list[int], out: set[int]) -> None:
    assert after_an_interval(successes) == out


def test_hosts_with_too_few_requests_are_not_compared() -> None:
    assert after_an_interval([99, 99, 99, 99, 10], requests=99) == frozenset()
    assert after_an_interval([99, 99, 99, 99, 10], requests=99, minimum_requests=99) == {4}


def test_hosts_that_do_equally_well_are_not_ejected_for_a_rounding_error() -> None:
    for good in range(100):
        assert after_an_interval([good] * 7, deviations=0.001) == frozenset()


def test_only_the_last_interval_counts() -> None:
    made = detector(success_rate={}, consecutive_failures=0)
    for host in range(5):
        fails(made, host, *[OK if host else E500] * 100)
    made.sweep(10.0)
    assert made.ejected == {0}
    made.sweep(50.0)
    assert made.ejected == frozenset()


# -- members and crashes ----------------------------------------------------------------------------------


def test_a_host_that_leaves_is_forgotten_and_makes_room_for_another_ejection() -> None:
    made = detector(max_ejected=0.25)
    fails(made, 0, *[E500] * 5)
    fails(made, 1, *[E500] * 4)
    made.members([1, 2, 3, 4], 1.0)
    assert made.active == 0
    fails(made, 0, *[E500] * 5)
    fails(made, 1, E500)
    assert made.ejected == {1}
    made.members([0, 1, 2, 3, 4], 2.0)
    assert made.ejected == {1}


def test_after_a_crash_of_the_caller_nothing_is_known() -> None:
    made = detector()
    changes: list[tuple[float, int, bool]] = []
    made.watch(lambda *change: changes.append(change))
    fails(made, 0, *[E500] * 5, now=1.0)
    fails(made, 1, *[E500] * 4, now=1.0)
    made.reset(2.0)
    fails(made, 1, E500, now=3.0)
    assert made.ejected == frozenset()
    assert changes == [(1.0, 0, True), (2.0, 0, False)]


# -- the merge window -------------------------------------------------------------------------------------


def test_a_change_within_the_window_after_the_last_one_is_published_one_window_later() -> None:
    window = MergeWindow(1.0)
    assert window.changed(5.0) == 5.0
    window.published(5.0)
    assert window.changed(5.5) == 6.5
    assert window.changed(5.8) is None  # goes with it
    window.published(6.5)
    assert window.changed(7.5) == 8.5  # exactly one window is still within
    window.published(8.5)
    assert window.changed(9.6) == 9.6


def test_without_a_window_every_change_is_published_at_once() -> None:
    window = MergeWindow(0.0)
    for now in (1.0, 1.0, 1.5):
        assert window.changed(now) == now
        window.published(now)


# -- what may be written ----------------------------------------------------------------------------------


def test_the_defaults_are_envoys_and_istio_differs_in_two() -> None:
    envoy, istio = OutlierSpec(preset="envoy"), OutlierSpec(preset="istio")
    assert envoy.model_dump(exclude={"preset"}) == OutlierSpec().model_dump(exclude={"preset"})
    first, second = envoy.model_dump(), istio.model_dump()
    assert {key for key in first if first[key] != second[key]} == {"preset", "success_rate", "panic_threshold"}
    assert (istio.success_rate, istio.panic_threshold) == (None, 0.0)


def test_own_keys_go_over_the_preset() -> None:
    spec = OutlierSpec.model_validate({"preset": "istio", "panic_threshold": 0.3, "success_rate": {"deviations": 3.0}})
    assert spec.panic_threshold == 0.3
    assert spec.success_rate is not None
    assert (spec.success_rate.minimum_hosts, spec.success_rate.deviations) == (5, 3.0)


def test_a_maximum_below_the_base_is_refused() -> None:
    with pytest.raises(ValidationError, match="max_ejection_time must not be below base_ejection_time"):
        OutlierSpec(base_ejection_time=60.0, max_ejection_time=30.0)
