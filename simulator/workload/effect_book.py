"""What is noted of requests whose effects went wrong: what was done twice, left half done, answered wrongly, and why.

A request is looked at once, when nothing of it is left anywhere. Most have nothing to note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.causes import (
    FALSE_ERROR,
    FALSE_OK,
    MORE_THAN_ONCE,
    NO_REPETITION,
    ORPHANED,
    REDELIVERY,
    REPUBLISHED,
)
from simulator.kernel.place_names import edge_name, full_name, place_name
from simulator.outcomes import Outcome
from simulator.services.origins import cause_of
from simulator.services.steps import DRAWN_CLIENT_ERROR
from simulator.workload.effect_causes import why_half_done, why_not_done

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.kernel.ledger import Ledger, Left, Path
    from simulator.kernel.root import Repetition, Root
    from simulator.outcomes import Reply

NEVER = float("nan")


Wrong = tuple[int, str, str, str, str, str, str]
"""What is wrong: number of the workload entry, what, effect, path, without, cause, place (see `Note`)."""


class Note(NamedTuple):
    """One thing that is wrong with one request.

    Attributes:
        entry: number of its workload entry. arrived: when, in seconds.
        what: one of `causes.WRONGS`. effect: whose; of a half-done request, all that is in place.
        path: the way to the effect. without: of a half-done request, what is missing.
        cause: a word of `causes`; empty in the note that counts all causes together. place: where that was.
        units: units above one; else 1.
        first, repeated, again: when the first unit was left, the repetition began, and the second was left (seconds).
    """

    entry: int
    arrived: float
    what: str
    effect: str = ""
    path: str = ""
    without: str = ""
    cause: str = ""
    place: str = ""
    units: int = 1
    first: float = NEVER
    repeated: float = NEVER
    again: float = NEVER

    @property
    def wrong(self) -> Wrong:
        """What it has in common with others."""
        return (self.entry, self.what, self.effect, self.path, self.without, self.cause, self.place)


class Units:
    """Units of effects, added up over requests.

    Attributes:
        added, recognised, taken_back: see `Ledger`. in_place: those that are there.
    """

    __slots__ = ("added", "in_place", "recognised", "taken_back")

    def __init__(self) -> None:
        self.added = self.recognised = self.taken_back = self.in_place = 0

    def count(self, ledger: Ledger) -> None:
        """Add one request's."""
        self.added += ledger.added
        self.recognised += ledger.recognised
        self.taken_back += ledger.taken_back
        self.in_place += sum(ledger.units.values())

    def with_more(self, ledgers: Iterable[Ledger | None]) -> Units:
        """These, and those of further requests (None: it has none)."""
        every = Units()
        every.added, every.recognised = self.added, self.recognised
        every.taken_back, every.in_place = self.taken_back, self.in_place
        for ledger in ledgers:
            if ledger is not None:
                every.count(ledger)
        return every


class Count:
    """Requests with the same wrong.

    Attributes:
        first: the note on the one that arrived first. requests: how many. units: of all of them.
    """

    __slots__ = ("first", "requests", "units")

    def __init__(self, first: Note) -> None:
        self.first = first
        self.requests = self.units = 0

    def add(self, note: Note) -> None:
        """Count one more."""
        self.requests += 1
        self.units += note.units
        if note.arrived < self.first.arrived:
            self.first = note


class EffectBook:
    """The books of all effects of one run.

    Attributes:
        window: the requests whose wrongs are counted arrived from its begin to its end, excluded (seconds).
        counts: what went wrong how often.
        units: of all requests that were written down.
    """

    def __init__(self) -> None:
        self.window = (0.0, float("inf"))
        self.counts: dict[Wrong, Count] = {}
        self.units = Units()

    def look_at(self, root: Root, state: str, *, finished: bool) -> None:
        """Note what is wrong with a request that ends as `state`; of an unfinished one, only what was done twice."""
        if not self.window[0] <= root.arrived < self.window[1]:
            return
        ledger = root.ledger
        if ledger is not None:
            for path, units in ledger.twice:
                for note in _twice(root, ledger, path, units):
                    self._count(note)
        if not finished:
            return
        if state == "orphaned" and ledger is not None:
            self._add(_half_done(root, ledger))
        if root.reply is None:
            return
        if root.reply.outcome is Outcome.OK:
            if state != "done":
                self._add(_note(root, FALSE_OK, cause=why_not_done(root)))
        elif state == "done":
            cause = f"answered_{root.reply.outcome.label}"
            self._add(_note(root, FALSE_ERROR, cause=cause, place=_failure(root.reply)))

    def _add(self, note: Note) -> None:
        """Note that something is wrong, and why."""
        self._count(Note(note.entry, note.arrived, note.what))
        self._count(note)

    def _count(self, note: Note) -> None:
        self.counts.setdefault(note.wrong, Count(note)).add(note)


def _note(root: Root, what: str, *, cause: str, place: str = "") -> Note:
    return Note(root.entry.number, root.arrived, what, cause=cause, place=place)


def _twice(root: Root, ledger: Ledger, path: Path, units: list[Left]) -> Iterator[Note]:
    """A note on the effect at `path` as a whole, and one for each cause."""
    whole = Note(root.entry.number, root.arrived, MORE_THAN_ONCE, place_name(path), full_name(path), units=len(units))
    yield whole
    repetitions = () if root.trouble is None else root.trouble.repetitions
    found: dict[tuple[str, str], Note] = {}
    left = [ledger.left[path]]
    for unit in units:
        cause = cause_of(path, unit, left, repetitions)
        key = (cause.why, _where(cause))
        if key in found:
            found[key] = found[key]._replace(units=found[key].units + 1)
        else:
            one = whole._replace(cause=key[0], place=key[1], units=1)
            found[key] = one._replace(first=left[0].time, repeated=cause.time, again=unit.time)
        left.append(unit)
    yield from found.values()


def _where(cause: Repetition) -> str:
    """A message is delivered to its handler, everything else is asked for by somebody."""
    of_message = cause.why in (NO_REPETITION, REPUBLISHED) or cause.why.startswith(REDELIVERY)
    return place_name(cause.path) if of_message else edge_name(cause.path)


def _half_done(root: Root, ledger: Ledger) -> Note:
    there, missing = ledger.in_place, ledger.missing
    return Note(
        root.entry.number,
        root.arrived,
        ORPHANED,
        effect=_names(there),
        without=_names(missing),
        cause=why_half_done(root, ledger),
        place=_failure(root.reply),
    )


def _failure(reply: Reply | None) -> str:
    """What the client was told went wrong, where it began: ``timeout at orders -> payments.charge``."""
    if reply is None or reply.outcome is Outcome.OK:
        return ""
    origin = reply.root_cause
    place = reply.by
    while reply.cause is not None:
        reply = reply.cause
        place = place if reply is DRAWN_CLIENT_ERROR else reply.by
    return f"{origin.reason or origin.outcome.label} at {place}"


def _names(paths: list[Path]) -> str:
    return ", ".join(dict.fromkeys(place_name(path) for path in paths))
