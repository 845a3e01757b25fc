"""The figures of the shortened checkout, as they were when somebody last looked at them.

A change here is a change of every result that users have: it needs a reason, and a line in the changelog. To renew the
file, delete it and run the test twice. Figures are compared to nine digits, since another processor architecture may
compute the last ones differently.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.determinism.checkout import result

GOLDEN = Path(__file__).with_name("checkout.csv")
VARIANTS = ("choreography", "hybrid", "queue", "saga", "sync")
OPERATIONS = ("add_to_cart", "checkout", "service:provider", "call:payments->provider", "topic:order.created")
METRICS = (
    "throughput",
    "goodput",
    "utilization",
    "wasted_work",
    "error_rate",
    "client_error_rate",
    "latency_mean",
    "latency_p99",
    "completion_mean",
    "calls_per_request",
    "retries",
    "duplicates",
    "lost",
    "dead_lettered",
    "done",
    "undone",
    "orphaned",
    "false_ok",
    "false_error",
    "inconsistency_window_mean",
    "breaker_opens",
    "message_age_p99",
)
PHASES = ("all", "during:slow_provider", "during:failing_provider")


def figures() -> list[list[str]]:
    rows = []
    for variant in VARIANTS:
        columns = result("catalog:checkout", variant).metrics
        for phase, operation, metric, value, _ in zip(*columns.values(), strict=True):
            if phase in PHASES and operation in OPERATIONS and metric in METRICS:
                rows.append([variant, phase, operation, metric, f"{value:.9g}"])
    return rows


def test_the_checkouts_figures_are_what_they_were() -> None:
    rows = figures()
    if not GOLDEN.exists():
        with GOLDEN.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        pytest.fail(f"{GOLDEN.name} was missing and has been written: look at it")
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        assert rows == list(csv.reader(file))


def test_the_file_tells_the_styles_apart() -> None:
    """A golden file of empty or equal figures would hold anything."""
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        found = {tuple(row[:4]): row[4] for row in csv.reader(file)}
    latencies = {found[variant, "all", "checkout", "latency_mean"] for variant in VARIANTS}
    assert len(latencies) >= 4  # a saga that undid nothing answers as sync does
    assert {found[variant, "all", "checkout", "done"] for variant in VARIANTS} != {"1"}
