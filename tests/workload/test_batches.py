"""Arrivals that bring several requests at once."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from scipy import stats

from simulator.kernel.random import Streams
from simulator.workload import batches
from tests.support import play

DESK = """
services: {desk: {workers: 1000, operations: {ask: {work: 10ms}}}}
workload: [{call: desk.ask, arrivals: {process: constant, rate: 1/s}, batch: 3}]
run: {duration: 4.5s}
"""


def test_a_batch_arrives_at_one_time(tmp_path: Path) -> None:
    played = play(tmp_path, DESK)
    assert [(row.arrived, row.latency) for row in played.rows()] == [
        (time, 0.01) for time in (1.0, 2.0, 3.0, 4.0) for _ in range(3)
    ]


def test_a_batch_waits_for_itself(tmp_path: Path) -> None:
    played = play(tmp_path, DESK, "services.desk.workers=1")
    assert [row.latency for row in played.rows()][:3] == pytest.approx([0.01, 0.02, 0.03])


def test_the_load_brings_more_batches_and_no_larger_ones(tmp_path: Path) -> None:
    played = play(tmp_path, DESK, "run.load=2")
    assert Counter(row.arrived for row in played.rows()) == dict.fromkeys([0.5 * n for n in range(1, 9)], 3)


def test_a_batch_of_one_is_a_request(tmp_path: Path) -> None:
    poisson = "workload.ask.arrivals={process: poisson, rate: 20/s}"
    one, none = (play(tmp_path, DESK, poisson, f"workload.ask.batch={batch}") for batch in ("1", "none"))
    assert one.rows() == none.rows()


def geometric(mean: float, number: int) -> list[int]:
    return list(islice(batches.geometric(mean, iter(Streams(5, 0).sequence("batch/ask"))), number))


@pytest.mark.parametrize("mean", [1.5, 8.0])
def test_sizes_are_geometric(mean: float) -> None:
    counts = Counter(geometric(mean, 20_000))
    law = stats.geom(1 / mean)
    sizes = range(1, int(law.ppf(0.99)))
    observed = [counts[size] for size in sizes]
    expected = [20_000 * law.pmf(size) for size in sizes]
    rest = 20_000 - sum(expected)
    assert stats.chisquare([*observed, 20_000 - sum(observed)], [*expected, rest]).pvalue > 1e-4
    assert min(counts) == 1


def test_the_same_luck_gives_larger_batches_for_a_larger_mean() -> None:
    assert set(geometric(1.0, 100)) == {1}
    assert all(small <= large for small, large in zip(geometric(2.0, 1000), geometric(5.0, 1000), strict=True))


def test_sizes_may_be_drawn(tmp_path: Path) -> None:
    played = play(tmp_path, DESK, "workload.ask.batch={dist: geometric, mean: 8}", "run.duration=2000.5s")
    sizes = list(Counter(row.arrived for row in played.rows()).values())
    assert len(sizes) == 2000
    assert abs(sum(sizes) / 2000 - 8) < 3.9 * (8 * 7 / 2000) ** 0.5
