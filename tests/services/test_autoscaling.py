"""The rule of an autoscaler, row by row, and what it may never do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.autoscaling import ScalingRule
from tests.support import columns_of, play

LOOKS = [
    ("up at once", [(15, 2, 3.2)], [4]),
    ("a whole number is not rounded up", [(15, 2, 3.0 + 1e-12)], [3]),
    ("never above the most", [(15, 2, 99.0)], [10]),
    ("never below the least", [(400, 2, 0.0)], [1]),
    ("down only to the highest of late", [(100, 2, 5.0), (200, 5, 1.0), (399, 5, 1.0), (401, 5, 2.0)], [5, 5, 5, 2]),
    ("what was there at first counts as desired", [(15, 2, 1.0), (299, 2, 1.0), (300, 2, 1.0)], [2, 2, 1]),
    ("a number above all of late is no reason to go up", [(15, 1, 0.5)], [1]),
]


@pytest.mark.parametrize(("name", "looks", "expected"), LOOKS, ids=[row[0] for row in LOOKS])
def test_the_rule(name: str, looks: list[tuple[float, int, float]], expected: list[int]) -> None:
    rule = ScalingRule(1, 10, 300.0, 2)
    assert [rule.decide(*look) for look in looks] == expected


@given(loads=st.lists(st.floats(0, 50), min_size=1, max_size=40), hold=st.floats(0, 200), least=st.integers(1, 4))
def test_it_keeps_to_its_bounds_and_never_falls_below_what_was_desired_of_late(
    loads: list[float], hold: float, least: int
) -> None:
    rule = ScalingRule(least, 12, hold, least)
    current = least
    for number, load in enumerate(loads, start=1):
        current = rule.decide(15.0 * number, current, load)
        assert least <= current <= 12
        recent = [
            past for when, past in enumerate(loads, start=1) if 15.0 * number - hold < 15.0 * when <= 15.0 * number
        ]
        assert current >= min(12.0, max([*recent, 0.0])) - 1e-6


STEP = """
services:
  shop:
    workers: 1
    autoscale: {min: 1, max: 8, metric: utilization, target: 50%, every: 10s, startup: 20s, scale_down_after: 30s}
    operations: {buy: {work: 400ms}}
workload:
  - call: shop.buy
    arrivals: {process: constant, rate: 2/s}
run: {duration: 100s, replications: 1, window: 10s}
"""
"""Each second 0.8 worker-seconds are asked for: 80 % of one replica, 40 % of two."""


def test_a_replica_comes_after_the_look_and_its_start_up(tmp_path: Path) -> None:
    played = play(tmp_path, STEP)
    series = played.timeline("service:shop", "replicas")
    assert [series[10.0 * k] for k in range(5)] == [1, 1, 1, 2, 2]
    assert played.timeline("service:shop", "utilization")[50.0] == pytest.approx(0.4)
    assert played.figure("service:shop", "replicas") == pytest.approx((30 * 1 + 70 * 2) / 100)


BACKLOG = [
    "services.shop.autoscale={metric: backlog, target: 4}",
    "services.shop.operations.buy.work=1s",
]


def test_a_backlog_is_divided_by_what_may_wait_per_replica(tmp_path: Path) -> None:
    """Two come and one is served a second: 10 have waited by 10 s, 3 replicas are wanted, and there 20 s later."""
    series = play(tmp_path, STEP, *BACKLOG).timeline("service:shop", "replicas")
    assert [series[10.0 * k] for k in range(4)] == [1, 1, 1, 3]


def test_one_that_can_never_change_is_as_if_there_were_none(tmp_path: Path) -> None:
    fixed = columns_of(play(tmp_path, STEP, "services.shop.autoscale={min: 1, max: 1}").result)
    plain = columns_of(play(tmp_path, STEP, "services.shop.autoscale=none").result)

    def without_replicas(columns: dict[str, object], table: str) -> list[tuple[str, ...]]:
        names = [name for name in columns if name.startswith(f"{table}.")]
        rows = zip(*(columns[name] for name in names), strict=True)
        return [tuple(map(repr, row)) for row in rows if "replicas" not in row]  # NaN is like NaN

    for table in ("metrics", "timeline", "requests", "distributions"):
        assert without_replicas(fixed, table) == without_replicas(plain, table)
