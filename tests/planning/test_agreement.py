"""The load that is reckoned beforehand is the utilization that is measured, on experiments that ship.

One short replication each, with the file's seed, so the outcome is the same every time. The bounds leave room for
chance (cv / sqrt(visits) at the least visited station) and, at the checkout, for retries of drawn errors, which are
not counted beforehand.
"""

from __future__ import annotations

import pytest

from experiments.language import load
from experiments.planning.load import offered_load
from simulator.run import run_once

METRICS = {"workers": "utilization", "permits": "utilization", "cores": "cpu_utilization"}


@pytest.mark.parametrize(
    ("name", "variant", "overrides", "within"),
    [
        ("mm1", "base", ("run.duration=200s",), 0.05),
        ("same-rate", "poisson", ("run.duration=120s",), 0.05),
        ("held-connections", "call inside", ("sweep.rate.values=[70/s]",), 0.05),
        ("tail-at-scale", "one server", (), 0.05),
        ("canary", "slower", ("run.duration=200s",), 0.10),
        ("checkout", "sync", ("run.duration=60s", "run.warmup=5s", "faults=[]", "objectives={}"), 0.10),
        ("checkout", "choreography", ("run.duration=60s", "run.warmup=5s", "faults=[]", "objectives={}"), 0.10),
        ("checkout", "hybrid", ("run.duration=60s", "run.warmup=5s", "faults=[]", "objectives={}"), 0.10),
        ("hanging-requests", "deadline 1 s", ("run.duration=15s", "run.warmup=5s"), 0.05),
    ],
)
def test_the_load_is_what_is_measured(name: str, variant: str, overrides: tuple[str, ...], within: float) -> None:
    (chosen,) = load(f"catalog:{name}", overrides).scenarios([variant])
    columns = run_once(chosen, 0).metrics
    rows = zip(*(columns[title] for title in ("phase", "operation", "metric", "value")), strict=True)
    measured = {(operation, metric): value for phase, operation, metric, value in rows if phase == "all"}
    compared = [
        (found.component, found.load, measured[found.component, METRICS[found.resource]])
        for found in offered_load(chosen).loads
        if found.resource in METRICS and found.component != "service:unreachable"  # is cut short by its callers
    ]
    assert compared
    assert [row for row in compared if row[1] != pytest.approx(row[2], rel=within)] == []
