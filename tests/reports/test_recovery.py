"""Recovery as it is shown: how many, how fast, and how many never."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from reports.estimates import estimates_of
from reports.evidence import RECOVERY_COLUMNS, Evidence
from reports.recovery import recoveries_of
from reports.tables import recovery_table
from tests.reports import sample
from tests.reports.test_texts import printed

AFTER = "after:slow_provider"


def with_times(**times: list[float]) -> Evidence:
    rows = [
        (variant, "", number, AFTER, "checkout", time)
        for variant, values in times.items()
        for number, time in enumerate(values)
    ]
    return replace(sample.checkout(tuple(times)), recoveries=pd.DataFrame(rows, columns=list(RECOVERY_COLUMNS)))


BOTH_WAYS = with_times(sync=[40.0, math.inf, 20.0, math.inf, 30.0], saga=[10.0] * 5, queue=[math.inf] * 5)


def test_never_is_counted_and_longer_than_any_time() -> None:
    sync, saga, queue = recoveries_of(BOTH_WAYS)
    assert (sync.recovered, sync.never, sync.median, sync.goes_both_ways) == ((20.0, 30.0, 40.0), 2, 40.0, True)
    assert (saga.never, saga.median, saga.goes_both_ways) == (0, 10.0, False)
    assert (queue.never, queue.median, queue.goes_both_ways) == (5, math.inf, False)


def test_the_median_of_an_even_number_may_lie_between_a_time_and_never() -> None:
    (found,) = recoveries_of(with_times(sync=[10.0, math.inf]))
    assert found.median == math.inf


def test_a_replication_without_the_phase_is_not_counted() -> None:
    (found,) = recoveries_of(with_times(sync=[10.0, math.nan, 20.0]))
    assert found.times == (10.0, 20.0)


def test_the_table_says_who_goes_both_ways() -> None:
    table = recovery_table(BOTH_WAYS, estimates_of(BOTH_WAYS), "")
    assert table is not None
    assert table.rows == (
        (
            "checkout",
            "after slow_provider",
            "sync",
            "3 of 5, both ways",
            "2",
            "40.0 s (no interval)",
            "20.0 s",
            "40.0 s",
        ),
        ("checkout", "after slow_provider", "saga", "5 of 5", "0", "10.0 s (no interval)", "10.0 s", "10.0 s"),
        ("checkout", "after slow_provider", "queue", "0 of 5", "5", "never", "", ""),
    )


def test_without_bounds_there_is_no_table() -> None:
    assert recovery_table(sample.checkout(), estimates_of(sample.checkout()), "") is None


def test_the_terminal_says_it_in_words() -> None:
    text = " ".join(printed(BOTH_WAYS).split())
    assert "sync: checkout after slow_provider: recovered in 3 of 5 replications, median 40.0 s, never in 2" in text
    assert "queue: checkout after slow_provider: recovered in 0 of 5 replications, never in 5" in text
