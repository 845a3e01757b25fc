"""A choreographed saga: events instead of an orchestrator. Accepts and answers as a queue does.

A call step is a message to the called service's own queue for that operation and is handled there; the policies of
that edge do not apply. Every other step is handled by the operation's own service. Whoever has handled a step
publishes the next event before it acknowledges its own, so an event that the broker refuses makes the step be
delivered again. The failure for good of a critical step (a client error, or a dead letter) sends compensating events
backwards through the completed steps that can be undone, then `on_failure`. A dead-lettered undo is stuck.

The operation's own server errors are drawn after the last step; since no single handler stands for the operation,
they turn the saga round at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Done
from simulator.services.sequence import run_steps
from simulator.styles.common import accept, answer, paid, run_on_failure

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.message import Delivery, Message
    from simulator.messaging.post import Post
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step
    from simulator.styles.common import Program_


class Remote(NamedTuple):
    """A call step as an event: where its message goes.

    Attributes:
        post: the called service's queue. operation: the called operation.
        treatment: what the step makes of an outcome (`on_error`).
        times: how often it is asked for.
    """

    post: Post
    operation: Operation
    treatment: Mapping[Outcome, str]
    times: int


class Event(NamedTuple):
    """One event of the chain: a step, at one repetition."""

    step: Step
    remote: Remote | None
    repetition: int
    last: bool


class Trail(NamedTuple):
    """Where one chain of events stands: who started it, at which event it is, and what has been done so far."""

    root: Root
    path: Path
    number: int
    done: tuple[Done, ...]


class Choreography:
    """The choreographed saga of one operation.

    Args:
        post: the operation's own queue.
        remotes: where call steps go, by step; `undos` where their undos go.
        replicas: the operation's own service's.
    """

    def __init__(
        self,
        operation: Operation,
        post: Post,
        remotes: Mapping[Step, Remote],
        undos: Mapping[Step, Remote],
        replicas: Sequence[Replica],
    ) -> None:
        self._operation = operation
        self._post = post
        self._undos = undos
        self._replicas = replicas
        self._events = [
            Event(step, remotes.get(step), repetition, repetition == times - 1)
            for step in operation.steps
            for times in (remotes[step].times if step in remotes else 1,)
            for repetition in range(times)
        ]

    def start(self, execution: Execution) -> Program_:
        """Accept the request by publishing its first event."""
        reply = self._operation.begin(execution)
        if reply.outcome is not Outcome.OK:
            return answer(self._operation, execution, reply)
        post, message = self._forward(Trail(execution.root, execution.path, 0, ()))
        return accept(self._operation, post, execution, message)

    # -- forward ------------------------------------------------------------------------------------------

    def _forward(self, trail: Trail) -> tuple[Post, Message]:
        event = self._events[trail.number]
        place = trail.path.child(event.step, event.step.label)
        done: list[Done] = []
        if event.remote is not None:
            repeated = event.remote.times > 1
            target = place.child(event.repetition) if repeated else place
            post = event.remote.post
            message = post.message(trail.root, target, event.remote.operation.program)
        else:
            post = self._post
            message = post.message(trail.root, trail.path, _steps_program(event.step, done))
        message.concluded = lambda delivery, reply: self._concluded(trail, place, done, delivery, reply)
        message.given_up = lambda _: self._spawn(self._failed_for_good(trail, self._operation.service), trail.root)
        return post, message

    def _concluded(self, trail: Trail, place: Path, done: list[Done], delivery: Delivery, reply: Reply) -> None:
        event = self._events[trail.number]
        if event.remote is not None:
            reply = _treated(event.remote.treatment, reply)
            if reply.outcome is Outcome.OK and event.last:
                done = [Done(event.step, place, OK)]
        if reply.outcome is Outcome.OK:
            following = self._next(trail._replace(done=(*trail.done, *done)), delivery)
        elif reply.outcome is Outcome.CLIENT_ERROR:
            following = self._failed_for_good(trail, delivery.replica.site)
        else:
            delivery.queue.give_back(delivery)
            return
        self._spawn(_then_acknowledge(following, delivery), trail.root)

    def _next(self, trail: Trail, delivery: Delivery | None) -> Running:
        if trail.number + 1 < len(self._events):
            post, message = self._forward(trail._replace(number=trail.number + 1))
            sender = self._operation.service if delivery is None else delivery.replica.site
            return post.send(sender, message)
        return self._complete(trail)

    def _complete(self, trail: Trail) -> Running:
        if self._operation.strikes(trail.root, self._replicas[0]):
            return self._back(trail, self._operation.service)
        now: float = self._replicas[0].environment._now
        self._operation.succeed(trail.root, trail.path, now)
        paid(trail.root, now)
        return _nothing()

    # -- backward -----------------------------------------------------------------------------------------

    def _failed_for_good(self, trail: Trail, sender: str) -> Running:
        if self._events[trail.number].step.critical:
            return self._back(trail, sender)
        self._replicas[0].tally.passed_over += 1
        number = trail.number
        while not self._events[number].last:
            number += 1
        return self._next(trail._replace(number=number), None)

    def _back(self, trail: Trail, sender: str) -> Running:
        trail.root.broken = True
        left = trail.done
        while left and not left[-1].step.undoable:
            left = left[:-1]
        if not left:
            run_on_failure(self._operation, self._replicas, trail.root, trail.path)
            return _nothing()
        post, message = self._compensate(trail._replace(done=left))
        return post.send(sender, message)

    def _compensate(self, trail: Trail) -> tuple[Post, Message]:
        done = trail.done[-1]
        rest = trail._replace(done=trail.done[:-1])
        remote = self._undos.get(done.step)
        place = done.path.undo_place()
        trail.root.begin_undo(done.path)
        if remote is not None:
            post = remote.post
            message = post.message(trail.root, place, remote.operation.program)
        else:
            post = self._post
            message = post.message(trail.root, place, _undo_program(done))
        message.concluded = lambda delivery, reply: self._undone(rest, delivery, reply)
        message.given_up = lambda _: self._stuck(rest)
        return post, message

    def _undone(self, rest: Trail, delivery: Delivery, reply: Reply) -> None:
        if reply.outcome not in (Outcome.OK, Outcome.CLIENT_ERROR):
            delivery.queue.give_back(delivery)
            return
        if reply.outcome is Outcome.CLIENT_ERROR:
            rest.root.mishaps.stuck += 1
        self._spawn(_then_acknowledge(self._back(rest, delivery.replica.site), delivery), rest.root)

    def _stuck(self, rest: Trail) -> None:
        rest.root.mishaps.stuck += 1
        self._spawn(self._back(rest, self._operation.service), rest.root)

    def _spawn(self, running: Running, root: Root) -> None:
        self._replicas[0].environment.start(running, root)


def choreography(choreography: Choreography) -> Program:
    """The program of an operation in this style."""
    return choreography.start


def _steps_program(step: Step, done: list[Done]) -> Callable[[Execution], Program_]:
    def program(execution: Execution) -> Program_:
        done.clear()
        reply = yield from run_steps((step,), execution, done, all_critical=True)
        execution.answer(reply)

    return program


def _undo_program(done: Done) -> Callable[[Execution], Program_]:
    def program(execution: Execution) -> Program_:
        reply = yield from done.step.undo(execution, done.path)
        execution.answer(reply)

    return program


def _then_acknowledge(following: Running, delivery: Delivery) -> Running:
    confirmation = yield from following
    if confirmation.outcome is Outcome.OK:
        delivery.queue.acknowledge(delivery)
    else:
        delivery.queue.give_back(delivery)
    return confirmation


def _nothing() -> Running:
    yield from ()
    return OK


def _treated(treatment: Mapping[Outcome, str], reply: Reply) -> Reply:
    kind = treatment.get(reply.outcome)
    if kind is None:
        return reply
    if kind == "continue":
        return OK
    return Reply(
        Outcome.CLIENT_ERROR if kind == "client_error" else Outcome.SERVER_ERROR, reply.reason, reply.by, reply
    )
