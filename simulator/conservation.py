"""The books must balance: checked at the end of every run, and a run that fails is no result.

Every request that arrived has one answer or is unfinished; every attempt was answered, lost, dropped or is under way;
every message was handled, dead-lettered, lost or is still there, with its broker or its publisher; every worker and
lock is free or held by something unfinished; every unit of stock is left or out; no copy shows what was never written.

Every execution that was to leave an effect left a unit or was recognised as a repetition; every unit is in place or was
taken back; every orchestrated saga that began has committed, turned round, got stuck, was cut off or is under way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.services.replicated import Copy
from simulator.services.state import Stock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.build.world import World


class ConservationError(Exception):
    """Something was lost or counted twice inside the simulator: a bug of callsim, never of an experiment."""


def check(world: World) -> None:
    """Check the books of a finished run.

    Raises:
        ConservationError: they do not balance; the message names every component concerned.
    """
    checks = (_requests, _attempts, _messages, _stores, _workers, _locks, _stocks, _copies, _effects, _sagas)
    faults = [fault for check in checks for fault in check(world)]
    if faults:
        raise ConservationError("the books do not balance: " + "; ".join(faults))


def _requests(world: World) -> Iterator[str]:
    journal = world.journal
    unanswered = sum(root.reply is None for root in journal.active)
    arrivals = journal.settled_requests + len(journal.active)
    if arrivals != journal.answers + unanswered + journal.settled_unanswered:
        yield f"workload: {arrivals} requests arrived, {journal.answers} were answered and {unanswered} are waiting"
    if journal.settled_unanswered:
        yield f"workload: {journal.settled_unanswered} requests ended without an answer"
    for root in journal.active:
        if root.pending <= 0:
            yield f"workload {root.entry.name}: request {root.ordinal} is unfinished, yet nothing works for it"


def _attempts(world: World) -> Iterator[str]:
    settled = not world.journal.active
    for link in world.links:
        under_way = link.sent - link.answered - link.lost - link.dropped
        if under_way < 0 or (settled and under_way):
            yield (
                f"call {link.name}: {link.sent} attempts sent, {link.answered} answered, {link.lost} lost, "
                f"{link.dropped} dropped"
            )


def _messages(world: World) -> Iterator[str]:
    there: dict[int, int] = {}
    for mail in world.mail:
        there[id(mail.tally)] = there.get(id(mail.tally), 0) + mail.holder.there
        if mail.holder.there < 0:
            yield f"{mail.name}: {mail.holder.there} messages there"
    for mail in world.mail:
        tally = mail.tally
        gone = tally.handled + tally.dead + sum(tally.lost.values())
        left = there.pop(id(tally), None)
        if left is not None and tally.taken != gone + left:
            yield (
                f"{mail.name}: {tally.taken} messages taken, {tally.handled} handled, {tally.dead} dead-lettered, "
                f"{sum(tally.lost.values())} lost, {left} there"
            )


def _stores(world: World) -> Iterator[str]:
    for store in world.stores:
        gone = store.passed_on + store.lost
        left = store.there and not world.journal.active
        if store.accepted != gone + store.there or store.there < 0 or left:
            yield (
                f"{store.name}: {store.accepted} accepted, {store.passed_on} passed on, {store.lost} lost, "
                f"{store.there} there"
            )


def _workers(world: World) -> Iterator[str]:
    settled = not world.journal.active
    for service in world.services.values():
        for replica in service.replicas:
            most = min(replica.workers, replica.executing) if replica.holds_worker else replica.workers
            idle = settled and (replica.busy or replica.executing or replica.queued)
            if not 0 <= replica.busy <= most or idle or replica.queued < 0:
                yield (
                    f"service {replica.name}: {replica.busy} of {replica.workers} workers busy with "
                    f"{replica.executing} executions, {replica.queued} waiting"
                )
            if replica.holds_worker and replica.busy != replica.executing:
                yield f"service {replica.name}: {replica.busy} workers busy, {replica.executing} executions"


def _stocks(world: World) -> Iterator[str]:
    for service in world.services.values():
        for name, held in service.state.items():
            if isinstance(held, Stock) and (held.left < 0 or held.left + held.out != held.quantity):
                yield f"service {service.name}: of {held.quantity} {name}, {held.left} are left and {held.out} out"


def _copies(world: World) -> Iterator[str]:
    for service in world.services.values():
        for name, held in service.state.items():
            if not isinstance(held, Copy):
                continue
            rows = held.original.rows.values()
            if any(held.version(row) > row.version for row in rows):
                yield f"service {service.name}: the copy {name} shows versions that were never written"
            missing = len(held.missing())
            if held.behind_now != missing:
                yield f"service {service.name}: {held.behind_now} rows of {name} are behind, {missing} miss writes"


def _locks(world: World) -> Iterator[str]:
    if not world.journal.active and any(mutex.held for mutex in world.mutexes):
        yield "policies: a serialised breaker's lock was never returned"
    for bulkhead in world.bulkheads:
        if bulkhead.busy < 0 or bulkhead.waiting < 0 or (not world.journal.active and bulkhead.busy + bulkhead.waiting):
            yield f"policies: a bulkhead with {bulkhead.busy} permits out and {bulkhead.waiting} waiting"
    for permits in world.held:
        out = permits.out()
        if out < 0 or (out and not world.journal.active):
            yield f"policies: {permits.name} with {out} permits out"


def _effects(world: World) -> Iterator[str]:
    units = world.journal.book.units.with_more(root.ledger for root in world.journal.active)
    left = sum(leaving.effects_left for leaving in world.leaving)
    if left != units.added + units.recognised:
        yield f"effects: {left} executions left one, {units.added} units were added, {units.recognised} recognised"
    if units.added != units.in_place + units.taken_back:
        yield f"effects: {units.added} units added, {units.in_place} in place, {units.taken_back} taken back"


def _sagas(world: World) -> Iterator[str]:
    settled = not world.journal.active
    for saga in world.sagas:
        tally = saga.tally
        if tally.under_way < 0 or (settled and tally.under_way):
            yield (
                f"saga {saga.name}: {tally.begun} begun, {tally.committed} committed, {tally.turned_round} turned "
                f"round, {tally.stuck} stuck, {tally.cut_off} cut off"
            )
