"""The figures of messages: of one topic, or of one broker's own queues."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.metrics.figures import Figure, Figures, percentile, ratio
from simulator.metrics.instruments import Instrument
from simulator.results import Columns

if TYPE_CHECKING:
    from simulator.messaging.message import MessageTally
    from simulator.metrics.gauges import Gauges
    from simulator.metrics.phases import Interval, Phase
    from simulator.metrics.quantiles import Values


class MessageInstrument(NamedTuple):
    """Messages of one topic or broker."""

    operation: str
    tally: MessageTally

    def connect(self, gauges: Gauges) -> None:
        """Messages taken, handled, dead, lost by reason, delivered again or out of order; the backlog."""
        tally = self.tally
        gauges.add(self.operation, "taken", lambda _: tally.taken)
        gauges.add(self.operation, "handled", lambda _: tally.handled)
        gauges.add(self.operation, "lost", lambda _: sum(tally.lost.values()))
        gauges.add(self.operation, "dead", lambda _: tally.dead)
        gauges.add(self.operation, "redelivered", lambda _: tally.redeliveries)
        gauges.add(self.operation, "out_of_order", lambda _: tally.out_of_order)
        for reason in tally.lost:
            gauges.add(self.operation, _lost_by(reason), partial(_lost, tally, reason))
        gauges.add(self.operation, "backlog", tally.backlog_seconds)
        gauges.add(self.operation, "waiting", lambda _: tally.backlog_now)
        gauges.add(self.operation, "largest", lambda _: tally.take_max())

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """Messages handled per second, backlog, age; deliveries per message that was handled or given up; lost, dead,
        delivered again and out of order per message taken in."""
        pieces, seconds = phase.pieces, phase.seconds
        taken, handled, dead, redelivered = (
            gauges.growth(self.operation, name, pieces) for name in ("taken", "handled", "dead", "redelivered")
        )
        yield Figure("throughput", handled / seconds)
        yield Figure("backlog", gauges.growth(self.operation, "backlog", pieces) / seconds)
        yield Figure("backlog_max", gauges.highest(self.operation, "largest", pieces))
        yield Figure("backlog_end", gauges.reading(self.operation, "waiting", pieces[-1][1]))
        yield percentile("message_age_p99", self._ages(pieces), 0.99)
        yield ratio("lost", gauges.growth(self.operation, "lost", pieces), taken)
        yield ratio("dead_lettered", dead, taken)
        yield ratio("deliveries", handled + dead + redelivered, handled + dead)
        yield ratio("redelivered", redelivered, taken)
        yield ratio("out_of_order", gauges.growth(self.operation, "out_of_order", pieces), taken)

    def losses(self, gauges: Gauges, phase: Phase) -> Iterable[tuple[str, int]]:
        """How many messages were taken in during a phase, and how many lost for each reason that struck."""
        yield "taken", round(gauges.growth(self.operation, "taken", phase.pieces))
        for reason in sorted(self.tally.lost):
            lost = round(gauges.growth(self.operation, _lost_by(reason), phase.pieces))
            if lost:
                yield reason, lost

    def _ages(self, pieces: tuple[Interval, ...]) -> Values:
        when = np.frombuffer(self.tally.aged_at)
        ages = np.frombuffer(self.tally.ages)
        inside = np.zeros(len(when), dtype=bool)
        for begin, end in pieces:
            inside |= (when >= begin) & (when < end)
        return np.sort(ages[inside])


def loss_columns(instruments: Iterable[Instrument], gauges: Gauges, phase: Phase) -> Columns:
    """Lost messages of every topic and broker by reason: see `RunResult.losses`."""
    rows = [
        (instrument.operation, *loss)
        for instrument in instruments
        if isinstance(instrument, MessageInstrument)
        for loss in instrument.losses(gauges, phase)
    ]
    titles = ("operation", "reason", "messages")
    return {title: [row[place] for row in rows] for place, title in enumerate(titles)}


def _lost_by(reason: str) -> str:
    return f"lost/{reason}"


def _lost(tally: MessageTally, reason: str, _: float) -> float:
    return tally.lost[reason]
