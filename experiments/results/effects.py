"""``effects.csv`` and ``losses.csv``: what went wrong with effects and messages, and why, over all replications."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from experiments.results.cells import Setting
from experiments.statistics.counts import count_interval
from simulator.results import Columns

ARRIVED = "requests"
"""In the column ``what``: all requests that arrived."""

TAKEN = "taken"
"""In place of a reason: all messages that were taken in."""

NEVER = float("nan")

_EFFECT = ("operation", "what", "effect", "path", "without", "cause", "place")
_COUNTS = ("requests", "units")
_MOMENTS = ("arrived", "first", "repeated", "again")


class EffectRow(NamedTuple):
    """One kind of wrong: how many requests, with the interval of their share over the replications.

    `of` is how many arrived. The last five columns tell of one of them: its replication, when it arrived, when the
    effect was first left, when the repetition began and when the effect was left again (seconds from the start).
    """

    variant: str
    point: str
    operation: str
    what: str
    effect: str
    path: str
    without: str
    cause: str
    place: str
    requests: int
    units: int
    of: int
    mean: float
    ci_low: float
    ci_high: float
    replications: int
    replication: int
    arrived: float
    first: float
    repeated: float
    again: float


class LossRow(NamedTuple):
    """Messages of one topic or broker that were lost for one reason; `mean` is their share of those taken in."""

    variant: str
    point: str
    operation: str
    reason: str
    messages: int
    of: int
    mean: float
    ci_low: float
    ci_high: float
    replications: int


class _Example(NamedTuple):
    replication: int
    arrived: float
    first: float
    repeated: float
    again: float


@dataclass(slots=True)
class _Wrong:
    """One kind of wrong at one setting: requests by replication, and units over all."""

    example: _Example
    requests: dict[int, int] = field(default_factory=dict)
    units: int = 0


_Place = tuple[Setting, str]
"""A setting and a workload (or topic, or broker)."""


class Effects:
    """Gathers what runs say of effects and messages. Replications come in their order, each setting's for itself."""

    def __init__(self) -> None:
        self._runs: dict[Setting, int] = {}
        self._arrived: dict[_Place, list[int]] = {}
        self._wrongs: dict[_Place, dict[tuple[str, ...], _Wrong]] = {}
        self._messages: dict[_Place, dict[str, dict[int, int]]] = {}

    def add(self, setting: Setting, number: int, effects: Columns, losses: Columns) -> None:
        """Add the next replication of a setting, and the number that it has in all files."""
        replication = self._runs.get(setting, 0)
        self._runs[setting] = replication + 1
        for row in _rows(effects, (*_EFFECT, *_COUNTS, *_MOMENTS)):
            key, (requests, units), moments = row[:-6], row[-6:-4], row[-4:]
            place = setting, key[0]
            if key[1] == ARRIVED:
                self._arrived.setdefault(place, []).append(requests)
                continue
            wrongs = self._wrongs.setdefault(place, {})
            wrong = wrongs.setdefault(key, _Wrong(_Example(number, *moments)))
            wrong.requests[replication] = requests
            wrong.units += units
        for operation, reason, messages in _rows(losses, ("operation", "reason", "messages")):
            self._messages.setdefault((setting, operation), {}).setdefault(reason, {})[replication] = messages

    def effects(self) -> Iterator[EffectRow]:
        """The table of effects, in order of variant, point, operation, and so on; first of all who arrived."""
        for place, arrived in sorted(self._arrived.items()):
            everybody = _Wrong(_Example(0, *[NEVER] * 4), dict(enumerate(arrived)), sum(arrived))
            found = {(place[1], ARRIVED, *[""] * 5): everybody} | dict(sorted(self._wrongs.get(place, {}).items()))
            for key, wrong in found.items():
                share = _share(wrong.requests, dict(enumerate(arrived)), self._runs[place[0]])
                if wrong is everybody:
                    share = (share[0], share[0], share[0], share[3])  # all of all: nothing to be unsure of
                counts = (sum(wrong.requests.values()), wrong.units, sum(arrived))
                yield EffectRow._make((*place[0], *key, *counts, *share, *wrong.example))

    def losses(self) -> Iterator[LossRow]:
        """The table of lost messages, in order of variant, point, operation and reason."""
        for (setting, operation), found in sorted(self._messages.items()):
            taken = found.get(TAKEN, {})
            for reason in sorted(found.keys() - {TAKEN}):
                share = _share(found[reason], taken, self._runs[setting])
                counts = (sum(found[reason].values()), sum(taken.values()))
                yield LossRow._make((*setting, operation, reason, *counts, *share))


def _share(parts: Mapping[int, int], wholes: Mapping[int, int], runs: int) -> tuple[float, float, float, int]:
    """The share over the replications that had anything, its interval, and how many these are."""
    sizes = [float(wholes.get(number, 0)) for number in range(runs)]
    shares = [parts.get(number, 0) / size if size else math.nan for number, size in enumerate(sizes)]
    found = count_interval(shares, sizes, "share").within(0.0, 1.0)
    return found.estimate, found.low, found.high, found.count


def _rows(columns: Columns, names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    return zip(*(columns[name] for name in names), strict=True) if columns else iter(())
