"""The critical steps as a saga inside the request; the others in one message, after which it answers.

A publish among the others is published directly. The message's consumer handles its steps under the rules of a queue,
as if they were critical; a client error or dead letter there is only counted. A message that the broker refuses or
never gets is lost (one whose confirmation alone was lost is not), and the answer stays ok. Where the saga is durable,
an orchestrator that crashes while it hands over does so again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.outcomes import OK, Outcome
from simulator.services.sequence import run_all, run_steps
from simulator.services.steps import Publish

if TYPE_CHECKING:
    from simulator.messaging.post import Post
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.sequence import Running, Step
    from simulator.styles.common import Program_
    from simulator.styles.saga import Saga


def critical_steps(steps: Sequence[Step]) -> list[Step]:
    """The steps that the request waits for."""
    return [step for step in steps if step.critical]


def hybrid(operation: Operation, saga: Saga, post: Post) -> Program:
    """The program of an operation in this style; `saga` runs over its critical steps."""
    others = [step for step in operation.steps if not step.critical]
    direct = [step for step in others if isinstance(step, Publish)]
    later = [step for step in others if not isinstance(step, Publish)]

    def consume(execution: Execution) -> Program_:
        reply = yield from run_steps(later, execution, all_critical=True)
        execution.answer(reply)

    def hand_over(execution: Execution) -> Running:
        yield from run_all(direct, execution)
        if later:
            message = post.message(execution.root, execution.path, consume, execution.origin)
            confirmation = yield from post.send(execution.replica, message)
            if confirmation.outcome is not Outcome.OK:
                post.give_up(message, confirmation)
        return OK

    saga.afterwards = hand_over
    return saga.start
