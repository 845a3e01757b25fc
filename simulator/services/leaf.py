"""Leaves: operations that do one piece of work and answer. They are most of what a model executes, and need no task.

The work is an action on the clock: when it is over the execution draws its failures, answers and gives the worker
back, exactly as the general program of the synchronous style would do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OK

if TYPE_CHECKING:
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.steps import Work


def leaf(operation: Operation, work: Work) -> Program:
    """The program of a synchronous operation whose only step is `work`."""
    plain = work.plain

    def finish(execution: Execution) -> None:
        if execution.over:
            return
        if plain or (reply := work.finished(execution, None)) is OK:
            reply = operation.end(execution)
        else:
            reply = operation.failed(reply)
        execution.answered = True
        execution.origin.answer(reply)
        execution.over = True
        execution.replica.ended(execution)

    time = work.time
    number = operation.number
    contended = work.contended

    def program(execution: Execution) -> None:
        replica = execution.replica
        environment = replica.environment
        if contended:
            seconds = work.seconds(execution)
        else:
            seconds = time.draw(execution.root) * replica.slowdowns[number].value
        environment.at(environment._now + seconds, finish, execution)

    return program
