"""When requests arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, pairwise, takewhile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulator.kernel.laws import sampler
from simulator.kernel.random import Streams
from simulator.spec.arrivals import (
    ConstantArrivals,
    DiurnalArrivals,
    MmppArrivals,
    PoissonArrivals,
    RenewalArrivals,
    SpikeArrivals,
    StagesArrivals,
    TraceArrivals,
)
from simulator.spec.laws import AnyLaw, ExponentialLaw, UniformLaw
from simulator.workload import arrivals
from simulator.workload.rates import Cosine

LEVEL = 1e-4
"""Probability of a false alarm of each test of chance, over random seeds; the seed is fixed."""


def unit(seed: int = 5) -> Iterator[float]:
    """Exponential distances of mean 1."""
    return distances_of(ExponentialLaw.model_validate({"mean": 1.0}), seed)


def distances_of(law: AnyLaw, seed: int = 5) -> Iterator[float]:
    return iter(Streams(seed, 0).sequence("arrivals/buy", sampler(law)))


def staged(*stages: dict[str, float]) -> StagesArrivals:
    return StagesArrivals.model_validate({"stages": stages})


def until(end: float, times: Iterator[float]) -> list[float]:
    return list(takewhile(lambda time: time < end, times))


@pytest.mark.parametrize(("load", "expected"), [(1.0, [0.25, 0.5, 0.75, 1.0]), (2.0, [0.125, 0.25, 0.375, 0.5])])
def test_constant_arrivals_are_equally_far_apart(load: float, expected: list[float]) -> None:
    assert list(islice(arrivals.constant(ConstantArrivals(rate=4.0), load), 4)) == expected


def test_constant_arrivals_do_not_drift() -> None:
    times = list(islice(arrivals.constant(ConstantArrivals(rate=3.0), 1.0), 30_000))
    assert times[-1] == 10_000.0


@pytest.mark.parametrize(("rate", "load"), [(40.0, 1.0), (40.0, 0.25), (0.5, 20.0)])
def test_poisson_arrivals_have_their_rate(rate: float, load: float) -> None:
    """The number in a period is Poisson: outside its central 1 - LEVEL interval once in 10,000 tries."""
    seconds = 500.0
    number = len(until(seconds, arrivals.poisson(PoissonArrivals(rate=rate), load, unit())))
    low, high = stats.poisson(rate * load * seconds).interval(1 - LEVEL)
    assert low <= number <= high


def test_poisson_distances_are_exponential_and_independent() -> None:
    times = np.array(list(islice(arrivals.poisson(PoissonArrivals(rate=10.0), 1.0, unit()), 20_000)))
    distances = np.diff(times)
    assert stats.kstest(distances, stats.expon(scale=0.1).cdf).pvalue > LEVEL
    assert abs(np.corrcoef(distances[1:], distances[:-1])[0, 1]) < 3.9 / len(distances) ** 0.5


def test_load_shrinks_the_same_luck() -> None:
    once = list(islice(arrivals.poisson(PoissonArrivals(rate=10.0), 1.0, unit()), 100))
    twice = list(islice(arrivals.poisson(PoissonArrivals(rate=10.0), 2.0, unit()), 100))
    assert twice == pytest.approx([time / 2 for time in once])


@pytest.mark.parametrize("load", [1.0, 4.0])
def test_renewal_distances_follow_their_law_shortened_by_the_load(load: float) -> None:
    law = UniformLaw(low=1.0, high=3.0)
    spec = RenewalArrivals(law=law)
    distances = np.diff([0.0, *islice(arrivals.renewal(spec, load, distances_of(law)), 5000)]) * load
    assert 1.0 <= distances.min() <= 1.01
    assert 2.99 <= distances.max() <= 3.0
    assert stats.kstest(distances, stats.uniform(1.0, 2.0).cdf).pvalue > LEVEL


# -- stages -----------------------------------------------------------------------------------------------

STAGES = staged(
    {"rate": 20.0, "for": 100.0},
    {"ramp_to": 80.0, "for": 100.0},
    {"rate": 0.0, "for": 50.0},
    {"ramp_to": 40.0, "for": 100.0},
    {"ramp_to": 0.0, "for": 100.0},
)
EXPECTED = {(0, 100): 2000, (100, 200): 5000, (200, 250): 0, (250, 350): 2000, (350, 450): 2000}


@pytest.mark.parametrize(("period", "expected"), EXPECTED.items())
def test_each_stage_brings_its_expected_number(period: tuple[float, float], expected: int) -> None:
    number = sum(period[0] <= time < period[1] for time in arrivals.stages(STAGES, 1.0, unit()))
    low, high = stats.poisson(expected).interval(1 - LEVEL) if expected else (0, 0)
    assert low <= number <= high


@pytest.mark.parametrize(
    ("stages", "cdf"),
    [
        (({"ramp_to": 100.0, "for": 100.0},), lambda t: (t / 100) ** 2),
        (({"rate": 0.0, "for": 1e-9}, {"ramp_to": 100.0, "for": 100.0}), lambda t: (t / 100) ** 2),
        (({"rate": 100.0, "for": 1e-9}, {"ramp_to": 0.0, "for": 100.0}), lambda t: 1 - (1 - t / 100) ** 2),
        (({"rate": 50.0, "for": 100.0},), lambda t: t / 100),
    ],
    ids=["up from nothing", "up", "down", "level"],
)
def test_within_a_stage_arrivals_follow_its_slope(
    stages: tuple[dict[str, float], ...], cdf: Callable[[Any], Any]
) -> None:
    times = np.array(list(arrivals.stages(staged(*stages), 1.0, unit())))
    assert 4500 < len(times) < 5500
    assert stats.kstest(times, lambda t: np.clip(cdf(np.clip(t, 0, 100)), 0, 1)).pvalue > LEVEL


def test_a_stage_cut_in_two_is_the_same_stage() -> None:
    whole = list(arrivals.stages(staged({"rate": 10.0, "for": 90.0}), 1.0, unit()))
    halves = list(arrivals.stages(staged({"rate": 10.0, "for": 30.0}, {"rate": 10.0, "for": 60.0}), 1.0, unit()))
    ramps = staged({"ramp_to": 10.0, "for": 30.0}, {"ramp_to": 30.0, "for": 60.0})
    ramp = staged({"ramp_to": 30.0, "for": 90.0})
    assert halves == pytest.approx(whole)
    assert list(arrivals.stages(ramps, 1.0, unit())) == pytest.approx(list(arrivals.stages(ramp, 1.0, unit())))


def test_after_the_last_stage_nobody_arrives() -> None:
    times = list(arrivals.stages(staged({"rate": 10.0, "for": 5.0}), 1.0, unit()))
    assert 0 < len(times) < 100
    assert max(times) <= 5.0


def test_load_multiplies_every_stage() -> None:
    number = len(list(arrivals.stages(STAGES, 3.0, unit())))
    low, high = stats.poisson(3 * sum(EXPECTED.values())).interval(1 - LEVEL)
    assert low <= number <= high


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["rate", "ramp_to"]), st.sampled_from([0.0, 0.5, 3.0, 20.0]), st.sampled_from([0.5, 4.0])
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 50),
)
def test_times_are_in_order_and_within_the_stages(written: list[tuple[str, float, float]], seed: int) -> None:
    stages = [{kind: rate, "for": seconds} for kind, rate, seconds in written]
    times = list(arrivals.stages(staged(*stages), 1.0, unit(seed)))
    assert times == sorted(times)
    assert all(0.0 <= time <= sum(seconds for _, _, seconds in written) * (1 + 1e-12) for time in times)


# -- rates that change ------------------------------------------------------------------------------------


def spiking(**more: float) -> SpikeArrivals:
    return SpikeArrivals.model_validate({"rate": 20.0, "peak": 200.0, "at": 50.0, "for": 10.0, **more})


def within(times: list[float], begin: float, end: float) -> int:
    return sum(begin <= time < end for time in times)


def expected_number(number: int, expected: float) -> bool:
    low, high = stats.poisson(expected).interval(1 - LEVEL)
    return bool(low <= number <= high)


def test_a_spike_rises_once_and_falls_back() -> None:
    times = until(200.0, arrivals.spike(spiking(), 1.0, unit()))
    assert expected_number(within(times, 0, 50), 1000)
    assert expected_number(within(times, 50, 60), 2000)
    assert expected_number(within(times, 60, 200), 2800)


def test_spikes_come_back_every_so_often() -> None:
    times = until(200.0, arrivals.spike(spiking(every=40.0), 1.0, unit()))
    for begin in (50, 90, 130, 170):
        assert expected_number(within(times, begin, begin + 10), 2000)
        assert expected_number(
            within(times, begin + 10, min(begin + 40, 200)), 20 * (min(begin + 40, 200) - begin - 10)
        )


def test_a_spike_above_nothing_ends() -> None:
    times = list(arrivals.spike(spiking(rate=0.0), 1.0, unit()))
    assert expected_number(len(times), 2000)
    assert min(times) >= 50.0
    assert max(times) <= 60.0


def test_spikes_at_the_rate_itself_are_no_spikes() -> None:
    """A level cut into pieces is a level: the same luck gives the same times."""
    level = islice(arrivals.poisson(PoissonArrivals(rate=20.0), 1.0, unit()), 3000)
    pieces = islice(arrivals.spike(spiking(peak=20.0, every=15.0), 1.0, unit()), 3000)
    assert list(pieces) == pytest.approx(list(level))


def diurnal(**more: float) -> DiurnalArrivals:
    return DiurnalArrivals.model_validate({"low": 0.0, "high": 40.0, "period": 100.0, **more})


@pytest.mark.parametrize("peak_at", [0.0, 30.0, 130.0])
@pytest.mark.parametrize("low", [0.0, 20.0, 40.0])
def test_arrivals_of_a_day_follow_its_cosine(low: float, peak_at: float) -> None:
    """The time change by the integral of the rate turns them into a process of rate 1."""
    spec = diurnal(low=low, peak_at=peak_at)
    times = np.array(until(1000.0, arrivals.diurnal(spec, 1.0, unit())))
    level, swing, speed = 20 + low / 2, 20 - low / 2, 2 * np.pi / 100
    integral = level * times + swing / speed * (np.sin(speed * (times - peak_at)) + np.sin(speed * peak_at))
    luck = np.cumsum(list(islice(unit(), len(times))))
    assert integral == pytest.approx(luck, rel=1e-9, abs=1e-9)
    assert expected_number(len(times), 1000 * level)


def test_a_day_is_busiest_at_its_peak() -> None:
    times = until(1000.0, arrivals.diurnal(diurnal(peak_at=25.0), 1.0, unit()))
    by_quarter = [sum((time % 100) // 25 == quarter for time in times) for quarter in range(4)]
    # A quarter beside the peak holds 5000 (1/4 + 1/(2 pi)) of 20,000 arrivals, one beside the low 1/4 - 1/(2 pi).
    beside_peak, beside_low = 20_000 * (1 / 4 + 1 / (2 * np.pi)), 20_000 * (1 / 4 - 1 / (2 * np.pi))
    assert all(expected_number(by_quarter[quarter], beside_peak) for quarter in (0, 1))
    assert all(expected_number(by_quarter[quarter], beside_low) for quarter in (2, 3))


MMPP = MmppArrivals.model_validate({"states": [{"rate": 0.0, "for": 3.0}, {"rate": 30.0, "for": 1.0}]})


def test_a_modulated_process_has_the_rate_of_its_states_on_average() -> None:
    """The number in a long time is normal: its variance is that of the rate (0 or 30) and of the arrivals."""
    seconds = 40_000.0
    number = len(until(seconds, arrivals.mmpp(MMPP, 1.0, unit(), unit(6))))
    mean = seconds * 30 / 4
    # Two states, left at 1/3 and at 1 per second: the covariance of the rate falls with exp(-4t/3).
    variance = mean + 2 * seconds * 30**2 * (1 / 4) * (3 / 4) / (4 / 3)
    assert abs(number - mean) < 3.9 * variance**0.5


def test_its_states_last_as_long_at_every_load() -> None:
    once = until(300.0, arrivals.mmpp(MMPP, 1.0, unit(), unit(6)))
    tenfold = until(300.0, arrivals.mmpp(MMPP, 10.0, unit(), unit(6)))
    quiet = [gap for gap in pairwise(once) if gap[1] - gap[0] > 1.0]
    assert quiet
    for begin, end in quiet:
        assert any(begin - 0.5 < time < begin + 0.5 for time in tenfold)
        assert within(tenfold, begin + 0.5, end - 0.5) == 0


def test_a_trace_is_played_as_it_stands_or_faster() -> None:
    spec = TraceArrivals(file="t.csv", times=(0.0, 1.0, 1.0, 4.0))
    assert list(arrivals.trace(spec, 1.0)) == [0.0, 1.0, 1.0, 4.0]
    assert list(arrivals.trace(spec, 2.0)) == [0.0, 0.5, 0.5, 2.0]


@given(
    low=st.floats(0.0, 1.0),
    period=st.sampled_from([0.01, 1.0, 86400.0]),
    peak_at=st.floats(0.0, 2.0),
    rate=st.sampled_from([0.001, 1.0, 5000.0]),
    seed=st.integers(0, 50),
)
def test_times_of_a_day_are_in_order_and_bring_what_is_expected(
    low: float, period: float, peak_at: float, rate: float, seed: int
) -> None:
    spec = diurnal(low=low * rate, high=rate, period=period, peak_at=peak_at * period)
    times = list(islice(arrivals.diurnal(spec, 1.0, unit(seed)), 50))
    assert times == sorted(times)
    wave = Cosine(rate * (1 + low) / 2, rate * (1 - low) / 2, period, peak_at * period)
    luck = list(islice(unit(seed), 50))
    total = 0.0
    for time, step in zip(times, luck, strict=True):
        total += step
        assert wave.expected(time) == pytest.approx(total, rel=1e-6, abs=1e-6)
