"""Steps in order, answered after the last. The first failed critical step ends the request; what was done stays done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.styles.common import answer

if TYPE_CHECKING:
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.styles.common import Program_


def sync(operation: Operation) -> Program:
    """The program of an operation in this style."""

    def program(execution: Execution) -> Program_:
        reply = yield from operation.carry_out(execution, operation.steps)
        yield from answer(operation, execution, reply)

    return program
