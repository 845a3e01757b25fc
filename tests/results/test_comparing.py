"""Before and after a change: pairs, families, false alarms, and what two folders have to have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product
from random import Random

import pyarrow as pa
import pytest

from experiments.results.comparing.differing import changes, sentences
from experiments.results.comparing.figures import Figures
from experiments.results.comparing.missing import Missing, missing_between
from experiments.results.comparing.rows import ComparedRow, Family, compared_rows, csv_rows

FAMILY = Family(frozenset({"visit"}), frozenset({("call:a->b", "latency_p50")}))
Draw = Callable[[str, str, int], float]
"""The value of a metric of a variant in a replication."""


def figures(
    draw: Draw, replications: range | list[int] = range(5), seed: int = 1, metrics: Mapping[str, str] | None = None
) -> Figures:
    """Make up the runs of two variants."""
    rows = [
        {"variant": variant, "point": "", "phase": "all", "operation": operation, "metric": metric}
        | {"replication": number, "value": draw(variant, metric, number), "of": math.nan}
        for variant in ("one", "two")
        for number in replications
        for metric, operation in (metrics or {"latency_p99": "visit", "goodput": "visit"}).items()
    ]
    return Figures({"seed": seed}, [pa.Table.from_pylist(rows)])


def noise(seed: int, shift: float = 0.0) -> Draw:
    """Figures that vary from replication to replication, and are moved by `shift`."""
    return lambda variant, metric, number: 10 + Random(f"{seed} {variant} {metric} {number}").gauss(0, 1) + shift


def verdicts(rows: list[ComparedRow]) -> set[str]:
    return {row.verdict for row in rows}


def test_the_same_figures_are_the_same() -> None:
    rows = compared_rows(figures(noise(1)), figures(noise(1)), FAMILY)
    assert len(rows) == 4
    assert verdicts(rows) == {"same"}


def test_a_small_change_is_seen_in_pairs_and_not_without() -> None:
    shifted: Draw = lambda variant, metric, number: (  # noqa: E731
        noise(1)(variant, metric, number) + 0.2 + 0.01 * Random(number).gauss(0, 1)
    )
    paired = compared_rows(figures(noise(1)), figures(shifted), FAMILY)
    assert all(row.paired for row in paired)
    assert {(row.metric, row.verdict) for row in paired} == {("latency_p99", "worse"), ("goodput", "better")}
    alone = compared_rows(figures(noise(1)), figures(shifted, seed=2), FAMILY)
    assert not any(row.paired for row in alone)
    assert verdicts(alone) == {"inconclusive"}


def test_pairs_are_found_by_the_number_of_the_replication() -> None:
    draw = noise(1)
    found = compared_rows(figures(draw, range(2, 12)), figures(draw, range(8)), FAMILY)
    assert {(row.verdict, row.used) for row in found} == {("same", 6)}
    apart = compared_rows(figures(draw, range(5)), figures(draw, range(5, 10)), FAMILY)
    assert not any(row.paired for row in apart)


def test_what_is_tested_is_corrected_over_the_whole_comparison() -> None:
    rows = compared_rows(figures(noise(1)), figures(noise(2)), FAMILY)
    raw = compared_rows(figures(noise(1)), figures(noise(2)), Family(frozenset({"none"}), frozenset()))
    assert not any(row.tested for row in raw)
    assert all(math.isnan(row.p_value) for row in raw)
    smallest = min(row.p_value for row in rows)
    one = {"latency_p99": "visit"}
    alone = compared_rows(figures(noise(1), metrics=one), figures(noise(2), metrics=one), FAMILY)
    assert len(alone) == 2
    assert smallest <= 1.0
    assert min(row.p_value for row in alone) * 2 in {row.p_value for row in rows} or smallest == 1.0


def test_what_is_the_same_takes_nothing_from_the_rest_of_the_family() -> None:
    still = {f"call:{place}->x": "latency_p50" for place in range(40)}
    tested = Family(frozenset({"visit"}), frozenset((name, metric) for name, metric in still.items()))

    def of(shift: float) -> Figures:
        moved = noise(1, shift)
        rows = [
            {"variant": "one", "point": "", "phase": "all", "operation": operation, "metric": metric}
            | {"replication": number, "value": value(number), "of": math.nan}
            for number in range(5)
            for operation, metric, value in [
                ("visit", "latency_p99", lambda n: moved("one", "m", n) + (0.001 * n if shift else 0)),
                *((name, metric, float) for name, metric in still.items()),
            ]
        ]
        return Figures({"seed": 1}, [pa.Table.from_pylist(rows)])

    rows = compared_rows(of(0.0), of(1.0), tested)
    moved = next(row for row in rows if row.operation == "visit")
    assert [row.verdict for row in rows].count("same") == 40
    assert moved.p_value < 1e-8


def test_objectives_name_what_is_tested_beside_the_headlines_of_workloads() -> None:
    metrics = {"latency_p99": "visit", "latency_p50": "call:a->b", "throughput": "service:a", "latency_p90": "visit"}
    rows = compared_rows(figures(noise(1), metrics=metrics), figures(noise(2), metrics=metrics), FAMILY)
    assert {row.metric for row in rows if row.tested} == {"latency_p99", "latency_p50"}


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
def test_where_nothing_changed_hardly_any_comparison_raises_an_alarm(paired: bool) -> None:
    """Of 200 comparisons of 24 figures without any change at most 5 % may name one better or worse: with more than 20
    (p < 0.001 under 5 %) the correction is broken. Without a correction it would be 140."""
    metrics = ("latency_p99", "goodput", "throughput", "error_rate", "completion_p99", "orphaned")
    tested = Family(frozenset({"visit", "buy"}), frozenset())
    alarms = 0
    for number in range(200):
        sides = [
            Figures(
                {"seed": 1 if paired else side},
                [_null(Random(f"{number} {side}"), metrics)],
            )
            for side in range(2)
        ]
        rows = compared_rows(sides[0], sides[1], tested)
        assert len(rows) == 24
        alarms += bool(verdicts(rows) & {"better", "worse"})
    assert alarms <= 20


def _null(random: Random, metrics: tuple[str, ...]) -> pa.Table:
    """Five replications; latencies are skewed, errors are rare, and figures of one replication go together."""
    cells = list(product(("one", "two"), range(5), ("visit", "buy"), metrics))
    luck = {(variant, number): random.gauss(0, 1) for variant, number, _, _ in cells}
    values = [
        sum(random.random() < 0.3 for _ in range(4)) / 1000
        if metric in {"error_rate", "orphaned"}
        else math.exp(0.5 * luck[variant, number] + random.gauss(0, 0.5))
        for variant, number, _, metric in cells
    ]
    variants, numbers, operations, names = (list(column) for column in zip(*cells, strict=True))
    places = {"variant": variants, "point": [""] * len(cells), "replication": numbers, "phase": ["all"] * len(cells)}
    figures = {"operation": operations, "metric": names, "value": values, "of": [1000.0] * len(cells)}
    return pa.table(places | figures)


def test_files_of_versions_that_did_not_say_over_how_much_can_be_compared() -> None:
    rows = [
        {"variant": "one", "point": "", "phase": "all", "operation": "visit", "metric": "goodput"}
        | {"replication": number, "value": 10.0 + number}
        for number in range(3)
    ]
    old = Figures({"seed": 1}, [pa.Table.from_pylist(rows)])
    new = Figures({"seed": 1}, [pa.Table.from_pylist([row | {"of": math.nan} for row in rows])])
    assert verdicts(compared_rows(old, new, FAMILY)) == {"same"}


def test_the_rows_name_folder_and_variant() -> None:
    row = csv_rows(compared_rows(figures(noise(1)), figures(noise(1)), FAMILY), "old", "new")[0]
    assert (row.variant_a, row.variant_b) == ("new/one", "old/one")


def manifest(workers: int, **further: object) -> dict[str, object]:
    played = {
        "services": {"desk": {"workers": workers}},
        "workload": [{"name": "visit", "rate": 5}],
        "run": {"seed": 1},
    }
    variants = {"one": {"": played}, "two": {"": {**played, "services": {"desk": {"workers": 2}}}}}
    return {"experiment": variants, "versions": {"callsim": "0.1.0", "numpy": "2.0"}} | further


def test_keys_that_differ_are_named_with_their_variants() -> None:
    assert changes(manifest(1), manifest(1)) == []
    assert sentences(manifest(1), manifest(3)) == ["services.desk.workers: 1 → 3 (one)"]


def test_versions_texts_and_settings_that_differ_are_named() -> None:
    other = manifest(1, versions={"callsim": "0.2.0", "numpy": "2.1"}, experiment_text="# new")
    assert sentences(manifest(1, experiment_text=""), other) == [
        "numpy: 2.0 → 2.1",
        "the file's text differs, but says the same of what both played",
    ]
    fewer = manifest(1)
    assert isinstance(fewer["experiment"], dict)
    fewer["experiment"] = {"one": fewer["experiment"]["one"]}
    assert sentences(manifest(1), fewer) == ["only before, not compared: two"]


def test_replications_that_go_two_ways_are_counted_and_not_averaged() -> None:
    def collapsing(share: int) -> Draw:
        return lambda variant, metric, number: (10 + Random(number).random()) / (50 if number < share else 1)

    one = {"goodput": "visit"}
    sides = (figures(collapsing(low), range(12), metrics=one) for low in (2, 11))
    rows = compared_rows(next(sides), next(sides), FAMILY)
    assert verdicts(rows) == {"worse"}
    for row in rows:
        assert row.split is not None
        assert row.split[1:] == (10, 12, 1, 12)
        assert math.isnan(row.difference)
        assert math.isnan(row.ci_low)


def test_two_charges_more_in_two_replications_are_no_proof() -> None:
    """Student's t would be sure of it: the two differences are equal, so their standard error is 0."""

    def of(events: int, seed: int = 1) -> Figures:
        rows = [
            {"variant": "one", "point": "", "phase": "all", "operation": "visit", "metric": "duplicates"}
            | {"replication": number, "value": events / 1000, "of": 1000.0}
            for number in range(2)
        ]
        return Figures({"seed": seed}, [pa.Table.from_pylist(rows)])

    for seed in (1, 2):
        (row,) = compared_rows(of(0), of(1, seed), FAMILY)
        assert row.verdict == "inconclusive"
        assert row.p_value > 0.3
        (row,) = compared_rows(of(0), of(20, seed), FAMILY)
        assert row.verdict == "worse"


def test_rounding_is_neither_a_difference_nor_a_member_of_the_family() -> None:
    """Constant arrivals and work: a longer run adds up other times, and the test would be sure of 7e-17 s."""
    tested = {"latency_p99": "visit"}

    def off(share: float) -> Draw:
        return lambda _variant, _metric, number: 0.01 * (1 + share) + number * 1e-18

    before = figures(off(0), metrics=tested)
    for seed in (1, 2):
        for share in (7e-15, 7e-10):
            rows = compared_rows(before, figures(off(share), seed=seed, metrics=tested), FAMILY)
            assert verdicts(rows) == {"same"}
            assert {row.difference for row in rows} == {0.0}
    assert "same" not in verdicts(compared_rows(before, figures(off(1e-8), metrics=tested), FAMILY))


def test_what_only_one_side_has_is_missing_where_it_would_be_tested() -> None:
    more = {"latency_p99": "visit", "goodput": "visit", "throughput": "service:a"}
    before, after = figures(noise(1), metrics=more), figures(noise(1), metrics={"latency_p99": "visit"})
    goodput = [Missing("before", name, "", "all", "visit", "goodput") for name in ("one", "two")]
    assert missing_between(before, after, FAMILY.holds) == goodput
    assert missing_between(before, before, FAMILY.holds) == []
    gone = figures(lambda variant, *_: 1.0 if variant == "one" else math.nan, metrics={"goodput": "visit"})
    assert missing_between(gone, figures(noise(1), metrics={"goodput": "visit"}), FAMILY.holds) == [
        Missing("after", "two", "", "all", "visit", "goodput")
    ]
