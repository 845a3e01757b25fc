"""The request is put in a queue and accepted; a consumer carries out all steps.

A client error is final. Any other failed critical step gives the message back: it is delivered again from the first
step, and a dead letter in the end. Nothing is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.outcomes import Outcome
from simulator.styles.common import accept, answer, broke, paid, run_on_failure

if TYPE_CHECKING:
    from simulator.messaging.message import Message
    from simulator.messaging.post import Post
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.styles.common import Program_


def queue(operation: Operation, post: Post, replicas: Sequence[Replica]) -> Program:
    """The program of an operation in this style; `replicas` are its service's."""

    def given_up(message: Message) -> None:
        broke(message.root, message.path)
        message.root.mishaps.given_up = True
        run_on_failure(operation, replicas, message.root, message.path)

    def consume(execution: Execution) -> Program_:
        root = execution.root
        reply = yield from operation.carry_out(execution, operation.steps)
        if reply.outcome is Outcome.CLIENT_ERROR:
            broke(root, execution.path)
            yield from answer(operation, execution, reply)
            return
        if reply.outcome is Outcome.OK:
            paid(root, execution.path, execution.replica.environment._now)
        execution.answer(reply)

    def program(execution: Execution) -> Program_:
        message = post.message(execution.root, execution.path, consume)
        message.given_up = given_up
        return accept(operation, post, execution, message)

    return program
