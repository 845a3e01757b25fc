"""Every known answer is accounted for, once; names are unique; what is named exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.truth.judging import COMPARISONS
from tests.truth.suite import FORMULAS, LEFT_OUT, MODELS, SECTIONS, accounted_for
from tests.truth.theory import THEORY

TESTS = Path(__file__).resolve().parents[1]


def test_every_known_answer_is_accounted_for_once() -> None:
    assert len(THEORY) == 216
    accounted = accounted_for()
    assert [case for case in accounted if accounted.count(case) > 1 or case not in THEORY] == []
    assert [case for case in THEORY if case not in accounted] == []


def test_model_names_are_unique() -> None:
    assert len(MODELS) == sum(len(section.models) for section in SECTIONS)


def test_the_suite_keeps_to_the_number_of_comparisons_that_its_level_is_made_for() -> None:
    checks = [check for model in MODELS.values() for check in model.checks]
    peers = [check for check in checks if check.peer]
    assert len(checks) + len(peers) + sum(len(model.comparisons) for model in MODELS.values()) <= COMPARISONS


def test_every_model_holds_something_and_says_what_it_is() -> None:
    assert [name for name, model in MODELS.items() if not (model.checks or model.comparisons)] == []
    assert [name for name, model in MODELS.items() if model.comparisons and not (model.title and model.ciw)] == []


def test_the_test_of_every_formula_exists() -> None:
    assert [test for test in FORMULAS.values() if not _exists(*test.split("::"))] == []


def _exists(file: str, function: str) -> bool:
    source = (TESTS / file).read_text(encoding="utf-8")
    return re.search(rf"^ *def {re.escape(function)}\(", source, re.MULTILINE) is not None


def test_what_is_left_out_says_why() -> None:
    assert [case for case, reason in LEFT_OUT.items() if len(reason) < 20] == []


def test_only_limits_and_approximations_are_given_room() -> None:
    """Exact theory has to lie in the interval itself; what is published with its own error says so in a note."""
    given = [(check.case, check.note) for model in MODELS.values() for check in model.checks if check.tolerance]
    assert [case for case, note in given if THEORY[case].is_exact and not note] == []
