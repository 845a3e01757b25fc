"""The list of which metrics there are of what, held against the rows of real runs: neither refuses too much nor knows
what is never measured."""

from __future__ import annotations

from experiments.language import load
from experiments.language.figures import OF_COMPONENTS, OF_WORKLOADS
from simulator.metrics.names import METRICS
from simulator.run import run_once
from simulator.spec.scenario import Scenario

SHORT = ("run.load=0.05", "run.record=summary")
EVERYTHING = (
    ("canary", "as_good"),
    ("held-connections", "call inside"),
    ("data-synchronisation", "sync"),
    ("data-synchronisation", "hybrid"),
    ("data-synchronisation", "outbox"),
    ("autoscaling", "step by utilization"),
    ("cache-loss", "cache"),
    ("checkout-breaker", "base"),
)
"""Experiments that ship, and the variants of them in which together there is a component of every kind."""


def rows(scenario: Scenario) -> set[tuple[str, str]]:
    """Kind of component (empty: a workload) and metric of every row of one replication."""
    columns = run_once(scenario, 0).metrics
    pairs = zip(columns["operation"], columns["metric"], strict=True)
    return {(str(name).partition(":")[0] if ":" in name else "", str(metric)) for name, metric in pairs}


def test_the_metrics_of_components_and_workloads_are_those_that_runs_have() -> None:
    found: set[tuple[str, str]] = set()
    for name, variant in EVERYTHING:
        found |= rows(load(f"catalog:{name}", SHORT).scenarios([variant])[0])
    listed = {(kind, metric) for kind, metrics in OF_COMPONENTS.items() for metric in metrics}
    listed |= {("", metric) for metric in OF_WORKLOADS}
    by_objectives = {("", metric) for metric in METRICS if metric in ("good", "recovered", "recovery_time")}
    assert found == listed - by_objectives
