"""What places are called: the operation that is called there, whoever asks for it."""

from __future__ import annotations

from simulator.kernel.ledger import UNTRACKED, Path
from simulator.kernel.place_names import edge_name, full_name, place_name

BUY = Path(None, "buy").child("call", "call shop.buy")
CHARGE = BUY.child("charge", "call bank.charge")


def test_an_undo_goes_by_the_operation_that_undoes_and_is_asked_for_by_whoever_did_the_step() -> None:
    refund = CHARGE.undo_place("call bank.refund")
    assert place_name(refund) == "bank.refund"
    assert edge_name(refund) == "shop.buy -> bank.refund"
    assert full_name(refund) == "buy > shop.buy > bank.refund"


def test_an_undo_keeps_its_name_whoever_looks_at_it_first_or_later() -> None:
    step = BUY.child("reserve", "call stock.reserve")
    first = step.undo_place()
    assert step.undo_place("call stock.release") is first
    assert place_name(step.undo_place()) == "stock.release"
    assert UNTRACKED.undo_place("call stock.release") is UNTRACKED
    assert UNTRACKED.name == "untracked"


def test_a_handler_goes_by_its_operation_and_a_repetition_by_its_step() -> None:
    handler = BUY.child("bookkeeping", "sold to bank.charge")
    assert place_name(handler) == "bank.charge"
    assert (place_name(CHARGE.child(2)), edge_name(CHARGE.child(2))) == ("bank.charge", "shop.buy -> bank.charge")
