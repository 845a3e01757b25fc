"""From objectives as written to what runs measure and tables judge."""

from __future__ import annotations

from experiments.language.objectives import ObjectiveSpec
from experiments.running.measuring import measure_of, objectives_of

SPECS = [
    ObjectiveSpec("visit", None, "latency_p99", 2.0, "at_most"),
    ObjectiveSpec("visit", None, "orphaned", 0.0, "at_most"),
    ObjectiveSpec("visit", None, "good", 0.99, "at_least", within=0.8),
    ObjectiveSpec("visit", "during:lunch", "good", 0.9, "at_least", within=1.5),
    ObjectiveSpec("buy", "healthy", "good", 0.9, "at_least", within=3.0),
    ObjectiveSpec("visit", "during:lunch", "error_rate", 0.1, "at_most"),
    ObjectiveSpec("visit", "after:lunch", "recovered", 0.95, "at_least", within=30.0, share=0.95),
]


def test_runs_measure_the_limits_and_the_bounds_of_recovery() -> None:
    measure = measure_of(SPECS)
    assert measure.good == (("buy", 3.0), ("visit", 0.8), ("visit", 1.5))
    assert measure.recovery == (("visit", "latency_p99", 2.0, True),)


def test_the_order_of_objectives_makes_no_difference_to_what_is_measured() -> None:
    assert measure_of(reversed(SPECS)) == measure_of(SPECS)


def test_objectives_carry_the_names_of_the_tables() -> None:
    found = [(objective.operation, objective.phase, objective.metric) for objective in objectives_of(SPECS)]
    assert found == [
        ("visit", "all", "latency_p99"),
        ("visit", "all", "orphaned"),
        ("visit", "all", "good"),
        ("visit", "during:lunch", "good@1.5"),
        ("buy", "healthy", "good"),
        ("visit", "during:lunch", "error_rate"),
        ("visit", "after:lunch", "recovered"),
    ]


def test_objectives_carry_the_limits_within_which_something_is_to_happen() -> None:
    assert [objective.within for objective in objectives_of(SPECS)] == [None, None, 0.8, 1.5, 3.0, None, 30.0]
