"""Too few replications: said beforehand, and afterwards with how many would settle it; and two groups, named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from experiments.results.cautions import Caution, Finished
from experiments.results.cautions.bimodal import bimodal
from experiments.results.cautions.undecided import too_few_replications
from experiments.results.cells import Cells, Setting
from experiments.results.comparisons import comparison_rows
from experiments.results.objectives import Objective, objective_rows
from experiments.running.deciding import undeciding

TWO_WAYS = [40.2, 39.1, 2.4, 41.0, 1.8, 40.5, 38.9, 2.1, 39.7, 40.8]


def planned(variants: int, replications: int, points: Sequence[str] = ("",)) -> list[str]:
    runs = [Setting(f"v{number}", point) for number in range(variants) for point in points for _ in range(replications)]
    return list(undeciding(runs))


@pytest.mark.parametrize(("variants", "replications"), [(1, 1), (5, 5), (2, 4), (2, 3), (20, 8), (0, 0)])
def test_enough_replications_are_no_word_worth(variants: int, replications: int) -> None:
    assert planned(variants, replications) == []


def test_one_replication_decides_nothing() -> None:
    (said,) = planned(3, 1)
    assert said.startswith("3 variants, 1 replication: no difference between them can be told from chance")


def test_few_replications_of_many_variants_decide_nothing() -> None:
    (said,) = planned(5, 3)
    assert said == (
        "5 variants, 3 replications: only differences of more than 6.5 standard deviations are likely to be seen; "
        "take at least 5 replications"
    )
    assert planned(5, 3, points=("a", "b")) == [said]
    assert planned(5, 5) == []


def finished(
    figures: dict[str, dict[str, list[float]]], *bounds: Objective, baseline: str = "base", of: float = math.nan
) -> Finished:
    cells = Cells()
    for variant, metrics in figures.items():
        for values in zip(*metrics.values(), strict=True):
            size = len(metrics)
            columns = {
                "phase": ["all"] * size,
                "operation": ["shop"] * size,
                "metric": list(metrics),
                "value": list(values),
                "of": [of] * size,
            }
            cells.add(Setting(variant, ""), columns)
    return Finished(
        folder=Path(),
        scenarios={},
        cells=cells,
        baseline=baseline,
        comparisons=comparison_rows(cells, baseline, {bound.metric for bound in bounds}),
        objectives=objective_rows(cells, bounds),
    )


def test_afterwards_it_is_said_how_many_would_settle_the_clearest_comparison() -> None:
    base = [10.0, 11.0, 9.0, 10.5, 9.5]
    near = [value + step for value, step in zip(base, (0.3, -0.1, 0.5, 0.0, 0.2), strict=True)]
    (found,) = too_few_replications(finished({"base": {"goodput": base}, "near": {"goodput": near}}))
    assert found[:6] == ("", "", "", "", "", "too_few_replications")
    assert found.detail == (
        "1 of 1 tested comparison is undecided after 5 replications; about 16 would settle it: "
        "near against base, shop goodput"
    )


def test_an_objective_that_is_undecided_says_how_many_replications_would_judge_it() -> None:
    bound = Objective("shop", "all", "latency_p99", 1.05, at_most=True)
    (found,) = too_few_replications(finished({"base": {"latency_p99": [0.9, 1.1, 1.0, 1.0]}}, bound))
    assert found.detail == (
        "1 of 1 objective is undecided after 4 replications; about 28 would settle it: "
        "the objective shop latency p99 of base"
    )


def test_every_point_is_reckoned_with_its_own_replications() -> None:
    """A precision target stops each point by itself: what is undecided after ten takes more than ten."""
    steps = (0.3, -0.1, 0.5, 0.0, 0.2)
    cells = Cells()
    for point, played in (("decided", 4), ("open", 10)):
        for number in range(played):
            base = (10.0, 11.0, 9.0, 10.5, 9.5)[number % 5]
            near = base + (5.0 + 0.01 * number if point == "decided" else steps[number % 5] - 0.1)
            for variant, value in (("base", base), ("near", near)):
                columns = {"phase": ["all"], "operation": ["shop"], "metric": ["goodput"], "value": [value]}
                cells.add(Setting(variant, point), columns | {"of": [math.nan]})
    rows = comparison_rows(cells, "base")
    said = Finished(folder=Path(), scenarios={}, cells=cells, baseline="base", comparisons=rows, objectives=[])
    (found,) = too_few_replications(said)
    assert "1 of 2 tested comparisons is undecided after 10 replications; about 65 would settle it" in found.detail
    assert found.detail.endswith("near against base at open, shop goodput")


def test_what_is_decided_or_too_small_to_be_worth_it_is_no_caution() -> None:
    base = [10.0, 11.0, 9.0, 10.5, 9.5]
    assert list(too_few_replications(finished({"base": {"goodput": base}, "same": {"goodput": base}}))) == []
    tiny = [value + step for value, step in zip(base, (1.0, -1.0, 1.0, -1.01, 0.02), strict=True)]
    assert list(too_few_replications(finished({"base": {"goodput": base}, "tiny": {"goodput": tiny}}))) == []


def test_one_replication_is_said_to_decide_nothing_afterwards_too() -> None:
    (found,) = too_few_replications(finished({"base": {"goodput": [1.0]}, "other": {"goodput": [2.0]}}))
    assert found.detail.startswith("1 replication: no difference between variants can be told from chance")
    assert list(too_few_replications(finished({"base": {"goodput": [1.0]}}))) == []


def cautions(figures: dict[str, list[float]], of: float = math.nan) -> list[Caution]:
    return list(bimodal(finished({"sync": figures}, baseline="sync", of=of)))


def test_two_groups_are_named_with_all_figures_in_which_they_show() -> None:
    failing = [0.01 if value > 10 else 0.95 for value in TWO_WAYS]
    (found,) = cautions({"goodput": TWO_WAYS, "error_rate": failing, "latency_p50": [0.1] * 10})
    assert found == (
        "sync",
        "",
        "all",
        "shop",
        "goodput",
        "bimodal",
        "goodput: near 40.0 /s in 7 of 10 replications, near 2.10 /s in 3; likewise error rate (all): "
        "a mean describes none of them, so they are counted and not averaged",
    )


def test_a_percentile_that_jumps_far_out_is_no_split() -> None:
    """About 1 % never complete, so that the 99th percentile is infinite or not."""
    assert cautions({"completion_p99": [27.4, math.inf, 27.1, math.inf, 27.3, 27.2]}) == []
    assert cautions({"latency_p99": [1.01, 0.005, 1.02, 0.005, 0.005, 0.005, 1.0, 0.005]}) == []


def test_some_that_recover_and_some_that_do_not_are_counted() -> None:
    (found,) = cautions({"recovered": [1.0, 1.0, 0.0, 1.0]})
    assert found.metric == "recovered"
    assert found.detail == (
        "3 of 4 replications recovered, 1 did not: recoveries are counted,"
        " and means of the other figures of this workload mix both kinds"
    )
    (found,) = cautions({"recovered": [1.0] * 7 + [0.0] * 3, "goodput": TWO_WAYS})
    assert "so they are counted and not averaged, and means of the other figures of this workload mix" in found.detail


def test_one_group_is_no_caution() -> None:
    assert cautions({"goodput": [40.0, 41.0, 39.0, 40.5]}) == []
