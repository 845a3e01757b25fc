"""The plain steps: work, call, publish, pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.kernel.ledger import UNTRACKED
from simulator.network.attempt import Request
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Done, Execution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.kernel.draws import Draws
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.execution import Origin
    from simulator.services.leaf import Served
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running

DRAWN_CLIENT_ERROR = Reply(Outcome.CLIENT_ERROR, "", "drawn")
"""The caller's mistake, by chance: the operation's `client_errors`."""

GIVEN_UP = Reply(Outcome.CANCELLED, "", "given up")
"""How a call ended that was closed under way: what it left, nobody knows."""


class Luck:
    """Fails a share of requests by chance."""

    __slots__ = ("_chance", "share")

    def __init__(self, share: float, chance: Draws) -> None:
        self.share = share
        self._chance = chance

    def strikes(self, root: Root) -> bool:
        """Whether this execution fails."""
        return self._chance.draw(root) < self.share


class Work:
    """Occupies the worker for a time. The first work step of an operation also draws its client errors.

    Attributes:
        effects_left: how often it was to leave its effect so far.
    """

    __slots__ = (
        "_contention",
        "_effect",
        "_mistakes",
        "_operation",
        "_time",
        "_undo_time",
        "critical",
        "effects_left",
        "label",
        "undoable",
    )

    def __init__(
        self,
        label: str,
        operation: int,
        time: Draws,
        contention: float,
        mistakes: Luck | None,
        *,
        effect: bool,
        undo_time: Draws | None,
    ) -> None:
        self.label = label
        self.critical = True
        self.undoable = undo_time is not None
        self._operation = operation
        self._time = time
        self._contention = contention
        self._mistakes = mistakes
        self._effect = effect
        self._undo_time = undo_time
        self.effects_left = 0

    @property
    def plain(self) -> bool:
        """Whether nothing follows the work: no mistakes to draw, no effect."""
        return self._mistakes is None and not self._effect

    @property
    def contended(self) -> bool:
        """Whether work takes longer while others are there."""
        return self._contention != 0.0

    @property
    def time(self) -> Draws:
        """The law of its time."""
        return self._time

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Work; leave the effect."""
        yield from self.occupy(execution, self._time)
        return self.finished(execution.root, execution.path, execution.replica, done, execution.origin)

    def finished(
        self, root: Root, operation: Path, replica: Replica, done: list[Done] | None, origin: Origin | Served
    ) -> Reply:
        """The work is over: draw the mistakes, leave the effect under the operation's place."""
        if self._mistakes is not None and self._mistakes.strikes(root):
            return DRAWN_CLIENT_ERROR
        if self._effect or done is not None:
            path = operation.child(self, self.label)
            if self._effect:
                self.effects_left += 1
                root.add_effect(path, replica.environment._now, None, origin)
            if done is not None:
                done.append(Done(self, path, OK))
        return OK

    def expected(self, path: Path) -> set[Path]:
        """Its own effect."""
        return {path.child(self, self.label)} if self._effect else set()

    def undo(self, execution: Execution, path: Path) -> Running:
        """Work on taking it back."""
        assert self._undo_time is not None
        yield from self.occupy(execution, self._undo_time)
        execution.root.complete_undo(path, execution.replica.environment._now)
        return OK

    def seconds(self, root: Root, replica: Replica, time: Draws | None = None) -> float:
        """How long the work takes that begins now."""
        seconds = (time or self._time).draw(root) * replica.slowdowns[self._operation].value
        if self._contention:
            seconds += self._contention * (replica.executing + replica.queued)
        return seconds

    def occupy(self, execution: Execution, time: Draws) -> Running:
        """Occupy a worker for a time of the law `time`."""
        replica = execution.replica
        if not execution.holding:
            yield from replica.acquire(execution)
        seconds = self.seconds(execution.root, replica, time)
        paused = replica.paused
        before = paused.seconds
        due = replica.environment._now + seconds
        yield seconds
        while paused.value or paused.seconds != before:
            yield from paused.wait(execution)
            due, before = due + paused.seconds - before, paused.seconds
            if due > replica.environment._now:
                yield due - replica.environment._now
        return OK


class Pause:
    """Time without work. The worker is given back only where workers do not wait with their requests."""

    __slots__ = ("_time", "critical", "label", "undoable")

    def __init__(self, label: str, time: Draws) -> None:
        self.label = label
        self.critical = True
        self.undoable = False
        self._time = time

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Wait."""
        stop_working(execution)
        yield self._time.draw(execution.root)
        return OK

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called."""
        raise AssertionError(f"{self.label} cannot be undone")

    def expected(self, path: Path) -> set[Path]:
        """None."""
        return set()


class Called(Protocol):
    """The operation that a call asks for, as far as its effects go."""

    leaves_effects: bool

    def expected(self, path: Path) -> set[Path]:
        """The effects under its critical steps, if it is executed at `path`."""


class Call:
    """Asks another service's operation, `times` over, and waits for each reply."""

    __slots__ = (
        "_called",
        "_edge",
        "_on_error",
        "_times",
        "_undo_edge",
        "_undo_label",
        "critical",
        "label",
        "undoable",
    )

    def __init__(
        self,
        label: str,
        called: Called,
        edge: int,
        undo_edge: int | None,
        times: int,
        on_error: Mapping[Outcome, str],
        *,
        critical: bool,
        undo_label: str = "",
    ) -> None:
        self.label = label
        self.critical = critical
        self.undoable = undo_edge is not None
        self._undo_label = undo_label
        self._called = called
        self._edge = edge
        self._undo_edge = undo_edge
        self._times = times
        self._on_error = on_error

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Call; what the outcome becomes is up to `on_error`."""
        path = execution.path.child(self, self.label) if self._called.leaves_effects else UNTRACKED
        replica = execution.replica
        if execution.holding and not replica.holds_worker:
            replica.let_go(execution)
        call = replica.calls[self._edge]
        reply = OK
        try:
            for repetition in range(self._times):
                place = path if self._times == 1 else self._place(path, repetition)
                reply = yield from call(Request(execution.root, place, execution, execution.deadline))
                if reply is not OK:
                    break
        except GeneratorExit:
            if done is not None:
                done.append(Done(self, path, GIVEN_UP))
            raise
        if done is not None:
            done.append(Done(self, path, reply))
        if reply is OK:
            return OK
        treatment = self._on_error.get(reply.outcome)
        if treatment == "continue":
            execution.replica.tally.passed_over += 1
            return OK
        if treatment is not None:
            outcome = Outcome.CLIENT_ERROR if treatment == "client_error" else Outcome.SERVER_ERROR
            return Reply(outcome, reply.reason, reply.by, reply)
        return reply

    def undo(self, execution: Execution, path: Path) -> Running:
        """Call the operation that takes it back, with the policies of its own edge."""
        assert self._undo_edge is not None
        return (yield from _ask(execution, self._undo_edge, path.undo_place(self._undo_label)))

    def expected(self, path: Path) -> set[Path]:
        """The called operation's effects, for each repetition."""
        if not self._called.leaves_effects:
            return set()
        step = path.child(self, self.label)
        places = [step] if self._times == 1 else [step.child(number) for number in range(self._times)]
        return set().union(*(self._called.expected(place) for place in places))

    @staticmethod
    def _place(path: Path, repetition: int) -> Path:
        return path if path is UNTRACKED else path.child(repetition)


class Topic(Protocol):
    """Where messages are published."""

    def publish(self, execution: Execution, path: Path, delay: float = 0.0) -> Running:
        """Publish a message and wait for the broker's confirmation. Nobody gets it for `delay` seconds."""

    def expected(self, path: Path) -> set[Path]:
        """The effects of its handlers, for a message published at `path`."""


class Publish:
    """Publishes a message to a topic; ok once the broker has confirmed it."""

    __slots__ = ("_topic", "critical", "label", "undoable")

    def __init__(self, label: str, topic: Topic, *, critical: bool) -> None:
        self.label = label
        self.critical = critical
        self.undoable = False
        self._topic = topic

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Publish."""
        stop_working(execution)
        return (yield from self._topic.publish(execution, execution.path.child(self, self.label)))

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called."""
        raise AssertionError(f"{self.label} cannot be undone")

    def expected(self, path: Path) -> set[Path]:
        """The handlers' effects."""
        return self._topic.expected(path.child(self, self.label))


class PublishLater(Publish):
    """Publishes a message that its broker keeps back for a time; ok once the broker has it."""

    __slots__ = ("_delay",)

    def __init__(self, label: str, topic: Topic, delay: Draws, *, critical: bool) -> None:
        super().__init__(label, topic, critical=critical)
        self._delay = delay

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Publish."""
        stop_working(execution)
        place = execution.path.child(self, self.label)
        return (yield from self._topic.publish(execution, place, self._delay.draw(execution.root)))


def _ask(execution: Execution, edge: int, path: Path) -> Running:
    stop_working(execution)
    request = Request(execution.root, path, execution.task, execution.deadline)
    return (yield from execution.replica.calls[edge](request))


def stop_working(execution: Execution) -> None:
    """An event loop turns to somebody else while this request waits."""
    if not execution.replica.holds_worker and execution.holding:
        execution.replica.let_go(execution)
