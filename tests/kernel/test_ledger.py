"""The effect ledger: what is in place, what stands twice, how long a request was mixed."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.ledger import FOR_EVER, Ledger, Path

ORDER = Path(None, "order")
CHARGE = ORDER.child("charge")
FEE = CHARGE.child("fee")
STOCK = ORDER.child("stock")
MAIL = ORDER.child("mail")
PLACES = {"charge": CHARGE, "fee": FEE, "stock": STOCK, "mail": MAIL, "order": ORDER}

EXPECTED = frozenset({CHARGE, STOCK})
"""What a checkout is expected to leave; the mail is not critical."""


class Case(NamedTuple):
    """Events ``time what place``, one a second unless a time is given, and where they lead."""

    events: str
    state: str
    duplicates: int = 0
    mixed_time: float = 0.0
    changed_at: float | None = None


def play(events: str, expected: frozenset[Path] = EXPECTED) -> Ledger:
    ledger = Ledger(expected)
    for number, event in enumerate(part.split() for part in events.split(",") if part.strip()):
        time = float(event.pop(0)) if event[0][0].isdigit() else float(number)
        what, place = event
        if what == "add":
            ledger.add(PLACES[place], time, None)
        elif what == "once":
            ledger.add(PLACES[place], time, FOR_EVER)
        elif what == "day":
            ledger.add(PLACES[place], time, 24.0)
        else:
            ledger.undo(PLACES[place], time)
    return ledger


CASES = {
    "nothing happened": Case("", "undone"),
    "all in place": Case("add charge, add stock", "done", mixed_time=1, changed_at=1),
    "half of it": Case("add charge", "orphaned", changed_at=0),
    "undone again": Case("add charge, add stock, undo stock, undo charge", "undone", mixed_time=2, changed_at=3),
    "one undo missing": Case("add charge, add stock, undo stock", "orphaned", mixed_time=1, changed_at=2),
    "charged twice": Case("add charge, add charge, add stock", "done", 1, mixed_time=2),
    "charged four times": Case("add charge, add charge, add charge, add charge", "orphaned", 3),
    "two effects twice": Case("add charge, add stock, add charge, add stock", "done", 2, mixed_time=1, changed_at=1),
    "an undo takes one unit": Case("add stock, add charge, add charge, undo charge", "done", 0, mixed_time=1),
    "two undos take two": Case("add stock, add charge, add charge, undo charge, undo charge", "orphaned", 0, 1),
    "an undo before the effect": Case("undo charge, add charge, add stock", "done", mixed_time=1),
    "an undo too many": Case("add stock, add charge, undo charge, undo charge, add charge", "done", 0, 3),
    "an undo under the whole": Case("add stock, add charge, undo order", "undone", 0, 1, 2),
    "an undo of something else": Case("add stock, add charge, undo mail", "done", 0, 1, 1),
    "what is not expected": Case("add mail, add mail", "undone", 1),
    "what is not expected besides": Case("add charge, add mail, add stock", "done", 0, 2),
    "mixed twice": Case("0 add charge, 1 add stock, 5 undo stock, 8 add stock", "done", 0, 4.0, 8),
    "idempotent": Case("once charge, once charge, once charge, add stock", "done", 0, 3),
    "idempotent within a day": Case("0 add stock, 0 day charge, 24 day charge", "done", 0),
    "idempotent no longer": Case("0 add stock, 0 day charge, 24.5 day charge", "done", 1),
    "a window does not slide": Case("0 add stock, 0 day charge, 20 day charge, 30 day charge", "done", 1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_request_stands_where_its_effects_put_it(case: Case) -> None:
    ledger = play(case.events)
    assert (ledger.state, ledger.duplicates, ledger.mixed_time) == (case.state, case.duplicates, case.mixed_time)
    if case.changed_at is not None:
        assert ledger.changed_at == case.changed_at


def test_an_undo_reaches_what_lies_below_its_step() -> None:
    ledger = play("add fee, undo charge", frozenset({FEE}))
    assert (ledger.state, ledger.units[FEE]) == ("undone", 0)


def test_an_undo_does_not_take_back_what_it_leaves_itself() -> None:
    refund = CHARGE.undo_place()
    ledger = play("add charge")
    ledger.begin_undo(CHARGE)
    for now in (1.0, 2.0):
        ledger.add(refund, now, None)
        ledger.complete_undo(CHARGE, now)
    assert (ledger.units[CHARGE], ledger.units[refund], ledger.duplicates) == (0, 2, 1)
    ledger.undo(ORDER, 3.0)
    assert ledger.units[refund] == 2


def test_an_undo_that_is_undone_itself_loses_its_effect() -> None:
    refund = CHARGE.undo_place()
    ledger = play("add charge")
    ledger.add(refund.child("book"), 1.0, None)
    ledger.undo(refund, 2.0)
    assert ledger.units[refund.child("book")] == 0


def test_an_undo_does_not_reach_what_lies_above_its_step() -> None:
    ledger = play("add charge, undo fee", frozenset({CHARGE}))
    assert (ledger.state, ledger.units[CHARGE]) == ("done", 1)


def test_a_branch_taken_later_adds_to_what_is_expected() -> None:
    ledger = play("add charge, add stock")
    ledger.expect("choice", frozenset({MAIL}), 10.0)
    assert (ledger.state, ledger.expected) == ("orphaned", 3)
    ledger.add(MAIL, 12.0, None)
    assert (ledger.state, ledger.mixed_time) == ("done", 1 + 2)


def test_a_repetition_that_chooses_otherwise_is_not_held_to_the_branch_that_left_nothing() -> None:
    ledger = play("", frozenset())
    ledger.expect("choice", frozenset({CHARGE}), 0.0)
    ledger.expect("choice", frozenset({STOCK, MAIL}), 1.0)
    ledger.add(STOCK, 2.0, None)
    assert (ledger.state, ledger.missing) == ("orphaned", [MAIL])
    ledger.add(MAIL, 3.0, None)
    assert (ledger.state, ledger.expected, ledger.mixed_time) == ("done", 2, 1.0)
    ledger.undo(ORDER, 4.0)
    assert (ledger.state, ledger.expected) == ("undone", 2)


def test_the_older_branch_counts_as_soon_as_something_of_it_is_in_place() -> None:
    """Its execution was slow, not dead; the newer one may leave nothing any more (the loser of a hedge)."""
    ledger = play("", frozenset())
    ledger.expect("choice", frozenset({CHARGE, STOCK}), 0.0)
    ledger.expect("choice", frozenset({MAIL}), 1.0)
    ledger.add(CHARGE, 2.0, None)
    assert (ledger.state, ledger.missing) == ("orphaned", [STOCK])
    ledger.add(STOCK, 3.0, None)
    assert ledger.state == "done"


def test_a_branch_without_effects_takes_the_place_of_one_that_left_none() -> None:
    ledger = play("add stock", frozenset({STOCK}))
    ledger.expect("choice", frozenset({CHARGE}), 1.0)
    ledger.expect("choice", frozenset(), 2.0)
    assert (ledger.state, ledger.mixed_time) == ("done", 1.0)


def test_different_choices_are_expected_together() -> None:
    ledger = play("", frozenset())
    ledger.expect("one", frozenset({CHARGE}), 0.0)
    ledger.expect("other", frozenset({STOCK}), 0.0)
    ledger.add(CHARGE, 1.0, None)
    assert ledger.missing == [STOCK]


def test_a_request_without_expected_effects_is_never_mixed() -> None:
    ledger = play("add mail, undo mail", frozenset())
    assert (ledger.state, ledger.mixed_time) == ("undone", 0.0)


def test_places_are_one_for_every_attempt_and_two_for_two_steps() -> None:
    assert ORDER.child("charge") is CHARGE
    assert ORDER.child("stock") is not CHARGE
    assert CHARGE.lies_under(ORDER)
    assert CHARGE.lies_under(CHARGE)
    assert not CHARGE.lies_under(FEE)


def test_places_of_one_name_stand_in_the_order_in_which_they_were_first_come_to() -> None:
    """Not in that of a set, which goes by where in memory they are."""
    same = [ORDER.child(f"step {number}", "call stock.reserve") for number in range(30)]
    ledger = Ledger(frozenset(same))
    assert ledger.missing == same
    for path in reversed(same):
        ledger.add(path, 1.0, None)
    assert ledger.in_place == same


class Naive:
    """The rules once more, without any bookkeeping: counts, and the state worked out anew each time."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(PLACES, 0)
        self.mixed = 0.0
        self.before, self.since = "undone", 0.0

    def act(self, what: str, place: str, now: float) -> None:
        for name, other in PLACES.items():
            if what == "add" and name == place:
                self.counts[name] += 1
            elif what == "undo" and other.lies_under(PLACES[place]):
                self.counts[name] = max(0, self.counts[name] - 1)
        if self.before == "orphaned":
            self.mixed += now - self.since
        there = [self.counts[name] > 0 for name in ("charge", "stock")]
        self.before = "done" if all(there) else "orphaned" if any(there) else "undone"
        self.since = now


@given(st.lists(st.tuples(st.sampled_from(["add", "undo"]), st.sampled_from(sorted(PLACES))), max_size=30))
def test_the_ledger_agrees_with_its_rules(events: list[tuple[str, str]]) -> None:
    naive = Naive()
    ledger = Ledger(EXPECTED)
    for now, (what, place) in enumerate(events):
        naive.act(what, place, float(now))
        if what == "add":
            ledger.add(PLACES[place], float(now), None)
        else:
            ledger.undo(PLACES[place], float(now))
        still_mixed = now - ledger.changed_at if ledger.state == "orphaned" else 0.0
        assert ledger.state == naive.before
        assert ledger.mixed_time + still_mixed == naive.mixed
        assert ledger.duplicates == sum(max(0, count - 1) for count in naive.counts.values())
