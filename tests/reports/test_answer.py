from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from reports.answer import answer
from reports.estimates import estimates_of
from reports.evidence import Evidence
from reports.findings import findings_of
from tests.reports import sample


def crafted(**errors: float) -> Evidence:
    """Variants that differ in their error rate only; each leaves as many duplicates as it avoids errors."""
    figures = {
        (variant, "", "all", "checkout", metric): value
        for variant, rate in errors.items()
        for metric, value in (
            ("error_rate", rate),
            ("goodput", 10 * (1 - rate)),
            ("latency_p99", 1 + rate),
            ("duplicates", 0.0 if rate > 0.2 else 0.05),
        )
    }
    summary = sample.summary_of(figures, 8)
    names = tuple(errors)
    return replace(
        sample.checkout(("sync",)),
        variants=names,
        baseline=names[0],
        summary=summary,
        comparisons=sample.comparisons_of(summary, names[0]),
        objectives=sample.objectives_of(summary, [("checkout", "error_rate", 0.1), ("checkout", "duplicates", 0.01)]),
        workloads=("checkout",),
    )


def told(evidence: Evidence) -> tuple[str, str]:
    return answer(evidence, estimates_of(evidence))


def test_the_variant_that_meets_most_objectives_is_named_first() -> None:
    evidence = crafted(base=0.4, careful=0.02, middling=0.3)
    objectives = sample.objectives_of(evidence.summary, [("checkout", "error_rate", 0.1)])
    first, _ = told(replace(evidence, objectives=objectives))
    assert first == "careful meets 1 of 1 objective, more than the others (base 0, middling 0)."


def test_the_best_variant_is_named_with_figure_baseline_and_price() -> None:
    _, second = told(crafted(base=0.4, careful=0.02, middling=0.3))
    assert second.startswith("For checkout, careful has the lowest error rate (2.0")
    assert "; base 4" in second
    assert "significant in the paired comparison with the baseline, base" in second
    assert "the price of careful: duplicates 0.05" in second


def test_copies_that_stay_wrong_are_part_of_the_price() -> None:
    evidence = crafted(base=0.4, careful=0.2)
    figures = {(name, "", "all", "service:copy", "diverged"): rows for name, rows in (("base", 0.0), ("careful", 90.0))}
    both = pd.concat([evidence.summary, sample.summary_of(figures, 8)])
    assert "the price of careful: duplicates 0.05" in told(evidence)[1]
    assert "and rows of copy left wrong 90" in told(replace(evidence, summary=both))[1]


def test_the_price_is_what_every_workload_pays_and_what_is_unfinished_is_not_called_consistent() -> None:
    metrics = ("duplicates", "orphaned", "false_ok", "stuck_sagas", "unfinished")
    both = sample.checkout(("base", "careful"), replications=8)
    clean = both.summary.copy()
    clean.loc[clean["metric"].isin(metrics), ["mean", "ci_low", "ci_high"]] = 0.0
    assert "the price of careful: nothing left inconsistent" in told(replace(both, summary=clean))[1]
    quiet = clean["operation"] == "add_to_cart"
    for metric, words in (("orphaned", "orphaned of add_to_cart 2"), ("unfinished", "unfinished of add_to_cart 2")):
        paying = clean.copy()
        paying.loc[quiet & (paying["metric"] == metric), ["mean", "ci_low", "ci_high"]] = (0.02, 0.018, 0.022)
        second = told(replace(both, summary=paying))[1]
        assert f"the price of careful: {words}" in second
        assert "nothing left inconsistent" not in second


def test_variants_whose_names_hold_commas_are_told_apart() -> None:
    evidence = crafted(**{"base": 0.4, "hybrid": 0.02, "hybrid, published": 0.4})
    objectives = sample.objectives_of(evidence.summary, [("checkout", "error_rate", 0.1)])
    first, _ = told(replace(evidence, objectives=objectives))
    assert first == "hybrid meets 1 of 1 objective, more than the others (base 0; hybrid, published 0)."
    assert told(crafted(**{"base": 0.4, "a, b": 0.4}))[0] == "base; a, b both meet 1 of 2 objectives."


def test_what_nobody_can_tell_apart_is_said_to_be_inconclusive() -> None:
    _, second = told(crafted(base=0.1, other=0.1001))
    assert "too close to call: other" in second
    assert "but the comparison with the baseline, base, is inconclusive" in second


def test_a_tie_in_objectives_names_no_winner() -> None:
    assert told(crafted(base=0.4, other=0.4))[0] == "base and other both meet 1 of 2 objectives."


def test_the_baseline_can_be_the_best() -> None:
    _, second = told(crafted(base=0.02, other=0.4))
    assert second.startswith("For checkout, base has the lowest error rate (2.0")
    assert "significant" in second


def test_a_file_without_objectives_is_told_so() -> None:
    evidence = crafted(base=0.4, other=0.02)
    assert told(replace(evidence, objectives=evidence.objectives.iloc[:0]))[0].startswith("No objectives were set")


def test_one_variant_is_described_and_not_compared() -> None:
    first, second = told(sample.one_variant())
    assert first == "base meets 2 of 5 objectives and misses 3."
    assert second.startswith("For checkout, the workload with most errors, error rate is 6")


def test_a_sweep_names_the_size_of_the_region_and_its_best_point() -> None:
    first, second = told(sample.two_axes())
    assert first.startswith("All 3 objectives hold at 11 of 25 points")
    assert second.startswith("The best point is failures = 5, open_for = 5s (3 of 3 objectives met)")


def test_no_figures_at_all_make_a_sentence_too() -> None:
    evidence = crafted(base=0.4, other=0.02)
    empty = replace(evidence, summary=evidence.summary.assign(mean=math.nan), comparisons=evidence.comparisons.iloc[:0])
    assert "no figures to compare" in told(empty)[1]
    assert "no figures" in told(replace(empty, summary=empty.summary.iloc[:0]))[1]


def test_many_variants_do_not_make_a_list_of_ten() -> None:
    first, second = told(sample.many_variants())
    assert first == "10 variants all meet 2 of 5 objectives."
    assert "too close to call: 9 others" in second


def test_findings_name_who_did_it_worst_and_when() -> None:
    evidence = sample.checkout()
    findings = findings_of(evidence, estimates_of(evidence))
    charged_twice = findings.found[0]
    assert (charged_twice.metric, charged_twice.operation) == ("duplicates", "checkout")
    assert [culprit.variant for culprit in charged_twice.culprits][:2] == ["queue", "sync"]
    assert charged_twice.culprits[0].worst.startswith("most during failing_provider: 0.21")
    false_ok = next(finding for finding in findings.found if finding.metric == "false_ok")
    assert false_ok.clean == ("sync", "saga", "hybrid")
    assert "Unfinished when the run ended" in findings.never


def with_share(evidence: Evidence, metric: str, shares: dict[str, float]) -> Evidence:
    summary = evidence.summary.copy()
    for variant, share in shares.items():
        rows = (summary["metric"] == metric) & (summary["variant"] == variant)
        summary.loc[rows, ["mean", "ci_low", "ci_high"]] = share
    return replace(evidence, summary=summary)


@pytest.mark.parametrize(
    ("shares", "most"),
    [
        ({"sync": 0.2, "queue": 0.1, "saga": 0.2}, ["sync", "saga"]),
        ({"sync": 0.2, "queue": 0.2, "saga": 0.0}, ["sync", "queue"]),
        ({"sync": 0.2, "queue": 0.2, "saga": 0.2}, []),
        ({"sync": 0.2, "queue": 0.0, "saga": 0.0}, []),
    ],
)
def test_variants_that_tie_have_most_of_it_together(shares: dict[str, float], most: list[str]) -> None:
    evidence = with_share(sample.checkout(("sync", "queue", "saga")), "orphaned", shares)
    found = findings_of(evidence, estimates_of(evidence)).found
    finding = next(one for one in found if (one.metric, one.operation) == ("orphaned", "checkout"))
    assert [variant for variant in evidence.variants if finding.most(variant)] == most


def test_of_unfinished_requests_nothing_is_claimed() -> None:
    evidence = with_share(sample.checkout(("sync", "queue")), "orphaned", {"sync": 0.0, "queue": 0.0})
    assert "Left half done" in findings_of(evidence, estimates_of(evidence)).never
    late = with_share(evidence, "unfinished", {"sync": 0.5})
    assert "Left half done (but for the unfinished)" in findings_of(late, estimates_of(late)).never


def test_what_components_report_is_found_where_workloads_do_not_have_it() -> None:
    evidence = sample.checkout(("sync",))
    row = ("sync", "", "all", sample.BREAKER, "breaker_opens", "count", 3.0, 2.5, 3.5, 20)
    extra = pd.DataFrame([row], columns=evidence.summary.columns)
    evidence = replace(evidence, summary=pd.concat([evidence.summary, extra]))
    opened = findings_of(evidence, estimates_of(evidence)).found[-1]
    assert opened.place == "call: payments → provider"
    assert opened.culprits[0].figure == "3.0 ±0.5"


def test_who_only_misses_fewer_does_not_meet_more() -> None:
    evidence = crafted(calm=0.05, wild=0.3)
    places = evidence.objectives["variant"] == "wild"
    verdicts = ["missed" if wild else "undecided" for wild in places]
    evidence = replace(evidence, objectives=evidence.objectives.assign(verdict=verdicts))
    assert told(evidence)[0] == (
        "calm meets 0 of 2 objectives and misses 0; met and missed by the others: wild 0 and 2; undecided: 2 of calm."
    )
