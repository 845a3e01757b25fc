"""The page in the docs is that of the declared suite: the same cases, the same theory, and nothing that disagrees."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.truth.judging import judge_check
from tests.truth.page import number, page
from tests.truth.suite import FORMULAS, LEFT_OUT, MODELS, SECTIONS
from tests.truth.theory import THEORY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation.md"


def rows(text: str) -> list[list[str]]:
    """The cells of every table's rows, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith(("| `", "| no formula"))]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def simulated(text: str) -> list[list[str]]:
    return [cells for cells in rows(text) if len(cells) == 8]


def test_the_page_has_every_simulated_case_with_its_theory() -> None:
    checks = [check.case for model in MODELS.values() for check in model.checks]
    expected = Counter((f"`{case}`", number(THEORY[case].value)) for case in checks)
    found = Counter((cells[0], cells[3].split()[0]) for cells in simulated(PAGE.read_text("utf-8")) if cells[3])
    assert found == expected


def test_the_page_has_every_comparison_with_ciw() -> None:
    text = PAGE.read_text("utf-8")
    with_ciw = sum(1 for cells in simulated(text) if cells[6])
    checks = [check for model in MODELS.values() for check in model.checks if check.peer]
    comparisons = [one.quantity for model in MODELS.values() for one in model.comparisons]
    assert with_ciw == len(checks) + len(comparisons)
    assert Counter(cells[2] for cells in simulated(text) if not cells[3]) == Counter(
        one.quantity + (f" ({one.unit})" if one.unit else "") for model in MODELS.values() for one in model.comparisons
    )


def test_nothing_on_the_page_disagrees() -> None:
    assert [cells for cells in simulated(PAGE.read_text("utf-8")) if not cells[7].startswith("agrees")] == []


def test_the_page_names_every_formula_and_all_that_is_left_out() -> None:
    listed = {cells[0].strip("`"): cells[3] for cells in rows(PAGE.read_text("utf-8")) if len(cells) == 4}
    assert listed == {**{case: f"`tests/{test}`" for case, test in FORMULAS.items()}, **LEFT_OUT}


def test_a_page_shows_what_was_found() -> None:
    """Every model gets the same two values; the page has a row for each, and says what is wrong with it."""
    found = {
        name: [judge_check(name, check, [1.052, 1.0525]) for check in model.checks] for name, model in MODELS.items()
    }
    text = page(found)
    (row,) = [cells for cells in simulated(text) if cells[0] == "`mmc_c5_a2.5_mean`"]
    assert row[3] == "1.05215"
    assert row[4].startswith("1.05225 ± ")
    assert row[7].startswith("too wide")
    assert all(section.title in text for section in SECTIONS)
