"""The figures of components: services, pools, calls. Each instrument reads gauges and reports metrics."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simulator.metrics.figures import Figure, Figures, ratio
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.metrics.gauges import Gauges, Reader
    from simulator.metrics.phases import Phase
    from simulator.network.tally import CallTally
    from simulator.policies.observed import BreakerTally
    from simulator.services.membership import Membership
    from simulator.services.pools import PoolTally
    from simulator.services.workers import ServerTally, WorkTally


class Instrument(Protocol):
    """Measures one component."""

    @property
    def operation(self) -> str:
        """Its name in tables."""

    def connect(self, gauges: Gauges) -> None:
        """Name what is to be read."""

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """The component's metrics in a phase."""


class ServiceInstrument(NamedTuple):
    """Workers and queue of one service; `workers` over all replicas (infinity: they are not to be used up).

    With `shared` the workers are servers of a processor: these figures are its, and who stands still there queues.
    """

    operation: str
    tally: WorkTally
    workers: float
    shared: ServerTally | None = None

    def connect(self, gauges: Gauges) -> None:
        """Busy and queueing time, executions, waste, the longest queue."""
        tally = self.tally
        gauges.add(self.operation, "busy", tally.busy_seconds)
        gauges.add(self.operation, "queue", tally.queue_seconds)
        gauges.add(self.operation, "executed", lambda _: tally.executed)
        gauges.add(self.operation, "wasted", lambda _: tally.wasted)
        gauges.add(self.operation, "waiting", lambda _: tally.queued_now)
        gauges.add(self.operation, "longest", lambda _: tally.take_max())
        if (shared := self.shared) is not None:
            gauges.add(self.operation, "running", shared.running_seconds)
            gauges.add(self.operation, "queue", lambda now: tally.queue_seconds(now) + shared.standing_seconds(now))
            gauges.add(self.operation, "waiting", lambda _: tally.queued_now + shared.standing_now)
            gauges.add(self.operation, "longest", lambda _: max(tally.take_max(), shared.take_max()))

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """Throughput, utilization (unless workers are without limit), queue length, wasted work."""
        pieces, seconds = phase.pieces, phase.seconds
        busy = gauges.growth(self.operation, "busy", pieces)
        yield Figure("throughput", gauges.growth(self.operation, "executed", pieces) / seconds)
        if self.workers < inf:
            occupied = busy if self.shared is None else gauges.growth(self.operation, "running", pieces)
            yield Figure("utilization", occupied / (seconds * self.workers))
        yield Figure("queue_length", gauges.growth(self.operation, "queue", pieces) / seconds)
        yield Figure("queue_length_max", gauges.highest(self.operation, "longest", pieces))
        yield Figure("queue_length_end", gauges.reading(self.operation, "waiting", pieces[-1][1]))
        yield ratio("wasted_work", gauges.growth(self.operation, "wasted", pieces), busy)


class CoreInstrument(NamedTuple):
    """Cores of one service; `cores` over all replicas."""

    operation: str
    tally: ServerTally
    cores: int

    def connect(self, gauges: Gauges) -> None:
        """Core-seconds."""
        gauges.add(self.operation, "cores", self.tally.running_seconds)

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """The share of the cores that are at work."""
        busy = gauges.growth(self.operation, "cores", phase.pieces)
        yield Figure("cpu_utilization", busy / (phase.seconds * self.cores))


class PoolInstrument(NamedTuple):
    """Permits of one pool; `size` over all replicas."""

    operation: str
    tally: PoolTally
    size: int

    def connect(self, gauges: Gauges) -> None:
        """Permits out, who waits, who got one."""
        tally = self.tally
        gauges.add(self.operation, "out", tally.out_seconds)
        gauges.add(self.operation, "queue", tally.queue_seconds)
        gauges.add(self.operation, "granted", lambda _: tally.granted)
        gauges.add(self.operation, "refused", lambda _: tally.refused)
        gauges.add(self.operation, "left", lambda _: tally.left)
        gauges.add(self.operation, "waited", lambda _: tally.waited)
        gauges.add(self.operation, "waiting", lambda _: tally.queued_now)
        gauges.add(self.operation, "longest", lambda _: tally.take_max())

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """Permits granted per second, the share that is out, who waits and for how long, who got none."""
        pieces, seconds = phase.pieces, phase.seconds
        granted, refused, left = (
            gauges.growth(self.operation, name, pieces) for name in ("granted", "refused", "left")
        )
        yield Figure("throughput", granted / seconds)
        yield Figure("utilization", gauges.growth(self.operation, "out", pieces) / (seconds * self.size))
        yield Figure("queue_length", gauges.growth(self.operation, "queue", pieces) / seconds)
        yield Figure("queue_length_max", gauges.highest(self.operation, "longest", pieces))
        yield Figure("queue_length_end", gauges.reading(self.operation, "waiting", pieces[-1][1]))
        yield ratio("wait_mean", gauges.growth(self.operation, "waited", pieces), granted)
        yield ratio("rejected_rate", refused, granted + refused + left)


class ChangingInstrument(NamedTuple):
    """What `inner` measures of a service whose replicas come and go, by those that were there.

    Attributes:
        replicas: how many `inner` takes to be there all the time.
        counted: whether it also reports how many were up.
    """

    inner: Instrument
    membership: Membership
    replicas: int
    counted: bool = False

    @property
    def operation(self) -> str:
        """Its name in tables."""
        return self.inner.operation

    def connect(self, gauges: Gauges) -> None:
        """What the instrument reads, and the replicas' time."""
        self.inner.connect(gauges)
        gauges.add(self.operation, "up", self.membership.up_seconds)
        gauges.add(self.operation, "there", self.membership.there_seconds)

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """What the instrument reports, shares of what was there; the replicas that were up."""
        for figure in self.inner.report(gauges, phase):
            if figure.metric in ("utilization", "cpu_utilization"):
                there = gauges.growth(self.operation, "there", phase.pieces)
                share = ratio(figure.metric, figure.value * phase.seconds * self.replicas, there)
                yield Figure(figure.metric, share.value)
            else:
                yield figure
        if self.counted:
            yield Figure("replicas", gauges.growth(self.operation, "up", phase.pieces) / phase.seconds)


class CallInstrument(NamedTuple):
    """Attempts and breakers on the calls from one service to another."""

    operation: str
    tally: CallTally
    breakers: BreakerTally | None

    def connect(self, gauges: Gauges) -> None:
        """Attempts by outcome, their time, open breakers."""
        tally, breakers = self.tally, self.breakers
        for outcome in Outcome:
            gauges.add(self.operation, outcome.label, _count_of(tally, outcome))
        gauges.add(self.operation, "seconds", lambda _: tally.seconds)
        if breakers is not None:
            gauges.add(self.operation, "not_closed", breakers.not_closed_seconds)
            gauges.add(self.operation, "opens", lambda _: breakers.opens)

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """Attempts ended per second, their outcomes and mean time; the breakers' open share and openings."""
        pieces = phase.pieces
        counts = {outcome: gauges.growth(self.operation, outcome.label, pieces) for outcome in Outcome}
        total = sum(counts.values())
        yield Figure("throughput", total / phase.seconds)
        yield ratio("error_rate", total - counts[Outcome.OK] - counts[Outcome.CLIENT_ERROR], total)
        for outcome in list(Outcome)[1:]:
            yield ratio(f"{outcome.label}_rate", counts[outcome], total)
        yield ratio("answer_latency_mean", gauges.growth(self.operation, "seconds", pieces), total)
        if self.breakers is not None:
            open_time = gauges.growth(self.operation, "not_closed", pieces)
            yield ratio("breaker_open_share", open_time, phase.seconds * self.breakers.most)
            yield Figure("breaker_opens", gauges.growth(self.operation, "opens", pieces))


def _count_of(tally: CallTally, outcome: Outcome) -> Reader:
    return lambda _: tally.ended(outcome)
