"""The last tickets, at the size that the file is written in: one or two replications take about a second."""

from __future__ import annotations

import pytest

from tests.support import Played, play_catalog

TICKETS = 500


def played(variant: str, *overrides: str) -> Played:
    return play_catalog("stock-sagas", *overrides, variant=variant)


def sold(one: Played) -> int:
    """Tickets that buyers have, by the requests table's own count."""
    return sum(row.state == "done" for row in one.rows("buyers"))


def count(one: Played, **wanted: str) -> int:
    return sum(all(getattr(row, key) == value for key, value in wanted.items()) for row in one.rows("buyers"))


RECORDED = "run.record=requests"


def test_who_looks_first_sells_every_ticket_and_charges_hundreds_for_none() -> None:
    one = played("look then pay", RECORDED)
    assert sold(one) == TICKETS
    charged = count(one, state="orphaned", outcome="client_error")
    assert charged > 300
    assert count(one, state="orphaned") == charged  # each of them knows: the answer was no


def test_a_refund_reaches_all_but_the_few_for_whom_it_fails() -> None:
    plain, refunded = (played(name, RECORDED) for name in ("look then pay", "look then pay and refund"))
    assert sold(refunded) == TICKETS
    late = count(plain, state="orphaned")
    stuck = sum(row.stuck for row in refunded.rows("buyers"))
    assert count(refunded, state="orphaned") == stuck
    # 5 % of about 400 refunds: a binomial share within five standard deviations (false alarm below 1 in a million).
    assert stuck == pytest.approx(0.05 * late, abs=5 * (0.05 * 0.95 * late) ** 0.5)


def test_who_reserves_first_charges_nobody_in_vain_and_loses_what_is_never_given_back() -> None:
    one = played("reserve without end", RECORDED)
    assert count(one, state="orphaned") == 0
    held = sum(row.state == "done" for row in one.rows("leavers"))  # an hour long, with a ticket in hand
    assert sold(one) + held == TICKETS
    assert held > 50


def test_a_hold_that_ends_brings_tickets_back_too_late_for_the_rush() -> None:
    without, long, short = (
        played(name, RECORDED) for name in ("reserve without end", "hold for 3 min", "hold for 45 s")
    )
    assert sold(without) < sold(long) < TICKETS
    refused = count(long, outcome="client_error")
    assert refused > TICKETS - sold(long)  # there were buyers for every ticket that was left over
    assert sold(long) < sold(short) < TICKETS
    assert count(short, outcome="server_error") > 20 > count(long, outcome="server_error")  # slow typists, thrown out


def test_a_short_hold_may_end_while_the_money_moves() -> None:
    """What came of the pivot is then unknown: charged, and the ticket is given back. Refunding the unknown mends it."""
    several = [played_at(replication) for replication in range(3)]
    assert sum(count(one, state="orphaned") for one in several) > 0
    refund = (
        "services.shop.operations.buy.steps[2].undo=bank.refund",
        "services.shop.operations.buy.style.undo_failed_step=unknown",
        "services.bank.operations.refund={work: 2s, server_errors: 0}",
    )
    mended = [played_at(replication, *refund) for replication in range(3)]
    in_vain = [row for one in mended for row in one.rows("buyers") if row.state == "orphaned" and not row.stuck]
    assert in_vain == []


def played_at(replication: int, *overrides: str) -> Played:
    return play_catalog("stock-sagas", RECORDED, *overrides, variant="hold for 45 s", replication=replication)
