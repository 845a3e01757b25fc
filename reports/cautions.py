"""What the figures cannot bear: which figures a caution concerns, and what is said of it before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reports.caution_words import CLAUSES, KINDS, Caution
from reports.evidence import ALL, COMPONENT_PREFIXES, Evidence
from reports.words import counted, metric_words, named, phase_words, point_words
from simulator.metrics.names import METRICS, PERCENTILES

MARK = "†"
"""Stands behind a figure that a caution concerns."""

MOST_LINES = 6
MOST_NAMES = 3
FILE = "cautions.csv"
TITLE = "What these figures cannot bear"

RECOVERED = "recovered"
"""Where some replications recover and some do not, all that is measured afterwards is of two kinds."""

ANSWERS = ("latency", "answer_latency", "completion")
"""Families of percentiles that are over the same requests: what is said of one holds for the others."""

_STILL = frozenset({"recovery_time"})
"""Times that a queue that keeps growing does not make longer as the run does."""


class Told(NamedTuple):
    """The cautions of one kind: a heading, some of them in a sentence each, and how many more there are."""

    kind: str
    title: str
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Cautions:
    """All cautions of an experiment, the worst kind first, in it what concerns workloads first.

    Attributes:
        every: all of them.
        several: whether there are several variants, and several points, so that they have to be named.
        at: places in `every` by variant and point, an empty text for all of them: a sweep has many figures to look up.
        unbounded: percentiles without an upper end: ``variant, point, phase, operation, metric`` of each.
    """

    every: tuple[Caution, ...]
    several: tuple[bool, bool]
    at: Mapping[tuple[str, str], Sequence[int]]
    unbounded: frozenset[tuple[str, ...]]

    def of(self, variant: str, point: str, phase: str, operation: str, metric: str) -> tuple[Caution, ...]:
        """Return the cautions that concern one figure: those that make it, or its interval, other than it seems."""
        settings = {(variant, point), (variant, ""), ("", point), ("", "")}
        chosen = [self.every[place] for place in sorted(place for key in settings for place in self.at.get(key, ()))]
        key = (phase, operation, metric)
        unbounded = (variant, point, *key) in self.unbounded
        return tuple(caution for caution in chosen if caution.kind in CLAUSES and _concerns(caution, *key, unbounded))

    def told(self, most: int = MOST_LINES) -> list[Told]:
        """Return what to say first: at most so many lines, one of each kind before a second of any."""
        kinds = {kind: self._lines(kind) for kind in KINDS}
        kinds = {kind: lines for kind, lines in kinds.items() if lines}
        room = {kind: int(place < most) for place, kind in enumerate(kinds)}
        for kind, lines in kinds.items():
            room[kind] += min(len(lines) - 1, most - sum(room.values())) if room[kind] else 0
        return [
            Told(kind, KINDS[kind], tuple(lines[: room[kind]]), len(lines) - room[kind])
            for kind, lines in kinds.items()
        ]

    def _lines(self, kind: str) -> list[str]:
        """Return a kind's sentences, each once, with the figures that it is about."""
        about: dict[str, list[str]] = {}
        for caution in self.every:
            if caution.kind == kind:
                about.setdefault(caution.detail, []).append(self._who(caution))
        return [f"{_few(who)}: {detail}" if any(who) else detail for detail, who in about.items()]

    def _who(self, caution: Caution) -> str:
        variant, point = caution.variant * self.several[0], caution.point * self.several[1]
        setting = " at ".join(part for part in (variant, point_words(point)) if part)
        name, at, within = caution.metric.partition("@")
        metric = f"{metric_words(name)}{f' within {within} s' if at else ''}" if name else ""
        metric = "" if metric in caution.detail else metric  # nothing is said twice
        figure = " ".join(part for part in (caution.operation.replace(":", " ", 1), metric) if part)
        phase = "" if caution.phase in ("", ALL) else phase_words(caution.phase)
        phase = "" if phase in caution.detail else phase
        return ", ".join(part for part in (setting, figure, phase) if part)


def cautions_of(evidence: Evidence) -> Cautions:
    """Return the cautions of an experiment in the order in which they are told."""
    rows = [Caution(*map(_text, row)) for row in evidence.cautions.itertuples(index=False)]
    kinds = {kind: place for place, kind in enumerate(KINDS)}
    variants = {variant: place for place, variant in enumerate(evidence.variants)}
    points = {point: place for place, point in enumerate(evidence.points)}
    metrics = {metric: place for place, metric in enumerate(METRICS)}

    def order(caution: Caution) -> tuple[object, ...]:
        return (
            kinds.get(caution.kind, len(kinds)),
            caution.operation.startswith(COMPONENT_PREFIXES),
            caution.phase not in ("", ALL),
            variants.get(caution.variant, -1),
            points.get(caution.point, -1),
            metrics.get(caution.metric.partition("@")[0], -1),
        )

    every = tuple(sorted(rows, key=order))
    at: dict[tuple[str, str], list[int]] = {}
    for place, caution in enumerate(every):
        at.setdefault((caution.variant, caution.point), []).append(place)
    return Cautions(every, (len(evidence.variants) > 1, len(evidence.points) > 1), at, _unbounded(evidence))


def rest_of(told: Sequence[Told]) -> str:
    """Return how many cautions are not told, and where they are; empty where all are."""
    more = sum(kind.more for kind in told)
    return f"And {more:,} more in {FILE}." if more else ""


def reservations(cautions: Iterable[Caution]) -> str:
    """Return what a sentence has to add that rests on figures which these cautions concern; empty for none."""
    who: dict[str, list[str]] = {}
    for caution in cautions:
        found = who.setdefault(caution.kind, [])
        name = _overloaded(caution) if caution.kind == "unstable_queue" else caution.variant or "every variant"
        if name not in found:
            found.append(name)
    clauses = [CLAUSES[kind].format(who=_few(who[kind])) for kind in KINDS if kind in who]
    return f"{MARK} With reservations: {'; '.join(clauses)}." if clauses else ""


def mark_note(texts: Iterable[str]) -> str:
    """Return what the mark means, where one of these texts has it."""
    return f"{MARK}: see the cautions above; all of them are in {FILE}." if any(MARK in text for text in texts) else ""


def _overloaded(caution: Caution) -> str:
    kind, colon, name = caution.operation.partition(":")
    place = f"{kind} {name}" if colon else kind
    return f"{caution.variant} ({place})" if place and caution.variant else place or caution.variant


def _unbounded(evidence: Evidence) -> frozenset[tuple[str, ...]]:
    """Return the percentiles of which nothing says how large they may be."""
    summary = evidence.summary
    far_out = summary["metric"].map(lambda metric: str(metric).rpartition("_")[2] in PERCENTILES).astype(bool)
    rows = summary[summary["mean"].notna() & summary["ci_high"].isna() & far_out]
    columns = (rows[name] for name in ("variant", "point", "phase", "operation", "metric"))
    return frozenset(tuple(map(_text, row)) for row in zip(*columns, strict=True))


def _concerns(caution: Caution, phase: str, operation: str, metric: str, unbounded: bool) -> bool:
    """Say whether a caution of the setting concerns a figure, which is perhaps a percentile without an upper end."""
    if caution.kind == "unstable_queue" and caution.phase in ("", ALL, phase) and _grows(caution, operation, metric):
        return True
    if caution.kind == "bimodal" and caution.metric == RECOVERED and caution.operation == operation:
        return phase in (ALL, caution.phase) and metric != RECOVERED
    if caution.kind == "too_few_tail_samples" and caution.phase in (ALL, phase) and caution.operation == operation:
        return _as_far_out(caution.metric, metric, unbounded)
    exact = zip((caution.phase, caution.operation, caution.metric), (phase, operation, metric), strict=True)
    return all(wanted in ("", found) for wanted, found in exact)


def _grows(caution: Caution, operation: str, metric: str) -> bool:
    """Say whether a figure grows with a queue: times, of whatever may wait there, and what waits in it."""
    known = METRICS.get(metric)
    if known is None or known.name in _STILL:
        return False
    return known.unit == "s" and (operation == caution.operation or not operation.startswith(COMPONENT_PREFIXES))


def _as_far_out(thin: str, metric: str, unbounded: bool) -> bool:
    """Say whether a percentile is the one that too few requests lie beyond, or lies farther out than it.

    One of answers is concerned by what is said of another one of answers, if it has no upper end itself.
    """
    suffixes, (family, _, suffix) = list(PERCENTILES), metric.rpartition("_")
    own, _, place = thin.rpartition("_")
    if place not in suffixes or suffix not in suffixes:
        return thin == metric
    alike = family == own or (unbounded and family in ANSWERS and own in ANSWERS)
    return alike and suffixes.index(suffix) >= suffixes.index(place)


def _few(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return named(list(names)) if more <= 0 else f"{named(list(names[:MOST_NAMES]))} and {counted(more, 'other')}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
