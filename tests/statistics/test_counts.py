"""Rare events: exact intervals for few of them, wide ones for bursts, and none that says zero ± 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.counts import Kind, count_interval, counted
from experiments.statistics.intervals import share_interval
from experiments.statistics.ratios import ratio_interval


def of_events(events: list[int], trials: int) -> tuple[list[float], list[float]]:
    return [number / trials for number in events], [float(trials)] * len(events)


@pytest.mark.parametrize("kind", ["share", "number"])
def test_zero_double_charges_in_80000_requests_are_not_zero(kind: Kind) -> None:
    found = count_interval(*of_events([0] * 10, 8000), kind)
    assert (found.estimate, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(-math.log(0.025) / 80_000, rel=1e-3)


def test_requests_that_all_went_well_mirror_those_that_all_failed() -> None:
    found = count_interval(*of_events([8000] * 10, 8000), "share")
    assert (found.estimate, found.high) == (1.0, 1.0)
    assert 1 - found.low == pytest.approx(-math.log(0.025) / 80_000, rel=1e-3)


def test_events_that_do_not_come_in_bursts_have_the_exact_interval_but_for_the_degrees_of_freedom() -> None:
    """Six events one by one in 1000 replications: Garwood's table says 2.202 to 13.06 for six."""
    found = count_interval(*of_events([1] * 6 + [0] * 994, 100), "number")
    assert (100_000 * found.low, 100_000 * found.high) == pytest.approx((2.202, 13.06), rel=5e-3)
    shares = count_interval(*of_events([1] * 6 + [0] * 994, 1), "share")
    expected = share_interval([1.0] * 6 + [0.0] * 994)
    assert (shares.low, shares.high) == pytest.approx((expected.low, expected.high), rel=5e-3)


def test_a_burst_counts_as_one_event() -> None:
    one_burst = counted(*of_events([40] + [0] * 9, 8000), "number")
    assert one_burst is not None
    assert one_burst.dispersion == pytest.approx(40.0)
    wide = count_interval(*of_events([40] + [0] * 9, 8000), "number")
    apart = count_interval(*of_events([4] * 10, 8000), "number")
    assert wide.estimate == apart.estimate
    assert wide.high > 3 * apart.high
    assert 0 < wide.low < 0.2 * apart.low


def test_many_events_have_students_interval() -> None:
    values, sizes = of_events([95, 102, 99, 110, 93], 1000)
    assert count_interval(values, sizes, "share") == ratio_interval(values, sizes)


def test_what_is_no_whole_number_of_events_is_no_count() -> None:
    assert counted([0.01, 0.02], [150.0, 75.3], "share") is None
    assert count_interval([0.01, 0.02], [150.0, 75.3], "share") == ratio_interval([0.01, 0.02], [150.0, 75.3])


def test_a_breaker_that_opens_once_in_every_replication_does_so_by_no_chance() -> None:
    found = count_interval([1.0] * 10, [1.0] * 10, "number")
    assert (found.low, found.high) == (1.0, 1.0)
    two = count_interval([1.0] * 2, [1.0] * 2, "number")
    assert two.low < 0.2
    assert two.high > 5


def test_one_replication_has_no_interval() -> None:
    found = count_interval([0.0, math.nan], [8000.0, 0.0], "share")
    assert (found.estimate, found.count, found.dropped) == (0.0, 1, 1)
    assert math.isnan(found.high)


def test_more_than_one_event_a_request_is_a_number_and_no_share() -> None:
    assert counted([3.0, 2.0], [1.0, 2.0], "share") is None
    found = count_interval([3.0, 2.0], [1.0, 2.0], "number")
    assert found.low < 7 / 3 < found.high


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(30, 9000)), min_size=2, max_size=12),
    st.sampled_from(["share", "number"]),
)
def test_the_interval_holds_the_estimate_and_stays_in_range(rows: list[tuple[int, int]], kind: Kind) -> None:
    found = count_interval([events / size for events, size in rows], [float(size) for _, size in rows], kind)
    assert found.low <= found.estimate <= found.high
    exact = counted([events / size for events, size in rows], [float(size) for _, size in rows], kind)
    if exact is not None and exact.few:
        assert found.low >= 0
        assert found.low < found.high
        assert kind == "number" or found.high <= 1


class Events(NamedTuple):
    """How events come: draws their number in each replication of so many requests at a rate."""

    kind: Kind
    draw: Callable[[np.random.Generator, list[int], float], list[int]]


def bursts(source: np.random.Generator, requests: list[int], rate: float) -> list[int]:
    """Bursts of geometric size, five on average."""
    return [int(source.geometric(0.2, source.poisson(size * rate / 5)).sum()) for size in requests]


def uneven(source: np.random.Generator, requests: list[int], rate: float) -> list[int]:
    """A share of its own in each replication, as spread as an exponential variable."""
    return [int(source.binomial(size, min(1.0, source.exponential(rate)))) for size in requests]


def one_bad(source: np.random.Generator, requests: list[int], rate: float) -> list[int]:
    """One replication of ten has them all."""
    return [int(source.poisson(10 * rate * size)) if source.random() < 0.1 else 0 for size in requests]


EVENTS = {
    "binomial": Events("share", lambda source, sizes, rate: [int(source.binomial(size, rate)) for size in sizes]),
    "poisson": Events("number", lambda source, sizes, rate: [int(source.poisson(size * rate)) for size in sizes]),
    "bursts of five": Events("number", bursts),
    "beta-binomial": Events("share", uneven),
    "one bad replication of ten": Events("number", one_bad),
}


class Coverage(NamedTuple):
    """How often the interval held the truth: of all experiments, and of those in which there was any event."""

    of_all: float
    of_seen: float
    student: float


def coverage(events: Events, replications: int, expected: float, samples: int) -> Coverage:
    """Of `samples` experiments of 1000 requests a replication that expect so many events in all."""
    source = np.random.default_rng([replications, int(expected)])
    rate = expected / replications / 1000
    hits = seen = hits_seen = student = 0
    for _ in range(samples):
        requests = source.poisson(1000, replications).tolist()
        numbers = events.draw(source, requests, rate)
        values, sizes = [number / size for number, size in zip(numbers, requests, strict=True)], [*map(float, requests)]
        found, by_t = count_interval(values, sizes, events.kind), ratio_interval(values, sizes)
        hit = found.low <= rate <= found.high
        hits, student = hits + hit, student + (by_t.low <= rate <= by_t.high)
        if any(numbers):
            seen, hits_seen = seen + 1, hits_seen + hit
    return Coverage(hits / samples, hits_seen / seen, student / samples)


@pytest.mark.parametrize("name", ["binomial", "poisson"])
@pytest.mark.parametrize("expected", [1.0, 12.0])
def test_few_independent_events_are_covered_where_student_fails(name: str, expected: float) -> None:
    samples = 400
    found = coverage(EVENTS[name], 10, expected, samples)
    assert samples * found.of_all >= stats.binom.ppf(1e-4, samples, 0.95)
    if expected == 1.0:
        assert found.student < 0.75


def test_bursts_that_were_seen_are_covered() -> None:
    samples = 400
    found = coverage(EVENTS["bursts of five"], 10, 30.0, samples)
    assert samples * found.of_seen >= stats.binom.ppf(1e-4, samples, 0.93)


LEAST = {"binomial": 0.94, "poisson": 0.94, "bursts of five": 0.91, "beta-binomial": 0.92}


@pytest.mark.stat
@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("replications", [5, 10, 30])
def test_coverage_of_rare_events(name: str, replications: int) -> None:
    """`docs/statistics/intervals.md` states what this prints."""
    for expected in (1.0, 3.0, 10.0, 30.0, 100.0):
        found = coverage(EVENTS[name], replications, expected, 4000)
        print(
            f"\n{name}, {replications} replications, {expected:g} events: all {found.of_all:.3f}, "
            f"seen {found.of_seen:.3f}, t {found.student:.3f}",
            end="",
        )
        if name in LEAST:
            assert found.of_seen >= LEAST[name]
