"""What is said of warm-ups that are too short or too long, and of a precision that was not reached."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.api import run
from experiments.results.reading import Results

SMALL = ("run.duration=60s", "run.warmup=5s", "run.window=1s", "run.record=summary")


def played(*overrides: str, **options: Any) -> Results:
    return run("catalog:mm1", overrides=[*SMALL, *overrides], **options)


def details(results: Results, kind: str) -> list[str]:
    frame = results.cautions
    return [str(detail) for detail in frame[frame["kind"] == kind]["detail"]]


def half_done(share: str) -> list[str]:
    """Requests with two effects, of which the second fails: such a request is never complete."""
    steps = "[{call: server.answer}, {call: store.take}]"
    return [
        f"services.gate={{workers: 50, operations: {{buy: {{steps: {steps}}}}}}}",
        f"services.store={{workers: 4, operations: {{take: {{work: 1ms, effect: true, server_errors: {share}}}}}}}",
        "services.server.operations.answer={work: 1ms, effect: true}",
        "workload.answer.call=gate.buy",
        "run.duration=15s",
    ]


def test_a_queue_that_begins_empty_under_heavy_load_is_told_from_the_rest() -> None:
    (only,) = details(played("run.warmup=0", "workload.answer.arrivals.rate=97/s", replications=5), "warmup_too_short")
    assert "in the first 1s" in only
    assert "or auto" in only or "changes as long as the run lasts" in only


def test_a_light_load_needs_no_word() -> None:
    results = played("run.warmup=5s", "workload.answer.arrivals.rate=40/s", replications=5)
    assert details(results, "warmup_too_short") == details(results, "warmup_too_long") == []


def test_where_things_happen_at_set_times_nothing_is_said_of_the_beginning() -> None:
    fault = "faults=[{kind: slowdown, target: server, factor: 4, at: 0s, for: 5s}]"
    results = played("run.warmup=0", fault, "workload.answer.arrivals.rate=40/s", replications=5)
    assert details(results, "warmup_too_short") == []


def test_a_warmup_of_more_than_half_the_run_is_said() -> None:
    (only,) = details(played("run.warmup=40s", replications=2), "warmup_too_long")
    assert "40s of 1m" in only


def test_pilots_that_found_no_steady_state_are_said() -> None:
    results = played("run.warmup=auto", "workload.answer.arrivals.rate=140/s", replications=2)
    (only,) = details(results, "warmup_too_long")
    assert "no steady state in" in only
    assert "queue_length of services (base)" in only


def test_pilots_that_saw_too_little_to_find_a_warmup_in_are_said() -> None:
    few = ("run.duration=10s", "workload.answer.arrivals.rate=2/s")
    results = played("run.warmup=auto", *few, replications=2)
    (only,) = details(results, "warmup_too_long")
    assert "long enough to find the warm-up in (100 requests, or 20 windows, at least), so 5s of 10s are left" in only
    assert results.manifest["warmup"] == 5.0


def test_only_the_variant_whose_pilots_saw_too_little_is_named() -> None:
    rates = "variants={few: {workload.answer.arrivals.rate: 2/s}, many: {}, written: {run.warmup: 1s}}"
    found = played("run.warmup=auto", "run.duration=10s", rates, replications=2).cautions
    assert found[found["kind"] == "warmup_too_long"]["variant"].tolist() == ["few"]


def test_no_variants_warmup_takes_more_than_half_of_the_shortest_run() -> None:
    """The pilots of a growing queue ask for half of 60 s, which would be all of the shorter run."""
    variants = "variants={long: {}, short: {run.duration: 30s}}"
    results = played("run.warmup=auto", variants, "workload.answer.arrivals.rate=140/s", replications=2)
    assert results.manifest["warmups"] == {"": 15.0}
    found = details(results, "warmup_too_long")
    assert any("half of the shortest run is left out of all" in text for text in found)
    assert any("pilot runs ask for a warm-up of" in text and "no more than 15s" in text for text in found)


def test_a_precision_that_was_not_reached_says_how_many_it_would_take() -> None:
    rule = "run.replications={until: {metric: latency_p99, half_width: 5ms}, max: 10}"
    (only,) = details(played(rule), "target_missed")
    assert only.startswith("after 10 replications half the interval is ")
    assert "wanted was 5ms" in only
    assert "raise max (now 10)" in only


def test_a_precision_that_is_out_of_reach_is_not_to_be_bought_with_more_replications() -> None:
    rule = "run.replications={until: {metric: latency_p99, half_width: 0.1ms}, max: 10}"
    (only,) = details(played(rule, "run.duration=20s"), "target_missed")
    assert "and 10,000 are the most there can be: it is out of reach" in only
    assert "raise max" not in only


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("metric: queue_length, operation: 'service:server', half_width: 0.003", "that takes about"),
        ("metric: throughput, half_width: 0.01%", "wanted was 0.01 % of the estimate"),
    ],
)
def test_the_reason_is_said_in_the_metrics_own_terms(until: str, words: str) -> None:
    rule = f"run.replications={{until: {{{until}}}, max: 10}}"
    results = played(rule, "run.duration=20s", "workload.answer.arrivals.rate=20/s")
    (only,) = details(results, "target_missed")
    assert words in only


@pytest.mark.parametrize(
    ("until", "overrides", "words"),
    [
        ("latency_p99, half_width: 10%", ["run.duration=6s"], "too few values lie beyond latency_p99 to say how high"),
        (
            "completion_p99, half_width: 1ms",
            half_done("20%"),
            "completion_p99 is infinite, so it has no interval, and more would not help",
        ),
        (
            "completion_p90, half_width: 1ms",
            half_done("10%"),
            "ends at infinity: about as many as the 10 % beyond it never end",
        ),
        (
            "latency_p50, half_width: 1ms, phase: during rare",
            ["phases={rare: {from: 10s, to: 10.001s}}", "workload.answer.arrivals.rate=1/s", "run.duration=20s"],
            "latency_p50 was never measured in 12 replications: raise max (now 12), or make the phase longer",
        ),
        (
            "latency_p50, half_width: 1ms, phase: during early",
            ["phases={early: {from: 1s, to: 2s}}", "run.duration=20s"],
            "was never measured, so no number of replications makes it precise",
        ),
        ("retries, half_width: 1%", ["run.duration=20s"], "the estimate is 0, and no interval is as narrow as a share"),
    ],
)
def test_an_interval_without_an_end_is_said_and_not_shown(until: str, overrides: list[str], words: str) -> None:
    rule = f"run.replications={{until: {{metric: {until}}}, max: 12}}"
    (only,) = details(played(rule, *overrides), "target_missed")
    assert words in only
    assert "nan" not in only.lower()


def test_a_precision_that_was_reached_needs_no_word() -> None:
    rule = "run.replications={until: {metric: throughput, half_width: 20%}, max: 10}"
    assert details(played(rule, "run.duration=20s"), "target_missed") == []
