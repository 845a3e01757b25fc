"""The way back of a choreographed saga: compensating events to whoever completed a step, then `on_failure`.

One after the other, the last step first, or (`undo_order: parallel`) all published at once in that order, as services
do that all listen to one event of failure. An undo is a message: the broker delivers it again while it fails. One that
becomes a dead letter, or is refused with a client error, is stuck; the others go on, or with `on_undo_failure: stop`
are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.outcomes import OK, Outcome
from simulator.styles.common import broke, run_on_failure
from simulator.styles.trail import nothing, then_acknowledge
from simulator.styles.undoing import begin_undo, is_undone, note_failed

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.kernel.root import Root
    from simulator.messaging.message import Delivery, Message
    from simulator.messaging.post import Post, Sender
    from simulator.outcomes import Reply
    from simulator.services.execution import Done, Execution
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step
    from simulator.spec.styles import StyleSpec
    from simulator.styles.common import Program_
    from simulator.styles.trail import Remote, Trail

Following = Callable[["Sender", bool], "Running"]
"""What follows one undo, given who publishes it and whether the undo worked."""


class Compensation:
    """The way back of one operation's sagas.

    Args:
        post: the operation's own queue, for steps that its own service undoes.
        undos: where the undos of call steps go, by step.
        replicas: the operation's own service's.
    """

    def __init__(
        self,
        operation: Operation,
        spec: StyleSpec,
        post: Post,
        undos: Mapping[Step, Remote],
        replicas: Sequence[Replica],
        environment: Environment,
    ) -> None:
        self._operation = operation
        self._spec = spec
        self._post = post
        self._undos = undos
        self._replicas = replicas
        self._environment = environment

    def turn_round(self, trail: Trail, sender: Sender, task: Task) -> Running:
        """Publish, from `sender`, what undoes the saga, once every branch that was begun has ended; runs in `task`."""
        broke(trail.root, trail.path)
        return self._after_the_late(trail, sender, task) if trail.late else self._turn(trail, sender)

    def _after_the_late(self, trail: Trail, sender: Sender, task: Task) -> Running:
        for handlings in trail.late:
            yield from handlings.wait_for_all(task)
        late = [done for handlings in trail.late for done in handlings.done()]
        new = tuple(done for done in late if not any(done is known for known in trail.done))
        return (yield from self._turn(trail.having(*new), sender))

    def _turn(self, trail: Trail, sender: Sender) -> Running:
        left = tuple(done for done in trail.done if is_undone(self._spec, done))
        for done in trail.done:
            if not is_undone(self._spec, done):
                note_failed(trail.root, done)
        trail = trail._replace(done=left)
        if left and self._spec.undo_order == "parallel":
            return self._all_at_once(trail, sender)
        return self._back(trail, sender)

    def stuck(self, trail: Trail) -> Running:
        """The saga has failed past its pivot: it stays as it is."""
        broke(trail.root, trail.path)
        trail.root.mishaps.stuck += 1
        return self._finish(trail)

    def _finish(self, trail: Trail) -> Running:
        run_on_failure(self._operation, self._replicas, trail.root, trail.path)
        return nothing()

    def _back(self, trail: Trail, sender: Sender) -> Running:
        if not trail.done:
            return self._finish(trail)
        rest = trail._replace(done=trail.done[:-1])

        def following(sender: Sender, worked: bool) -> Running:
            stops = not worked and self._spec.on_undo_failure == "stop"
            return self._finish(rest) if stops else self._back(rest, sender)

        post, message = self._event(trail, trail.done[-1], following)
        return post.send(sender, message)

    def _all_at_once(self, trail: Trail, sender: Sender) -> Running:
        left = [len(trail.done)]

        def following(sender: Sender, worked: bool) -> Running:
            left[0] -= 1
            return nothing() if left[0] else self._finish(trail)

        for done in reversed(trail.done):
            post, message = self._event(trail, done, following)
            confirmation = yield from post.send(sender, message)
            if confirmation.outcome is not Outcome.OK:
                return confirmation
        return OK

    def _event(self, trail: Trail, done: Done, following: Following) -> tuple[Post, Message]:
        root, by = trail.root, trail.by
        remote = self._undos.get(done.step)
        place = done.path.undo_place()
        begin_undo(root, done, trail.undoing)
        if remote is not None:
            post = remote.post
            place = done.path.undo_place(f"call {remote.operation.name}")
            message = post.message(root, place, remote.operation.program, by)
        else:
            post = self._post
            message = post.message(root, place, _undo_program(done), by)
        message.concluded = lambda delivery, reply: self._concluded(done, following, delivery, reply)
        message.given_up = lambda _: self._failed(root, done, following)
        return post, message

    def _concluded(self, done: Done, following: Following, delivery: Delivery, reply: Reply) -> None:
        if reply.outcome not in (Outcome.OK, Outcome.CLIENT_ERROR):
            delivery.queue.give_back(delivery)
            return
        worked = reply.outcome is Outcome.OK
        if not worked:
            delivery.root.fail_undo(done.path, self._environment._now)
        after = following(delivery.replica, worked)
        self._environment.start(then_acknowledge(after, delivery), delivery.root)

    def _failed(self, root: Root, done: Done, following: Following) -> None:
        root.fail_undo(done.path, self._environment._now)
        self._environment.start(following(self._operation.service, False), root)


def _undo_program(done: Done) -> Callable[[Execution], Program_]:
    def program(execution: Execution) -> Program_:
        reply = yield from done.step.undo(execution, done.path)
        execution.answer(reply)

    return program
