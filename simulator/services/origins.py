"""Why an effect is in place twice: what was begun once more between the two executions that left it.

Every unit of an effect knows what the execution that left it worked for: an attempt of a caller, or a message in hand.
That caller was itself an execution, which worked for an attempt of its own caller, and so on upwards. Two units that
lie at one place of the tree of steps have such chains through the same places. Somewhere they part: below a common
execution that sent two attempts, or below one message that was delivered twice. What was begun once more at that
place after the earlier of the two (a retry, a hedge, a redelivery; see `Root.begin_again`) is the cause. A retry
further down that failed, or one further up that was not needed for it, is not.

A message knows what the execution that published it worked for, so that the chain goes on above it. (A relay and a
dead letter do not say: there the cause is what was begun once more at that place or nearest above it.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.causes import AFTER_AN_ANSWER, ASKED_TWICE, NO_REPETITION, REDELIVERY
from simulator.kernel.root import Repetition
from simulator.services.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.kernel.ledger import Left, Path


class _Parting(NamedTuple):
    """Where two chains part: the place, whether both lead through the same message there, and after which moment the
    earlier of the two was followed by the repetition that is looked for (seconds)."""

    path: Path
    same_message: bool
    after: float


def cause_of(path: Path, unit: Left, earlier: Sequence[Left], repetitions: Sequence[Repetition]) -> Repetition:
    """What made `unit` one unit too many of the effect at `path`.

    Args:
        path: the effect's place.
        unit: one of its units.
        earlier: the units that were left before it.
        repetitions: what was begun once more for the request, in order of time.
    """
    parting = _nearest_parting(path, unit, earlier)
    before = [one for one in repetitions if one.time <= unit.time]
    here: Path | None = parting.path if parting is not None else path
    at_once = True
    too_early: Repetition | None = None
    while here is not None:
        fitting = [one for one in before if one.path is here and _may_be(one, parting, path, at_parting=at_once)]
        if fitting and (parting is None or (at_once and parting.same_message)):
            later = [one for one in fitting if parting is not None and one.time > parting.after]
            return later[0] if later else fitting[-1]
        if parting is not None and fitting:
            later = [one for one in fitting if one.time > parting.after]
            if later:
                return later[0]
            too_early = too_early or fitting[-1]
        if at_once and parting is not None and parting.same_message:
            return Repetition(here, unit.time, NO_REPETITION)  # copies of one message, each for a replica of its own
        here, at_once = here.parent, False
    if too_early is not None:
        return too_early
    return before[-1] if before and parting is None else Repetition(path, unit.time, ASKED_TWICE)


def _may_be(one: Repetition, parting: _Parting | None, effect: Path, *, at_parting: bool) -> bool:
    """Whether a repetition can have led to both units, given where their chains part."""
    if parting is None:
        return one.path is not effect or one.why not in AFTER_AN_ANSWER
    if not at_parting:
        return True
    return one.why.startswith(REDELIVERY) == parting.same_message


def _nearest_parting(path: Path, unit: Left, earlier: Sequence[Left]) -> _Parting | None:
    """Where the unit's chain parts from the earlier one that it shares most with; None if nobody knows."""
    mine = _chain(unit.origin)
    nearest: tuple[int, _Parting] | None = None
    for other in earlier:
        found = _parting(mine, _chain(other.origin), other.time)
        if found is not None and (nearest is None or found[0] < nearest[0]):
            nearest = found
    return None if nearest is None else nearest[1]


def _chain(origin: Any) -> list[Any]:
    """What an execution worked for, what its caller or its message's publisher worked for, and so on, as far as that is
    known."""
    found = []
    while origin is not None:
        found.append(origin)
        message = _message(origin)
        if message is not None:
            origin = message.by
        else:
            caller = getattr(origin, "task", None)
            origin = caller.origin if isinstance(caller, Execution) else None
    return found


def _places(chain: Sequence[Any]) -> list[tuple[int, int]]:
    """The place of each link, and how many links up from there are at it (the events that a service sends to itself
    are at one place, one after the other)."""
    counts: dict[int, int] = {}
    found = []
    for origin in reversed(chain):
        place = id(origin.path)
        counts[place] = counts.get(place, 0) + 1
        found.append((place, counts[place]))
    found.reverse()
    return found


def _message(origin: Any) -> Any:
    """The message that something is a delivery of, or the first one of a batch; None of anything else."""
    deliveries = getattr(origin, "deliveries", None)
    return deliveries[0].message if deliveries else None


def _parting(mine: Sequence[Any], others: Sequence[Any], left: float) -> tuple[int, _Parting] | None:
    """The highest level at which two chains are at one place for different things, below where they are one.

    `left` is when the other chain left its unit. An attempt knows when it was sent, a message when it was published.
    """
    by_place = dict(zip(_places(others), others, strict=True))
    found = None
    for level, (place, origin) in enumerate(zip(_places(mine), mine, strict=True)):
        other = by_place.get(place)
        if other is origin:
            break
        if other is not None:
            message = _message(origin)
            same = message is not None and message is _message(other)
            after = left if same else min(getattr(origin, "sent", left), getattr(other, "sent", left))
            found = level, _Parting(origin.path, same, after)
            if same:
                break
    return found
