"""All models of the suite, in the order of the page."""

from __future__ import annotations

from tests.truth.cases import Model, Section
from tests.truth.policies.sections import POLICIES
from tests.truth.queueing.sections import QUEUEING

SECTIONS: tuple[Section, ...] = (*QUEUEING, *POLICIES)

MODELS: dict[str, Model] = {model.name: model for section in SECTIONS for model in section.models}
"""By name."""

QUICK: tuple[str, ...] = tuple(name for name, model in MODELS.items() if model.quick)
"""Those that `make test` plays."""

FORMULAS: dict[str, str] = {case: test for section in SECTIONS for case, test in section.formulas.items()}
"""Known answers that are tested at their own level: the test of each."""

LEFT_OUT: dict[str, str] = {case: reason for section in SECTIONS for case, reason in section.left_out.items()}
"""Known answers that are neither simulated nor tested: the reason of each."""


def accounted_for() -> list[str]:
    """Return the ids of all known answers that are simulated, tested as formulas or left out; each should be once."""
    simulated = [check.case for model in MODELS.values() for check in model.checks]
    elsewhere = [case for section in SECTIONS for part in (section.formulas, section.left_out) for case in part]
    return sorted([*simulated, *elsewhere])
