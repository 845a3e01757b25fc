"""Who may know whom. The tables below are the plan of the house; docs/architecture.md says why."""

from __future__ import annotations

import pytest

from tests.architecture import rules
from tests.architecture.rules import Floors
from tests.architecture.source import House

SIMULATOR: Floors = (
    ("outcomes", "results", "metrics.names"),
    ("causes",),
    ("spec",),
    ("kernel",),
    ("network",),
    ("policies",),
    ("services",),
    ("messaging",),
    ("styles",),
    ("workload", "faults"),
    ("metrics",),
    ("build",),
    ("conservation",),
    ("run",),
)
REPORTS: Floors = (
    ("evidence", "chart_file", "neutrals", "numbers", "words", "points", "caution_words"),
    ("cautions", "cause_words", "sureness"),
    ("estimates",),
    ("objectives", "compact", "recovery", "wrongs"),
    ("answer", "compared", "consistency", "findings", "tables", "charts", "page_svg"),
    ("branches", "consistency_tables"),
    ("terminal", "markdown", "outlook"),
    ("page",),
)
EXPERIMENTS: Floors = (
    ("asking", "catalog", "statistics"),
    ("language", "replay", "planning"),
    ("results", "importing"),
    ("running",),
    ("api",),
    ("cli",),
)
FLOORS = {"simulator": SIMULATOR, "reports": REPORTS, "experiments": EXPERIMENTS}

WORDS = ("simulator.metrics.names", "simulator.outcomes", "simulator.causes")
"""All that reports know of the simulator."""

MECHANISMS: dict[str, list[str]] = {
    "policies": ["call", "choosing", "limit", "observed"],
    "faults": [],
    "workload": ["effect_book", "journal"],
    "styles": [],
}
"""Parts of the simulator whose concrete classes only `build` names; each with the modules that others may know all the
same: its interface, and the tallies that the metrics read."""


def test_packages_import_downwards_only(house: House) -> None:
    assert rules.package_arrows_upwards(house) == []


@pytest.mark.parametrize("package", FLOORS)
def test_floors_import_downwards_only(house: House, package: str) -> None:
    assert rules.floor_arrows_upwards(house, package, FLOORS[package]) == []


@pytest.mark.parametrize("package", FLOORS)
def test_every_module_has_a_floor(house: House, package: str) -> None:
    assert rules.without_a_floor(house, package, FLOORS[package]) == []


def test_reports_know_only_the_words_of_the_simulator(house: House) -> None:
    assert rules.foreign_arrows(house, "reports", "simulator", WORDS) == []


@pytest.mark.parametrize("part", MECHANISMS)
def test_only_build_names_the_classes_of_a_mechanism(house: House, part: str) -> None:
    interface = [f"simulator.{part}.{module}" for module in MECHANISMS[part]]
    assert rules.arrows_into(house, f"simulator.{part}", ["simulator.build"], interface) == []


def test_nothing_imports_in_a_ring(house: House) -> None:
    assert rules.rings(house) == []
