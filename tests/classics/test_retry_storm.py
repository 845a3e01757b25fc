"""Retries that multiply, and the budget that stops them, against the figures of their sources.

Sources: M. Brooker, Fixing retries with token buckets and circuit breakers, 2022; B. Beyer et al. (eds.), Site
Reliability Engineering, 2016, chapter 22; AWS Builders' Library, Timeouts, retries, and backoff with jitter.
"""

from __future__ import annotations

import pytest

from tests.classics.catalog import replications
from tests.support import Played
from tests.theory.agreement import agree, figures


def half_failing(variant: str, number: int, *overrides: str) -> list[Played]:
    share = "services.server.operations.answer.server_errors=50%"
    return replications("retry-storm", "sweep=none", share, *overrides, variant=variant, number=number)


def failing(share: str, variant: str) -> Played:
    (played,) = replications(
        "retry-storm",
        "sweep=none",
        f"services.server.operations.answer.server_errors={share}",
        "run={duration: 4s, warmup: 2s, seed: 2022, record: summary}",
        variant=variant,
    )
    return played


SOURCES = [("no retries", 0.5, 1.0), ("three retries", 0.9375, 1.875), ("retry budget", 0.550, 1.102)]
"""At 50 % failing: success and load. Theory for the first two, the source's simulation for the budget."""


@pytest.mark.parametrize(("variant", "success", "load"), SOURCES)
def test_what_retries_repair_and_cost_where_half_of_the_attempts_fail(
    variant: str, success: float, load: float
) -> None:
    runs = half_failing(variant, 3, "run={duration: 8s, warmup: 4s, seed: 2022, record: summary}")
    assert sum(figures(runs, "answer", "availability")) / 3 == pytest.approx(success, rel=0.03)
    assert sum(figures(runs, "answer", "calls_per_request")) / 3 == pytest.approx(load, rel=0.02)


@pytest.mark.stat
@pytest.mark.parametrize(("variant", "success", "load"), SOURCES[:2])
def test_retries_without_a_budget_are_as_theory_says(variant: str, success: float, load: float) -> None:
    runs = half_failing(variant, 20)
    assert agree(figures(runs, "answer", "availability"), success, precision=0.01)
    if load > 1:
        assert agree(figures(runs, "answer", "calls_per_request"), load, precision=0.01)


@pytest.mark.stat
def test_the_budget_is_within_1_percent_of_the_sources_bucket() -> None:
    runs = half_failing("retry budget", 20)
    assert sum(figures(runs, "answer", "availability")) / 20 == pytest.approx(0.550, rel=0.01)
    assert sum(figures(runs, "answer", "calls_per_request")) / 20 == pytest.approx(1.102, rel=0.01)


@pytest.mark.parametrize(("variant", "load"), [("three retries", 4.0), ("no retries", 1.0), ("grpc budget", 1.0)])
def test_what_a_dead_server_gets(variant: str, load: float) -> None:
    assert failing("100%", variant).figure("answer", "calls_per_request") == pytest.approx(load, abs=0.002)


def test_a_budget_adds_no_more_than_a_tenth_to_the_load_of_a_dead_server() -> None:
    assert 1.05 < failing("100%", "retry budget").figure("answer", "calls_per_request") < 1.12


def test_a_budget_is_in_nobodys_way_where_failures_are_rare() -> None:
    with_budget, without = failing("1%", "retry budget"), failing("1%", "three retries")
    for metric in ("availability", "calls_per_request"):
        assert with_budget.figure("answer", metric) == without.figure("answer", metric)


@pytest.mark.parametrize(
    ("variant", "queries"),
    [
        ("no retries", 1),
        ("three layers of four attempts", 64),
        ("five layers of three attempts", 243),
        ("one layer of three attempts", 3),
    ],
)
def test_layers_of_retries_multiply(variant: str, queries: int) -> None:
    (played,) = replications("retry-amplification", variant=variant)
    assert played.figure("service:database", "throughput") == pytest.approx(queries, rel=1e-9)


def test_layers_of_budgets_hardly_multiply() -> None:
    (played,) = replications("retry-amplification", variant="five layers of three attempts with a budget")
    assert 1 < played.figure("service:database", "throughput") < 1.1**5
