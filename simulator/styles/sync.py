"""Steps in order, answered after the last.

The first failed critical step ends the request; what was done stays done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OK
from simulator.services.leaf import Leaf
from simulator.services.sequence import run_all, run_steps
from simulator.services.steps import Work

if TYPE_CHECKING:
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.styles.common import Program_


def sync(operation: Operation) -> Program:
    """The program of an operation in this style."""
    only = operation.steps[0] if len(operation.steps) == 1 else None
    if type(only) is Work and not operation.on_failure and not operation.can_pause:
        return Leaf(operation, only)

    def program(execution: Execution) -> Program_:
        reply = operation.begin(execution)
        if reply is OK:
            reply = yield from run_steps(operation.steps, execution)
            reply = (
                operation.end(execution.root, execution.path, execution.replica, execution.origin)
                if reply is OK
                else operation.failed(reply)
            )
        execution.answer(reply)
        if reply is not OK and operation.on_failure:
            yield from run_all(operation.on_failure, execution)

    return program
