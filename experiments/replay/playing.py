"""Plays cases and compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from experiments.replay import breakers, limits, rate_limiters
from experiments.replay.cases import Case, UnreadableReplay
from experiments.replay.common import Params, Player, Unsupported, WrongCase

Verdict = Literal["passed", "failed", "unsupported", "scenario"]

FAMILIES: dict[str, Callable[[str, Params], Player]] = {
    breakers.PREFIX.rstrip("/"): breakers.BreakerPlayer,
    rate_limiters.NAME: rate_limiters.RateLimiterPlayer,
    limits.NAME: limits.LimitPlayer,
}
"""Who plays a policy, by the first part of its name."""


class Row(NamedTuple):
    """One event as it came out. ``expected`` is empty where the record says nothing."""

    time: float
    event: str
    decision: str
    state: str
    expected: str
    differs: bool


@dataclass(frozen=True)
class Played:
    """A case that was played, or why it was not.

    Attributes:
        case: what was read.
        verdict: a ``scenario`` is not played.
        rows: one for each event; none where nothing was played.
        reason: what is not supported.
    """

    case: Case
    verdict: Verdict
    rows: Sequence[Row] = ()
    reason: str = ""


def play(cases: Iterable[Case], file: str) -> list[Played]:
    """Play every case.

    Raises:
        UnreadableReplay: an event, an expectation or a parameter's value is not of the format; lists all of them.
    """
    played, wrong = [], []
    for case in cases:
        try:
            played.append(play_case(case))
        except WrongCase as error:
            wrong.append(f"{file}: {case.name}: {error}")
    if wrong:
        raise UnreadableReplay("\n".join(wrong))
    return played


def play_case(case: Case) -> Played:
    """Play one case.

    Raises:
        WrongCase: it is not of the format; the text says where.
    """
    if case.kind == "scenario":
        return Played(case, "scenario")
    try:
        player = _player(case)
    except Unsupported as error:
        return Played(case, "unsupported", reason=str(error))
    rows = [_row(player, case, index) for index in range(len(case.events))]
    return Played(case, "failed" if any(row.differs for row in rows) else "passed", rows)


def summary(played: Iterable[Played]) -> str:
    """The line that says how many cases came out how."""
    counts = Counter(entry.verdict for entry in played)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("passed", "failed", "unsupported"))
    return f"{said}, {counts['scenario']} scenarios skipped"


def holds(played: Iterable[Played]) -> bool:
    """Whether nothing failed and everything could be played."""
    return all(entry.verdict in ("passed", "scenario") for entry in played)


def _player(case: Case) -> Player:
    family = FAMILIES.get(case.policy.partition("/")[0])
    if family is None:
        known = ", ".join([f"{breakers.PREFIX}LIBRARY", rate_limiters.NAME, limits.NAME])
        raise Unsupported(f"no such policy is known: {case.policy!r}; there are: {known}")
    return family(case.policy, case.params)


def _row(player: Player, case: Case, index: int) -> Row:
    event = case.events[index]
    try:
        seen = player.play(event)
    except WrongCase as error:
        raise WrongCase(f"events[{index}]: {event!r} {error}") from None
    expected = None if case.expect is None else case.expect[index]
    if expected is None:
        return Row(event[0], seen.event, seen.decision, seen.state, "", False)
    try:
        differs = not player.agrees(seen, expected)
    except WrongCase as error:
        raise WrongCase(f"expect[{index}]: {error}, not {expected!r}") from None
    return Row(event[0], seen.event, seen.decision, seen.state, player.shown(expected), differs)
