"""A choreographed saga: events instead of an orchestrator. Accepts and answers as a queue does.

A call step is a message to the called service's own queue for that operation and is handled there; the policies of
that edge do not apply. Every other step is handled by the operation's own service. Whoever has handled a step
publishes the next event before it acknowledges its own, so an event that the broker refuses makes the step be
delivered again. The failure for good of a critical step (a client error, or a dead letter) turns the saga round (see
`styles.compensation`), or leaves it stuck once it has passed its pivot.

The operation's own server errors are drawn after the last step; since no single handler stands for the operation,
they turn the saga round at once. Where there is a `timeout`, whoever has handled a step after it turns the saga round
instead of publishing the next event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.kernel.environment import Task
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Done
from simulator.services.sequence import run_steps
from simulator.styles.common import accept, answer, paid
from simulator.styles.handlings import Handlings
from simulator.styles.trail import Trail, nothing, then_acknowledge

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.kernel.ledger import Path
    from simulator.messaging.message import Delivery, Message
    from simulator.messaging.post import Post, Sender
    from simulator.services.execution import Execution
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step
    from simulator.styles.common import Program_
    from simulator.styles.compensation import Compensation
    from simulator.styles.trail import Remote

FOR_EVER = float("inf")
DEAD = Reply(Outcome.UNREACHABLE, "", "dead letter")
"""How a step ended whose event became a dead letter: what its handlers left, nobody knows."""


class Event(NamedTuple):
    """One event of the chain: a step, at one repetition."""

    step: Step
    remote: Remote | None
    repetition: int
    last: bool


class Choreography:
    """The choreographed saga of one operation.

    Args:
        post: the operation's own queue.
        remotes: where call steps go, by step.
        back: its way back.
        replicas: the operation's own service's.
        timeout: seconds until it is turned round; infinity: never.
        pivot: the step after which nothing is undone; None: there is none.
    """

    def __init__(
        self,
        operation: Operation,
        post: Post,
        remotes: Mapping[Step, Remote],
        back: Compensation,
        replicas: Sequence[Replica],
        environment: Environment,
        *,
        timeout: float = FOR_EVER,
        pivot: Step | None = None,
    ) -> None:
        self._operation = operation
        self._post = post
        self._compensation = back
        self._replicas = replicas
        self._environment = environment
        self._timeout = timeout
        self._events = [
            Event(step, remotes.get(step), repetition, repetition == times - 1)
            for step in operation.steps
            for times in (remotes[step].times if step in remotes else 1,)
            for repetition in range(times)
        ]
        ends = [number for number, event in enumerate(self._events) if event.step is pivot and event.last]
        self._pivot = ends[0] if ends else len(self._events)

    def start(self, execution: Execution) -> Program_:
        """Accept the request by publishing its first event."""
        reply = self._operation.begin(execution)
        if reply.outcome is not Outcome.OK:
            return answer(self._operation, execution, reply)
        until = self._environment._now + self._timeout
        trail = Trail(execution.root, execution.path, 0, (), until, [], execution.origin, ())
        post, message = self._forward(trail)
        return accept(self._operation, post, execution, message)

    def _forward(self, trail: Trail) -> tuple[Post, Message]:
        event = self._events[trail.number]
        place = trail.path.child(event.step, event.step.label)
        if event.remote is not None:
            return event.remote.post, self._to_others(trail, event, event.remote, place)
        return self._post, self._to_itself(trail, event.step)

    def _to_others(self, trail: Trail, event: Event, remote: Remote, place: Path) -> Message:
        """The event of a call step."""
        target = place.child(event.repetition) if remote.times > 1 else place
        message = remote.post.message(trail.root, target, remote.operation.program, trail.by)

        def concluded(delivery: Delivery, answered: Reply) -> None:
            reply = answered if answered is OK else remote.treated(answered)
            ends = event.last or reply is not OK
            after = trail.having(Done(event.step, place, answered)) if ends else trail
            self._concluded(after, delivery, reply)

        message.concluded = concluded
        message.given_up = lambda _: self._dead(trail.having(Done(event.step, place, DEAD)))
        return message

    def _to_itself(self, trail: Trail, step: Step) -> Message:
        """The event of a step that the operation's own service carries out."""
        handlings = Handlings(self._environment)

        def program(execution: Execution) -> Program_:
            done = handlings.begin(execution)
            reply = yield from run_steps((step,), execution, done, all_critical=True)
            go_on = handlings.end(execution)
            execution.answer(reply)
            if go_on:
                if execution.holding:
                    execution.replica.let_go(execution)
                yield from handlings.go_on(execution)

        def ended() -> Trail:
            after = trail.having(*handlings.done())
            return after._replace(late=(*after.late, handlings)) if handlings.going_on else after

        message = self._post.message(trail.root, trail.path, program, trail.by)
        message.concluded = lambda delivery, reply: self._concluded(ended(), delivery, reply)
        message.given_up = lambda _: self._dead(ended())
        return message

    def _concluded(self, trail: Trail, delivery: Delivery, reply: Reply) -> None:
        """A handler is done; `trail` knows what it has left."""
        trail = trail._replace(by=delivery)
        if reply.outcome not in (Outcome.OK, Outcome.CLIENT_ERROR):
            delivery.queue.give_back(delivery)
            return
        task = Task(None, trail.root)
        follow = self._next if reply.outcome is Outcome.OK else self._failed_for_good
        task.generator = then_acknowledge(follow(trail, delivery.replica, task), delivery)
        self._environment.launch(task)

    def _dead(self, trail: Trail) -> None:
        if self._events[trail.number].step.critical:
            trail.root.mishaps.given_up = True
        task = Task(None, trail.root)
        task.generator = self._failed_for_good(trail, self._operation.service, task)
        self._environment.launch(task)

    def _next(self, trail: Trail, sender: Sender, task: Task) -> Running:
        """What follows a step; `task` is what carries it out."""
        if self._environment._now > trail.until and trail.number < self._pivot:
            return self._compensation.turn_round(trail, sender, task)
        if trail.number + 1 < len(self._events):
            post, message = self._forward(trail.at(trail.number + 1))
            return post.send(sender, message)
        return self._complete(trail, task)

    def _complete(self, trail: Trail, task: Task) -> Running:
        if self._operation.strikes(trail.root, self._replicas[0]):
            if self._pivot < len(self._events):
                return self._compensation.stuck(trail)
            return self._compensation.turn_round(trail, self._operation.service, task)
        now: float = self._environment._now
        self._operation.succeed(trail.root, trail.path, now, trail.by)
        paid(trail.root, trail.path, now)
        return nothing()

    def _failed_for_good(self, trail: Trail, sender: Sender, task: Task) -> Running:
        if self._events[trail.number].step.critical:
            if trail.number > self._pivot:
                return self._compensation.stuck(trail)
            return self._compensation.turn_round(trail, sender, task)
        self._replicas[0].tally.passed_over += 1
        number = trail.number
        while not self._events[number].last:
            number += 1
        return self._next(trail.at(number), self._operation.service, task)
