"""A clock that is looked at seldom finds what one finds that is looked at at every border."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.policies.breaker_windows import Thresholds, Window
from simulator.spec.policies import BreakerSpec

BUCKETS = st.integers(1, 6)
RESULTS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=25)
"""Nanoseconds since the result before, and whether it is a failure."""


@given(BUCKETS, st.integers(1, 3), st.integers(1, 4), st.sampled_from([0.3, 0.5, 1.0]), RESULTS)
def test_borders_that_are_left_out_change_nothing(
    count: int, bucket: int, minimum: int, rate: float, results: list[tuple[int, bool]]
) -> None:
    window = {"type": "time", "size": count * bucket / 1e9, "bucket": bucket / 1e9, "anchor": "state"}
    spec = BreakerSpec.model_validate(
        {"preset": "hystrix", "minimum_calls": minimum, "failure_rate": rate, "window": window}
    )
    seldom, often = Window(spec, Thresholds(spec)), Window(spec, Thresholds(spec))
    for each in (seldom, often):
        each.begin(5)
    now = 5
    for pause, failed in [*results, (40, False)]:
        opened = next((border for moment in range(now, now + pause + 1) if (border := often.tick(moment))), None)
        now += pause
        assert seldom.tick(now) == opened
        if opened is not None:
            return
        assert seldom.next_tick == often.next_tick
        for each in (seldom, often):
            (each.failed if failed else each.succeeded)(now / 1e9, 0.0)
