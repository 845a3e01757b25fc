"""Small files with one subject, small functions, and a sentence that says what a module is."""

from __future__ import annotations

from tests.architecture import rules
from tests.architecture.source import House

FILE_LIMIT = 400
FUNCTION_LIMIT = 40
HOT_LOOPS = {"simulator/kernel/environment.py": "run_until"}
"""The one loop that every event passes: a call saved there is worth its length, up to half as long again."""


def test_files_are_short(house: House) -> None:
    assert rules.long_files(house, FILE_LIMIT) == []


def test_functions_are_short(house: House) -> None:
    excused = {f"{where}: {name}" for where, name in HOT_LOOPS.items()}
    assert [text for text in rules.long_functions(house, FUNCTION_LIMIT) if _subject(text) not in excused] == []


def test_even_a_hot_loop_has_an_end(house: House) -> None:
    assert rules.long_functions(house, FUNCTION_LIMIT * 3 // 2) == []


def test_every_excuse_is_still_needed(house: House) -> None:
    long = {_subject(text) for text in rules.long_functions(house, FUNCTION_LIMIT)}
    assert {f"{where}: {name}" for where, name in HOT_LOOPS.items()} - long == set()


def test_every_public_module_says_what_it_is(house: House) -> None:
    assert rules.without_docstring(house) == []


def _subject(complaint: str) -> str:
    """``file: function`` of a complaint ``file:line: function has n lines``."""
    place, name, *_ = complaint.split()
    return f"{place.partition(':')[0]}: {name}"
