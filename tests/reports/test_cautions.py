"""What the figures cannot bear is said before them, and wherever one of them stands."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from reports.answer import answer
from reports.caution_words import KINDS
from reports.cautions import MARK, MOST_LINES, TITLE, Cautions, cautions_of, rest_of
from reports.estimates import estimates_of
from reports.evidence import CAUTION_COLUMNS, Evidence
from reports.markdown import render_markdown
from reports.page import render_page
from tests.reports import sample
from tests.reports.test_texts import printed

NAN = math.nan
CLEAN = sample.checkout()
EVIDENCE = sample.cautioned(CLEAN)


def with_rows(*rows: tuple[str, ...]) -> Evidence:
    return replace(CLEAN, cautions=pd.DataFrame(list(rows), columns=list(CAUTION_COLUMNS)))


def kinds_of(cautions: Cautions, *key: str) -> list[str]:
    return [caution.kind for caution in cautions.of(*key)]


def test_they_come_before_everything_else() -> None:
    page, text, summary = render_page(EVIDENCE, []), printed(EVIDENCE), render_markdown(EVIDENCE)
    assert page.index(TITLE) < page.index('class="answer"')
    assert text.startswith(TITLE)
    assert summary.splitlines()[2].startswith(f"> **{TITLE}:** A queue grows as long as the run lasts (sync,")
    for shown in (page, text, summary):
        assert "grows by 2.1 requests a second" in " ".join(shown.split())


def test_without_cautions_nothing_of_them_is_shown() -> None:
    for shown in (render_page(CLEAN, []), printed(CLEAN), render_markdown(CLEAN)):
        assert TITLE not in shown
        assert MARK not in shown


def test_the_worst_kind_comes_first_and_every_kind_once_before_any_twice() -> None:
    told = cautions_of(EVIDENCE).told(4)
    assert [kind.kind for kind in told] == [kind for kind in KINDS if kind in {row[5] for row in sample.CAUTIONS}]
    assert [(len(kind.lines), kind.more) for kind in told] == [(1, 0), (1, 1), (1, 0), (1, 0)]
    assert rest_of(told) == "And 1 more in cautions.csv."


def test_what_does_not_fit_is_counted() -> None:
    rows = [("sync", "", "all", "checkout", f"latency_p{n}", "bimodal", f"Number {n}.") for n in range(30)]
    rows += [("sync", "", "all", "checkout", "", kind, f"Of {kind}.") for kind in KINDS if kind != "bimodal"]
    told = cautions_of(with_rows(*rows)).told()
    assert sum(len(kind.lines) for kind in told) == MOST_LINES
    assert rest_of(told) == f"And {30 + len(KINDS) - 1 - MOST_LINES} more in cautions.csv."
    assert max(map(len, printed(with_rows(*rows)).splitlines())) <= 80


def test_the_same_sentence_about_several_figures_is_one_line() -> None:
    rows = [("sync", "", "all", "checkout", metric, "bimodal", "As one.") for metric in ("goodput", "error_rate")]
    (told,) = cautions_of(with_rows(*rows)).told()
    assert told.lines == ("sync, checkout goodput; sync, checkout error rate: As one.",)


def test_a_queue_that_grows_concerns_every_time_of_its_variant() -> None:
    found = cautions_of(EVIDENCE)
    assert kinds_of(found, "sync", "", "all", "checkout", "latency_p50") == ["unstable_queue"]
    assert kinds_of(found, "sync", "", "after:slow_provider", "add_to_cart", "completion_p99") == ["unstable_queue"]
    assert kinds_of(found, "sync", "", "all", "checkout", "error_rate") == []
    assert kinds_of(found, "saga", "", "all", "checkout", "latency_p50") == []


def test_other_cautions_concern_what_their_row_says() -> None:
    found = cautions_of(EVIDENCE)
    assert kinds_of(found, "queue", "", "all", "checkout", "latency_p999") == ["too_few_tail_samples"]
    assert kinds_of(found, "queue", "", "all", "checkout", "latency_p99") == []
    thin = cautions_of(with_rows(("saga", "", "healthy", "checkout", "latency_p99", "too_few_tail_samples", "Few.")))
    assert kinds_of(thin, "saga", "", "healthy", "checkout", "latency_p999") == ["too_few_tail_samples"]
    assert kinds_of(thin, "saga", "", "healthy", "checkout", "latency_p95") == []
    assert kinds_of(thin, "saga", "", "all", "checkout", "latency_p99") == []
    everything = cautions_of(with_rows(("", "", "", "", "", "warmup_too_long", "Too long.")))
    assert kinds_of(everything, "saga", "", "healthy", "service:cart", "utilization") == ["warmup_too_long"]


def test_percentiles_of_the_same_answers_without_an_upper_end_are_concerned_alike() -> None:
    thin = with_rows(("saga", "", "all", "checkout", "completion_p99", "too_few_tail_samples", "Few."))
    summary = thin.summary.copy()
    rows = [
        {"variant": "saga", "point": "", "phase": "all", "operation": "checkout", "unit": "s", "replications": 20}
        | {"metric": metric, "mean": 0.2, "ci_low": 0.15, "ci_high": high}
        for metric, high in (("answer_latency_p99", NAN), ("answer_latency_p95", NAN), ("latency_p90", 0.3))
    ]
    bounded = (summary["metric"] == "latency_p99") & (summary["variant"] == "saga")
    open_above = (summary["metric"] == "latency_p999") & (summary["variant"] == "saga")
    summary.loc[open_above, "ci_high"] = NAN
    assert bounded.any() and open_above.any()
    found = cautions_of(replace(thin, summary=pd.concat([summary, pd.DataFrame(rows)])))

    def marked(metric: str, phase: str = "all", operation: str = "checkout") -> bool:
        return bool(kinds_of(found, "saga", "", phase, operation, metric))

    assert marked("completion_p99") and marked("completion_p999")
    assert marked("answer_latency_p99") and marked("latency_p999")
    assert not marked("latency_p99"), "it has an upper end"
    assert not marked("answer_latency_p95"), "it lies farther in"
    assert not marked("latency_p999", operation="add_to_cart")


def test_where_some_recover_and_some_do_not_all_that_follows_is_of_two_kinds() -> None:
    after = "after:slow_provider"
    found = cautions_of(with_rows(("saga", "", after, "checkout", "recovered", "bimodal", "8 of 12 recovered.")))
    assert kinds_of(found, "saga", "", "all", "checkout", "goodput") == ["bimodal"]
    assert kinds_of(found, "saga", "", after, "checkout", "error_rate") == ["bimodal"]
    assert kinds_of(found, "saga", "", after, "checkout", "recovered") == []  # a share of replications already
    assert kinds_of(found, "saga", "", "healthy", "checkout", "goodput") == []
    assert kinds_of(found, "saga", "", "all", "add_to_cart", "goodput") == []


def test_what_is_only_undecided_marks_no_figure() -> None:
    found = cautions_of(with_rows(("saga", "", "all", "checkout", "", "too_few_replications", "Too few.")))
    assert kinds_of(found, "saga", "", "all", "checkout", "goodput") == []


def test_marked_figures_have_the_mark_explained_in_their_table() -> None:
    page = render_page(EVIDENCE, [])
    for block in re.findall(r"<h3>.*?(?=<h3>|<section|</section>)", page, re.DOTALL):
        body, _, note = block.partition("</table>")
        if "<table>" in block:
            assert (MARK in body) == ("†: see the cautions above" in note), block[:60]
    assert f"7.22 s [6.93, 7.51]{MARK}" in page


def test_the_answer_says_what_stands_against_it() -> None:
    first, second = answer(EVIDENCE, estimates_of(EVIDENCE))
    assert first.endswith("† 2 of 25 verdicts rest on figures that the cautions concern.")
    assert second.endswith(
        "† With reservations: sync (service provider) is overloaded: its latencies grow with the run's length;"
        " the replications of queue fall into two groups."
    )


def test_figures_in_two_groups_are_shown_as_groups_everywhere() -> None:
    groups = "14 of 20 near 31.0 /s, 6 near 2.00 /s†"
    assert groups in render_page(EVIDENCE, [])
    assert groups in render_markdown(EVIDENCE)
    row = next(line for line in printed(EVIDENCE).splitlines() if line.startswith("queue "))
    assert "14×31†" in row
    lines = printed(EVIDENCE).splitlines()
    assert "6×2" in lines[lines.index(row) + 1].split()
    assert "7×: 7 replications are near it." in " ".join(printed(EVIDENCE).split())


@pytest.mark.parametrize("metric", ["throughput", "goodput", "error_rate", "latency_p99", "duplicates"])
def test_a_mark_in_any_column_leaves_the_others_where_they_are(metric: str) -> None:
    marked = printed(with_rows(("queue", "", "all", "checkout", metric, "warmup_too_long", "Too long.")))
    rows = [next(line for line in text.splitlines() if line.startswith("queue ")) for text in (marked, printed(CLEAN))]
    assert MARK in rows[0]
    assert rows[0].replace(MARK, " ").split() == rows[1].split()
    assert len(rows[0]) <= 80
